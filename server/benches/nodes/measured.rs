//! Turns of calls, and their expense.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::{
    load::{Answers, at, number, run},
    place::Place,
    tokens::Calls,
};

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
