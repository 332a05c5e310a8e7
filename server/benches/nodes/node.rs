//! A node: a process of the program itself, on loopback.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    task::spawn_blocking,
    time::{sleep, timeout},
};

use crate::work;

/// So many calls that no account reaches its limit.
const CALLS_PER_HOUR: &str = "4000000000";
/// The longest time that a node may take to start, or to end.
const LONGEST: Duration = Duration::from_mins(1);

/// A node, which is killed when it is dropped.
pub struct Node {
    /// The number by which its role in the database is named.
    pub number: usize,
    pub address: SocketAddr,
    process: Process,
}

/// A process, which is killed when it is dropped, even one that is stopped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

impl Node {
    /// Starts a node on the database, or on the folder's own, and waits until it listens.
    pub async fn start(folder: &Path, number: usize, database: Option<&str>) -> Result<Self> {
        let log = folder.join(format!("node-{number}.log"));
        let child = Command::new(folder.join("kagitaba"))
            .args(["serve", "--listen", "127.0.0.1:0", "--no-demo", "--data", "data", "--site", "."])
            .args(["--calls-per-hour", CALLS_PER_HOUR])
            .args(database.into_iter().flat_map(|url| ["--database", url]))
            .current_dir(folder)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()?;
        let mut process = Process(child);
        let stdout = process.0.stdout.take().context("it has no output")?;
        let welcome = spawn_blocking(move || {
            let mut line = String::new();
            BufReader::new(stdout).read_line(&mut line).map(|_| line)
        });
        // If it takes too long, the process is killed, which ends the reading, too.
        let welcome = timeout(LONGEST, welcome).await.context("the node does not start")???;
        let port = welcome.split("localhost:").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok());
        let port: u16 = port.with_context(|| fs::read_to_string(&log).unwrap_or_default())?;
        Ok(Self { number, address: (Ipv4Addr::LOCALHOST, port).into(), process })
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        Ok(kill_process(Pid::from_child(&self.process.0), signal)?)
    }

    /// Ends the node as an operator does, and waits until it has ended.
    pub async fn end(mut self) -> Result<()> {
        self.signal(Signal::TERM)?;
        let asked = Instant::now();
        while self.process.0.try_wait()?.is_none() {
            ensure!(asked.elapsed() < LONGEST, "the node does not end");
            sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// Returns the time that processors have worked for it.
    pub fn work(&self) -> Duration {
        work::of(&self.process.0.id().to_string())
    }
}
