//! Allowances: the calls that an account may still make, which several nodes count together.
//!
//! `back_at` is when all calls of an account have come back, in nanoseconds since the Unix epoch by the database's clock,
//! which is the same for all nodes. Earlier versions kept microseconds: their times are long past, so no call counts.

use crate::clock::CLOCK_SKEW;
use crate::db::sql;
use crate::error::Error;
use crate::gate::Gate;
use domain::account::AccountId;
use domain::gate::gcra::{Quota, Taken};
use domain::tokens::scope::RateGroup;

/// The database's time in nanoseconds, to the microsecond.
const NOW: &str = "CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000000 AS BIGINT) * 1000";

/// Returns the longest time in which all calls may be back. A longer one was stored by a clock that was ahead and counts
/// as if no call was made: it would block the account until that time comes.
fn longest(quota: Quota) -> u64 {
    quota.all() + u64::try_from(CLOCK_SKEW.num_nanoseconds().unwrap_or_default()).unwrap_or_default()
}

/// Returns nanoseconds as the database keeps them.
fn stored(nanos: u64) -> i64 {
    i64::try_from(nanos).unwrap_or(i64::MAX)
}

impl Gate<'_> {
    /// Takes one of the account's calls. Only for a store that `Store::has_nodes`. The result is exact however many
    /// nodes take calls at once.
    ///
    /// The database does what [`Quota::take`] does, as one statement costs each call one round trip and holds no lock
    /// while it is under way.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn take_call(self, account: AccountId, group: RateGroup, quota: Quota) -> Result<Taken, Error> {
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
            .bind(group.as_str())
            .bind(stored(quota.every()))
            .bind(stored(quota.all()))
            .bind(stored(longest(quota)))
            .fetch_optional(pools.nodes.as_ref().unwrap_or(&pools.write))
            .await?;
        Ok(match taken {
            Some(back_in) => Taken { passed: true, back_in: u64::try_from(back_in).unwrap_or_default() },
            None => Taken { passed: false, back_in: self.calls_back_in(account, group, quota).await? },
        })
    }

    /// Returns the time until all of the account's calls have come back, in nanoseconds. Takes none.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn calls_back_in(self, account: AccountId, group: RateGroup, quota: Quota) -> Result<u64, Error> {
        let read = sqlx::AssertSqlSafe(format!(
            "SELECT back_at - {NOW} FROM call_allowances WHERE account_id = $1 AND call_group = $2"
        ));
        let ahead = sql::query_scalar(read).bind(account).bind(group.as_str());
        let ahead: Option<i64> = ahead.fetch_optional(self.core.read()).await?;
        let ahead = ahead.and_then(|ahead| u64::try_from(ahead).ok()).unwrap_or_default();
        Ok(if ahead <= longest(quota) { ahead } else { 0 })
    }
}
