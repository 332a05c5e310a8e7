//! Allowances: the calls that an account may still make, which several nodes count together.

use crate::clock::CLOCK_SKEW;
use crate::db::sql;
use crate::error::Error;
use crate::gate::Gate;
use domain::account::AccountId;
use std::time::Duration;

/// A limit: this many calls at once, of which one comes back each `every` (GCRA, as in ATM traffic management).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance<'a> {
    /// The group of calls. Each group is counted separately.
    pub group: &'a str,
    /// The number of calls that may be made at once.
    pub calls: u32,
    /// The time until one call comes back, in whole microseconds.
    pub every: Duration,
}

/// The outcome of taking a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakenCall {
    /// It was taken; after this time all calls will have come back.
    Taken(Duration),
    /// None was left; after this time one will have come back.
    NoneLeft(Duration),
}

/// The database's time in whole microseconds.
const NOW: &str = "CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000000 AS BIGINT)";

impl Allowance<'_> {
    /// Returns the time until one call comes back, and until all have, in microseconds.
    fn times(self) -> (i64, i64) {
        let every = i64::try_from(self.every.as_micros()).unwrap_or(i64::MAX);
        (every, every.saturating_mul(self.calls.into()))
    }

    /// Returns the latest time at which all calls may be back, in microseconds from now. A later one was stored by a
    /// clock that was ahead and counts as if no call was made: it would block the account until that time comes.
    fn latest(self) -> i64 {
        self.times().1.saturating_add(CLOCK_SKEW.num_microseconds().unwrap_or_default())
    }
}

impl Gate<'_> {
    /// Takes one of the account's calls, if any is left. Only for a store that [`Store::has_nodes`]. The result is
    /// exact however many nodes take calls at once: the database's clock counts, which is the same for all.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn take_call(self, account: AccountId, allowance: Allowance<'_>) -> Result<TakenCall, Error> {
        let (every, all) = allowance.times();
        let from = format!(
            "CASE WHEN call_allowances.back_at BETWEEN {NOW} AND {NOW} + $5 THEN call_allowances.back_at ELSE {NOW} END"
        );
        let take = sqlx::AssertSqlSafe(format!(
            "INSERT INTO call_allowances (account_id, call_group, back_at) VALUES ($1, $2, {NOW} + $3)
             ON CONFLICT (account_id, call_group) DO UPDATE
                SET back_at = {from} + $3 WHERE {from} + $3 <= {NOW} + $4
             RETURNING back_at - {NOW}"
        ));
        // By the nodes' pool, which no writer holds up.
        let pools = self.core.pools();
        let taken: Option<i64> = sql::query_scalar(take)
            .bind(account)
            .bind(allowance.group)
            .bind(every)
            .bind(all)
            .bind(allowance.latest())
            .fetch_optional(pools.nodes.as_ref().unwrap_or(&pools.write))
            .await?;
        Ok(match taken {
            Some(ahead) => TakenCall::Taken(micros(ahead)),
            None => {
                let ahead = self.ahead(account, allowance).await?;
                TakenCall::NoneLeft(micros(ahead.saturating_add(every).saturating_sub(all)))
            }
        })
    }

    /// Returns the time until all of the account's calls have come back. Takes none.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn calls_back_in(self, account: AccountId, allowance: Allowance<'_>) -> Result<Duration, Error> {
        Ok(micros(self.ahead(account, allowance).await?))
    }

    async fn ahead(self, account: AccountId, allowance: Allowance<'_>) -> Result<i64, Error> {
        let read = sqlx::AssertSqlSafe(format!(
            "SELECT back_at - {NOW} FROM call_allowances WHERE account_id = $1 AND call_group = $2"
        ));
        let ahead = sql::query_scalar(read).bind(account).bind(allowance.group);
        let ahead: Option<i64> = ahead.fetch_optional(self.core.read()).await?;
        Ok(ahead.filter(|ahead| *ahead <= allowance.latest()).unwrap_or_default().max(0))
    }
}

fn micros(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}
