//! Allowances: the calls that an account may still make, which several nodes count together.
//!
//! `back_at` is when all calls of an account have come back, in nanoseconds since the Unix epoch by the database's clock,
//! which is the same for all nodes.
//! Nodes take calls in shares: see `counting`.

use crate::clock::CLOCK_SKEW;
use crate::db::sql;
use crate::error::Error;
use crate::gate::Gate;
use crate::gate::shares::Counted;
use domain::gate::gcra::Quota;
use domain::gate::shares::{GIVEN_BACK_WITHIN, Grant, PART, Unused};

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

/// Returns what [`Quota::after_giving_back`] takes off, of these arguments: the time of the unused calls, when those of
/// their share are back, and after which time it is too late.
fn unused_time([time, back_at, within]: [&str; 3]) -> String {
    format!("CASE WHEN {NOW} > {within} THEN 0 ELSE LEAST({time}, GREATEST({back_at} - {NOW}, 0)) END")
}

impl Gate<'_> {
    /// Takes a share of the account's calls: as many of `wanted` as [`Quota::share`] allows, after giving back the
    /// unused ones of the share before. Only for a store that `Store::has_nodes`. The result is exact however many nodes
    /// take calls at once.
    ///
    /// The database does what the domain's functions do, as one statement costs one round trip and holds no lock while
    /// it is under way.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn take_share(self, counted: Counted, wanted: u32, unused: Option<Unused>) -> Result<Grant, Error> {
        let unused_time = unused_time(["$4", "$5", "$9"]);
        let take = format!(
            "WITH seen AS (
                 SELECT CASE WHEN back_at BETWEEN {NOW} AND {NOW} + $3 THEN back_at - {NOW} ELSE 0 END AS back_in
                 FROM call_allowances WHERE account_id = $1 AND call_group = $2 FOR UPDATE
             ), given_back AS (
                 SELECT GREATEST(back_in - {unused_time}, 0) AS back_in FROM seen
             ), unused AS (
                 SELECT back_in, GREATEST($6 - (back_in + $7 - 1) / $7, 0) AS calls FROM given_back
             ), share AS (
                 SELECT back_in, LEAST($8, GREATEST(calls / {PART}, 1), calls) AS calls FROM unused
             )
             UPDATE call_allowances SET back_at = {NOW} + share.back_in + share.calls * $7 FROM share
             WHERE account_id = $1 AND call_group = $2
             RETURNING share.calls, call_allowances.back_at, call_allowances.back_at - {NOW}"
        );
        let (Counted { account, group, quota }, pool) = (counted, self.counting_pool());
        let unused = unused.unwrap_or_default();
        for _ in 0..2 {
            let taken: Option<(i64, i64, i64)> = sql::query_as(sqlx::AssertSqlSafe(take.clone()))
                .bind(account)
                .bind(group.as_str())
                .bind(stored(longest(quota)))
                .bind(stored(unused.time(quota)))
                .bind(stored(unused.counted_back_at))
                .bind(i64::from(quota.calls()))
                .bind(stored(quota.every()))
                .bind(i64::from(wanted.max(1)))
                .bind(stored(unused.counted_at.saturating_add(GIVEN_BACK_WITHIN)))
                .fetch_optional(pool)
                .await?;
            if let Some((calls, back_at, back_in)) = taken {
                let [back_at, back_in] = [back_at, back_in].map(|nanos| u64::try_from(nanos).unwrap_or_default());
                return Ok(Grant { calls: u32::try_from(calls).unwrap_or_default(), back_in, back_at });
            }
            let add = "INSERT INTO call_allowances (account_id, call_group, back_at) VALUES ($1, $2, 0)
                       ON CONFLICT (account_id, call_group) DO NOTHING";
            sql::query(add).bind(account).bind(group.as_str()).execute(pool).await?;
        }
        Err(Error::Corrupt("an account's calls are not counted".to_owned()))
    }

    /// Gives calls back that were taken and not made, as [`Quota::after_giving_back`] has it.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn give_back(self, counted: Counted, unused: Unused) -> Result<(), Error> {
        let unused_time = unused_time(["$3", "$4", "$5"]);
        let give = sqlx::AssertSqlSafe(format!(
            "UPDATE call_allowances SET back_at = back_at - {unused_time}
             WHERE account_id = $1 AND call_group = $2 AND back_at BETWEEN {NOW} AND {NOW} + $6"
        ));
        sql::query(give)
            .bind(counted.account)
            .bind(counted.group.as_str())
            .bind(stored(unused.time(counted.quota)))
            .bind(stored(unused.counted_back_at))
            .bind(stored(unused.counted_at.saturating_add(GIVEN_BACK_WITHIN)))
            .bind(stored(longest(counted.quota)))
            .execute(self.counting_pool())
            .await?;
        Ok(())
    }

    /// Returns the time until all of the account's calls have come back, in nanoseconds. Takes none.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn read_back_in(self, Counted { account, group, quota }: Counted) -> Result<u64, Error> {
        let read = sqlx::AssertSqlSafe(format!(
            "SELECT back_at - {NOW} FROM call_allowances WHERE account_id = $1 AND call_group = $2"
        ));
        let ahead = sql::query_scalar(read).bind(account).bind(group.as_str());
        let ahead: Option<i64> = ahead.fetch_optional(self.core.read()).await?;
        let ahead = ahead.and_then(|ahead| u64::try_from(ahead).ok()).unwrap_or_default();
        Ok(if ahead <= longest(quota) { ahead } else { 0 })
    }

    fn counting_pool(&self) -> &sql::Pool {
        let pools = self.core.pools();
        pools.counting.as_ref().unwrap_or(&pools.write)
    }
}
