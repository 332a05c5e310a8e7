//! What the calls add up to: the report of each token's use, and the roll-up of older calls into days.

use crate::database::{DAY, day_number, micros};
use crate::error::Error;
use crate::sql;
use crate::store::Store;
use crate::token_rows::corrupt;
use chrono::{NaiveDate, TimeDelta};
use domain::account::AccountId;
use domain::secret::AccountSid;
use domain::token::TokenId;
use std::time::Duration;
use uuid::Uuid;

/// Calls that one transaction rolls up; others who write wait no longer than that.
const BATCH: i64 = 5_000;

/// How often a token was called on one day, for one operation and with one outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenUsage {
    /// The token.
    pub token: TokenId,
    /// Its name now; nothing where it was deleted.
    pub name: Option<String>,
    /// Its public half; nothing where it was deleted.
    pub sid: Option<AccountSid>,
    /// The day, in UTC.
    pub day: NaiveDate,
    /// The operation's id. One that the catalogue no longer has is named too.
    pub scope: String,
    /// The answers' HTTP status.
    pub status: u16,
    /// How many calls.
    pub calls: u64,
    /// The mean of their latencies, in whole microseconds.
    pub mean_latency: Duration,
}

#[derive(sqlx::FromRow)]
struct UsageRow {
    token_id: Uuid,
    name: Option<String>,
    sid: Option<String>,
    day: i64,
    scope: String,
    status: i64,
    calls: i64,
    latency_sum: i64,
}

impl TryFrom<UsageRow> for TokenUsage {
    type Error = Error;

    fn try_from(row: UsageRow) -> Result<Self, Error> {
        let day = i32::try_from(row.day).ok().and_then(NaiveDate::from_epoch_days);
        let calls = row.calls.unsigned_abs();
        Ok(Self {
            token: TokenId(row.token_id),
            name: row.name,
            sid: row.sid.map(AccountSid::try_from).transpose().map_err(corrupt)?,
            day: day.ok_or_else(|| Error::Corrupt(format!("the day {}", row.day)))?,
            scope: row.scope,
            status: u16::try_from(row.status).map_err(|_| Error::Corrupt(format!("the status {}", row.status)))?,
            calls,
            mean_latency: Duration::from_micros(row.latency_sum.unsigned_abs() / calls.max(1)),
        })
    }
}

impl Store {
    /// How the account's tokens were used from the one day to the other, both included, in UTC: by day, token (in the
    /// order of creation), operation and status. Calls that are not written yet are not in it.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn token_usage(
        &self,
        account: AccountId,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<Vec<TokenUsage>, Error> {
        let rows: Vec<UsageRow> = sql::query_as(
            "SELECT token_id, name, sid, day, scope, status, calls, latency_sum
             FROM (
                SELECT token_id, day, scope, status, CAST(SUM(calls) AS BIGINT) AS calls,
                    CAST(SUM(latency_sum) AS BIGINT) AS latency_sum
                FROM (
                    SELECT token_id, at / $1 AS day, scope, status, COUNT(*) AS calls, SUM(latency) AS latency_sum
                    FROM calls WHERE account_id = $2 AND at >= $3 * $1 AND at < ($4 + 1) * $1
                    GROUP BY token_id, at / $1, scope, status
                    UNION ALL
                    SELECT token_id, day, scope, status, calls, latency_sum
                    FROM calls_by_day WHERE account_id = $2 AND day >= $3 AND day <= $4
                ) AS both_tables
                GROUP BY token_id, day, scope, status
             ) AS used
             LEFT JOIN (SELECT id, name, sid FROM tokens WHERE account_id = $2 AND deleted_at IS NULL) AS named
                ON named.id = used.token_id
             ORDER BY day, token_id, scope, status",
        )
        .bind(DAY)
        .bind(account.0)
        .bind(day_number(from))
        .bind(day_number(to))
        .fetch_all(&self.pools().read)
        .await?;
        rows.into_iter().map(TokenUsage::try_from).collect()
    }

    /// Replaces the calls that are older than that by their numbers per day. Answers how many calls those were. Works in
    /// transactions of a few thousand calls, so that it can be interrupted anywhere.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn roll_up_calls(&self, keep: TimeDelta) -> Result<u64, Error> {
        let before = micros(self.clock().now() - keep);
        let (mut rolled_up, mut account) = (0, Uuid::nil());
        while let Some(next) = self.next_account_with_calls(account).await? {
            account = next;
            loop {
                let calls = self.roll_up_batch(account, before).await?;
                rolled_up += calls;
                if calls < BATCH.unsigned_abs() {
                    break;
                }
            }
        }
        Ok(rolled_up)
    }

    async fn next_account_with_calls(&self, after: Uuid) -> Result<Option<Uuid>, Error> {
        let next = "SELECT account_id FROM calls WHERE account_id > $1 ORDER BY account_id LIMIT 1";
        Ok(sql::query_scalar(next).bind(after).fetch_optional(&self.pools().read).await?)
    }

    /// Rolls up the account's oldest calls before that time.
    async fn roll_up_batch(&self, account: Uuid, before: i64) -> Result<u64, Error> {
        let mut tx = self.pools().begin_in(AccountId(account)).await?;
        sql::query(
            "INSERT INTO calls_by_day (account_id, day, token_id, scope, status, calls, latency_sum)
             SELECT account_id, at / $4, token_id, scope, status, COUNT(*), SUM(latency)
             FROM calls
             WHERE id IN (SELECT id FROM calls WHERE account_id = $1 AND at < $2 ORDER BY at, id LIMIT $3)
             GROUP BY account_id, at / $4, token_id, scope, status
             ON CONFLICT (account_id, day, token_id, scope, status) DO UPDATE SET
                calls = calls_by_day.calls + excluded.calls,
                latency_sum = calls_by_day.latency_sum + excluded.latency_sum",
        )
        .bind(account)
        .bind(before)
        .bind(BATCH)
        .bind(DAY)
        .execute(&mut *tx)
        .await?;
        let deleted = sql::query(
            "DELETE FROM calls
             WHERE id IN (SELECT id FROM calls WHERE account_id = $1 AND at < $2 ORDER BY at, id LIMIT $3)",
        )
        .bind(account)
        .bind(before)
        .bind(BATCH)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(deleted.rows_affected())
    }
}
