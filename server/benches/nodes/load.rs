//! Calls by many clients, each of which has one call under way, and their expense.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use tokio::{task::JoinSet, time::sleep};

use crate::{client::Connection, place::Place, tokens::Calls};

/// Connections at the same time: as many to each node, whatever the number of nodes.
pub const CLIENTS: usize = 20;
/// The duration of each turn.
const TIME: Duration = Duration::from_secs(2);
/// The duration of the warm-up of each turn: until the first calls have been written down.
const WARM_UP: Duration = Duration::from_secs(1);

/// The results of all turns of a measurement.
#[derive(Default)]
pub struct Measured {
    /// The latency of each call, in order.
    times: Vec<Duration>,
    /// The number of calls a second in each turn.
    rates: Vec<f64>,
    /// The number of calls that were refused.
    refused: usize,
    /// The duration of all turns together.
    lasted: Duration,
    nodes: Duration,
    database: Duration,
    statements: i64,
}

/// The answers to calls.
#[derive(Default)]
pub struct Answers {
    /// The latency of each.
    pub times: Vec<Duration>,
    /// The number of those that refused the call.
    pub refused: usize,
}

impl Measured {
    /// Runs one more turn on all nodes of the place.
    pub async fn measure(&mut self, place: &mut Place, calls: &Calls) -> Result<()> {
        let addresses = place.addresses();
        run(&addresses, calls, WARM_UP, Duration::ZERO).await?;
        let (before, began) = (place.expense().await?, Instant::now());
        let Answers { times, refused } = run(&addresses, calls, TIME, Duration::ZERO).await?;
        let (lasted, after) = (began.elapsed(), place.expense().await?);
        self.rates.push(number(times.len()) / lasted.as_secs_f64());
        self.times.extend(times);
        self.times.sort_unstable();
        self.refused += refused;
        self.lasted += lasted;
        self.nodes += after.nodes.saturating_sub(before.nodes);
        self.database += after.database.saturating_sub(before.database);
        self.statements += after.statements - before.statements;
        Ok(())
    }

    /// Returns the number of calls a second.
    pub fn rate(&self) -> f64 {
        number(self.times.len()) / self.lasted.as_secs_f64()
    }

    /// Returns the latency of a call in that place of a hundred, in microseconds.
    pub fn at(&self, percent: usize) -> f64 {
        at(&self.times, percent).as_secs_f64() * 1e6
    }

    /// Returns the number of calls that were refused.
    pub fn refused(&self) -> usize {
        self.refused
    }

    /// Returns the working time of nodes and database for a call, in microseconds.
    pub fn work(&self) -> [f64; 2] {
        [self.nodes, self.database].map(|work| work.as_secs_f64() * 1e6 / number(self.times.len()))
    }

    /// Returns the number of statements for 1,000 calls, and in a second.
    #[allow(clippy::cast_precision_loss)] // far fewer than 2⁵³
    pub fn statements(&self) -> [f64; 2] {
        let statements = self.statements as f64;
        [1000.0 * statements / number(self.times.len()), statements / self.lasted.as_secs_f64()]
    }

    /// Returns the median, over all rounds, of this rate's share of the other.
    pub fn share_of(&self, other: &Self) -> f64 {
        let mut shares: Vec<_> = self.rates.iter().zip(&other.rates).map(|(of, all)| of / all).collect();
        shares.sort_unstable_by(f64::total_cmp);
        shares[shares.len() / 2]
    }
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
