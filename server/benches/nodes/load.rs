//! Calls by many clients, each of which has one call under way.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use tokio::{task::JoinSet, time::sleep};

use crate::{client::Connection, tokens::Calls};

/// Connections at the same time: as many to each node, whatever the number of nodes.
pub const CLIENTS: usize = 20;
/// The answers to calls.
#[derive(Default)]
pub struct Answers {
    /// The latency of each.
    pub times: Vec<Duration>,
    /// The number of those that refused the call.
    pub refused: usize,
}

/// Calls all nodes for that time, each client with a pause after each call.
pub async fn run(addresses: &[SocketAddr], calls: &Calls, time: Duration, pause: Duration) -> Result<Answers> {
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let (address, calls) = (addresses[client % addresses.len()], Arc::clone(calls));
        clients.spawn(async move {
            let (mut connection, mut answers) = (Connection::open(address).await?, Answers::default());
            let first = client * calls.len() / CLIENTS;
            let began = Instant::now();
            for call in calls.iter().cycle().skip(first) {
                let sent = Instant::now();
                if connection.call(call).await?.status == 200 {
                    answers.times.push(sent.elapsed());
                } else {
                    answers.refused += 1;
                }
                if began.elapsed() > time {
                    break;
                }
                if !pause.is_zero() {
                    sleep(pause).await;
                }
            }
            anyhow::Ok(answers)
        });
    }
    let mut all = Answers::default();
    for answers in clients.join_all().await.into_iter().collect::<Result<Vec<_>>>()? {
        all.times.extend(answers.times);
        all.refused += answers.refused;
    }
    ensure!(!all.times.is_empty(), "every call was refused");
    Ok(all)
}

/// Makes each of these calls once at one node.
pub async fn once(address: SocketAddr, calls: &Calls) -> Result<()> {
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let calls = Arc::clone(calls);
        clients.spawn(async move {
            let mut connection = Connection::open(address).await?;
            for call in calls.iter().skip(client).step_by(CLIENTS) {
                let status = connection.call(call).await?.status;
                ensure!(status == 200, "a call was answered {status}");
            }
            anyhow::Ok(())
        });
    }
    clients.join_all().await.into_iter().collect()
}

/// Returns the time in that place of a hundred; zero of none.
pub fn at(sorted: &[Duration], percent: usize) -> Duration {
    sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default()
}

/// Returns a count as a number to calculate with.
#[allow(clippy::cast_precision_loss)] // far fewer than 2⁵³
pub fn number(count: usize) -> f64 {
    count as f64
}
