//! Resets while calls run: the time that each takes, and whether the old Auth Token still passes on any node.

use std::{sync::Arc, time::Duration};

use anyhow::{Result, ensure};
use futures_util::future::try_join_all;
use tokio::task::AbortHandle;

use crate::{
    client::Connection,
    load::{self, CLIENTS},
    place::Place,
    tokens::Calls,
};

/// The number of resets in each turn.
const RESETS: usize = 20;
/// The longest time that the calls of a turn go on; they end with its last reset.
const LONGEST: Duration = Duration::from_mins(2);

/// How many calls run meanwhile.
#[derive(Clone, Copy)]
pub enum Load {
    /// Each client pauses after each call.
    Paced,
    /// As many as the machine can take.
    Full,
}

impl Load {
    pub const ALL: [Self; 2] = [Self::Paced, Self::Full];

    /// Returns its name in tables.
    pub fn name(self) -> String {
        match self {
            Self::Paced => format!("under {} calls/s", CLIENTS * 1000 / 10),
            Self::Full => "under full load".to_owned(),
        }
    }

    fn pause(self) -> Duration {
        match self {
            Self::Paced => Duration::from_millis(10),
            Self::Full => Duration::ZERO,
        }
    }
}

/// The results of all turns of a measurement.
#[derive(Default)]
pub struct Resets {
    /// The time that each reset took, in order.
    times: Vec<Duration>,
    /// The number of calls with an old Auth Token.
    checks: usize,
    /// The number of those that passed.
    pub stale: usize,
}

impl Resets {
    /// Returns the number of resets.
    pub fn count(&self) -> usize {
        self.times.len()
    }

    /// Returns the number of calls with an old Auth Token.
    pub fn checks(&self) -> usize {
        self.checks
    }

    /// Returns the time in that place of a hundred, in milliseconds.
    pub fn at(&self, percent: usize) -> f64 {
        load::at(&self.times, percent).as_secs_f64() * 1e3
    }

    /// Runs one more turn.
    pub async fn measure(&mut self, place: &mut Place, load: Load) -> Result<()> {
        let calls = Background::run(place, load);
        let mut connections = open_all(place).await?;
        for number in 0..RESETS {
            let begun = self.times.len();
            let accounts = &mut place.tokens.accounts;
            let account = begun % accounts.len();
            let account = &mut accounts[account];
            // Each node has the token in its cache; and the Auth Token of the last reset passes.
            let call = account.call();
            for _ in 0..2 {
                let passed = statuses(&mut connections, &call).await?;
                ensure!(passed.iter().all(|status| *status == 200), "the Auth Token does not pass: {passed:?}");
            }
            let through = number % connections.len();
            let (time, old) = account.reset(&mut connections[through]).await?;
            self.times.push(time);
            let refused = statuses(&mut connections, &old).await?;
            self.checks += refused.len();
            self.stale += refused.iter().filter(|status| **status == 200).count();
        }
        self.times.sort_unstable();
        ensure!(!calls.0.is_finished(), "the calls have ended before the resets");
        Ok(())
    }
}

/// Calls that go on until this is dropped.
struct Background(AbortHandle);

impl Background {
    fn run(place: &Place, load: Load) -> Self {
        let (addresses, calls): (_, Calls) = (place.addresses(), Arc::clone(&place.tokens.authorize));
        let calls = async move { load::run(&addresses, &calls, LONGEST, load.pause()).await };
        Self(tokio::spawn(calls).abort_handle())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Returns a connection to each node.
async fn open_all(place: &Place) -> Result<Vec<Connection>> {
    let addresses = place.addresses();
    Ok(try_join_all(addresses.into_iter().map(Connection::open)).await?)
}

/// Makes the call on all connections at once, and returns the status of each answer.
async fn statuses(connections: &mut [Connection], call: &[u8]) -> Result<Vec<u16>> {
    let calls =
        connections.iter_mut().map(|connection| async move { connection.call(call).await.map(|answer| answer.status) });
    Ok(try_join_all(calls).await?)
}
