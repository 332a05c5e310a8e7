//! Measures what nodes are good for and what each costs: `kagitaba serve` itself, 1, 2, 4 and 10 times on one
//! `PostgreSQL` database, beside one on `SQLite` in the same run, with 1,000,000 tokens in 100 accounts. `make
//! bench-nodes` runs it; its only output is tables.
//!
//! Clients, nodes and database share one machine: more nodes there give no more calls a second, but show by how much
//! each makes a call dearer. All measurements take short turns, in every second round backwards, so that other work of
//! the machine affects all alike; shares are medians over rounds.
//!
//! `PostgreSQL` is a throw-away cluster, as in the tests: its writes are not certain to reach the disk. Statements are
//! transactions, as `pg_stat_database` counts them; it hears of most within a second, before and after a turn alike.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::{sleep, timeout},
};

use crate::{
    measured::Measured,
    place::{NODES_MAX, Place},
    postgres::Postgres,
    resets::{Load, Resets},
};

#[path = "../support/client.rs"]
mod client;
#[allow(dead_code)]
#[path = "../../../app/store/tests/postgres/cluster.rs"]
mod cluster;
#[path = "../support/copies.rs"]
mod copies;
mod faults;
mod joining;
mod load;
mod measured;
mod node;
mod place;
mod postgres;
mod report;
mod resets;
mod tokens;
#[path = "../support/work.rs"]
mod work;

/// The number of tokens in each database.
const TOKENS: usize = 1_000_000;
/// The numbers of nodes on `PostgreSQL`, after the one on `SQLite`.
const NODES: [usize; 4] = [1, 2, 4, NODES_MAX];
/// The number of times that each is measured. It is even: the last round goes backwards.
const ROUNDS: usize = 4;
/// The number of nodes beside one that joins.
const JOINED: usize = 4;
/// The time after which all shares of calls have been given back, and an idle database has counted all statements.
const SETTLED: Duration = Duration::from_secs(25);
/// The time for which they are counted then.
const IDLE: Duration = Duration::from_secs(10);
/// The longest time that all may take.
const LONGEST: Duration = Duration::from_mins(30);

/// The figures of one number of nodes.
#[derive(Default)]
struct Figures {
    authorize: Measured,
    company: Measured,
    /// Under each load.
    resets: [Resets; Load::ALL.len()],
    /// The number of statements a second of an idle node, if measured.
    idle: Option<f64>,
}

impl Figures {
    /// Runs one more round.
    async fn measure(&mut self, place: &mut Place) -> Result<()> {
        let [authorize, company] = [&place.tokens.authorize, &place.tokens.company].map(Arc::clone);
        self.authorize.measure(place, &authorize).await?;
        self.company.measure(place, &company).await?;
        for (resets, load) in self.resets.iter_mut().zip(Load::ALL) {
            resets.measure(place, load).await?;
        }
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    // Ended by a signal, it ends its nodes, too.
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        measured = timeout(LONGEST, measure()) => measured.context("it takes too long")?,
        _ = interrupt.recv() => bail!("interrupted"),
        _ = terminate.recv() => bail!("terminated"),
    }
}

async fn measure() -> Result<()> {
    // Limits the number of tokens, to try out the benchmark itself.
    let tokens = std::env::var("KAGITABA_BENCH_TOKENS").ok().and_then(|most| most.parse().ok()).unwrap_or(TOKENS);
    eprintln!("• Filling SQLite with {tokens} tokens");
    let mut sqlite = Place::fill(None, tokens).await?;
    sqlite.scale(1).await?;
    eprintln!("• Filling PostgreSQL with {tokens} tokens");
    let mut postgres = Place::fill(Some(Postgres::start(NODES_MAX).await?), tokens).await?;
    let (mut alone, mut figures, mut faults) = (Figures::default(), NODES.map(|_| Figures::default()), Vec::new());
    for round in 1..=ROUNDS {
        eprintln!("• Measuring, round {round} of {ROUNDS}");
        let last = round == ROUNDS;
        if round % 2 == 1 {
            alone.measure(&mut sqlite).await?;
            for (figures, nodes) in figures.iter_mut().zip(NODES) {
                postgres.scale(nodes).await?;
                figures.measure(&mut postgres).await?;
            }
        } else {
            for (figures, nodes) in figures.iter_mut().zip(NODES).rev() {
                postgres.scale(nodes).await?;
                figures.measure(&mut postgres).await?;
                if last && [1, NODES_MAX].contains(&nodes) {
                    figures.idle = Some(idle(&mut postgres).await?);
                }
            }
            alone.measure(&mut sqlite).await?;
        }
        // While all nodes are there.
        if round == ROUNDS - 1 {
            faults.extend(faults::measure(&mut postgres).await?);
        }
    }
    eprintln!("• Letting nodes join and leave");
    postgres.scale(JOINED).await?;
    let fates = joining::measure(&mut postgres).await?;
    report::print(&alone, &figures, &faults, &fates);
    Ok(())
}

/// Returns the number of statements a second of each node, while there are no calls.
async fn idle(place: &mut Place) -> Result<f64> {
    sleep(SETTLED).await;
    let (before, began) = (place.expense().await?.statements, Instant::now());
    sleep(IDLE).await;
    let statements = usize::try_from(place.expense().await?.statements - before)?;
    Ok(load::number(statements) / began.elapsed().as_secs_f64() / load::number(place.nodes.len()))
}
