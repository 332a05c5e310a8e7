//! The calls that pass by the gate: they wait in memory and are written together.

use crate::database::{Connection, micros};
use crate::error::Error;
use crate::sql::{Dialect, QueryBuilder};
use crate::store::Store;
use chrono::{DateTime, Utc};
use domain::account::AccountId;
use domain::scope::Scope;
use domain::token::TokenId;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::mem;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Most calls that wait in memory, about 20 MB; of more the oldest are given up.
const WAITING_MAX: usize = 200_000;
/// Rows that one statement writes.
const ROWS: usize = 1_000;

/// One call that came with right credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// The account that the token belongs to.
    pub account: AccountId,
    /// The token that it came with.
    pub token: TokenId,
    /// The operation that it asked for.
    pub scope: Scope,
    /// The answer's HTTP status. Below 400 the token was used.
    pub status: u16,
    /// When it came.
    pub at: DateTime<Utc>,
    /// Where it came from.
    pub address: IpAddr,
    /// How long the answer took. Kept in whole microseconds.
    pub latency: Duration,
}

/// The calls that wait to be written.
#[derive(Default)]
pub(crate) struct Calls {
    waiting: Mutex<Waiting>,
    /// Held by whoever writes them.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Waiting {
    calls: VecDeque<Call>,
    given_up: usize,
}

impl Calls {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn trim(&mut self) {
        let excess = self.calls.len().saturating_sub(WAITING_MAX);
        self.calls.drain(..excess);
        self.given_up += excess;
    }
}

impl Store {
    /// Notes a call, to be written with the next [`Store::flush_calls`]. Touches memory only.
    pub fn record_call(&self, call: Call) {
        let mut waiting = self.calls().waiting();
        waiting.calls.push_back(call);
        waiting.trim();
    }

    /// Writes all calls noted so far, and when each token was last used, in one transaction. Answers how many there
    /// were. Once begun that is carried through, even if nobody waits for it any more. Where it fails, the calls wait
    /// for the next time; of more than 200,000 the oldest are given up, which is logged.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn flush_calls(&self) -> Result<usize, Error> {
        let store = self.clone();
        let flushing = tokio::spawn(async move { store.flush().await });
        flushing.await.map_err(|cut_short| sqlx::Error::Io(io::Error::other(cut_short)))?
    }

    async fn flush(&self) -> Result<usize, Error> {
        let _alone = self.calls().writing.lock().await;
        let Waiting { mut calls, given_up } = mem::take(&mut *self.calls().waiting());
        if given_up > 0 {
            tracing::warn!(calls = given_up, "calls were given up: they could not be written for too long");
        }
        if calls.is_empty() {
            return Ok(0);
        }
        let written = self.write_calls(calls.make_contiguous()).await;
        if written.is_err() {
            let mut waiting = self.calls().waiting();
            calls.append(&mut waiting.calls);
            waiting.calls = calls;
            waiting.trim();
        }
        written
    }

    async fn write_calls(&self, calls: &[Call]) -> Result<usize, Error> {
        let mut tx = self.pools().begin().await?;
        for calls in calls.chunks(ROWS) {
            let insert = "INSERT INTO calls (account_id, token_id, scope, status, at, address, latency) ";
            let mut insert = QueryBuilder::new(insert);
            insert.push_values(calls, |mut row, call| {
                row.push_bind(call.account.0).push_bind(call.token.0).push_bind(call.scope.id());
                row.push_bind(call.status).push_bind(micros(call.at)).push_bind(call.address.to_string());
                row.push_bind(i64::try_from(call.latency.as_micros()).unwrap_or(i64::MAX));
            });
            insert.build().persistent(calls.len() == ROWS).execute(&mut *tx).await?;
        }
        let mut used = HashMap::new();
        for call in calls.iter().filter(|call| call.status < 400) {
            let last = used.entry(call.token).or_insert(call.at);
            *last = call.at.max(*last);
        }
        note_uses(&mut tx, &Vec::from_iter(used)).await?;
        tx.commit().await?;
        Ok(calls.len())
    }

    /// Writes down that the token has passed the gate now, and no call. For demo data.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn record_use(&self, token: TokenId) -> Result<(), Error> {
        let mut tx = self.pools().begin().await?;
        note_uses(&mut tx, &[(token, self.clock().now())]).await?;
        Ok(tx.commit().await?)
    }
}

/// Moves on the time when each of the tokens was last used. That is no change of the token: its revision stays.
async fn note_uses(tx: &mut Connection, used: &[(TokenId, DateTime<Utc>)]) -> Result<(), Error> {
    for used in used.chunks(ROWS) {
        uses(tx.dialect(), used).build().persistent(used.len() == ROWS).execute(&mut *tx).await?;
    }
    Ok(())
}

fn uses(dialect: Dialect, used: &[(TokenId, DateTime<Utc>)]) -> QueryBuilder {
    let mut update = QueryBuilder::new("WITH used (token_id, at) AS (");
    update.push_values(used, |mut row, (token, at)| {
        row.push_bind(token.0).push_bind(micros(*at));
    });
    update.push(match dialect {
        // Not `UPDATE … FROM used`: that the planner reads as a scan of all tokens.
        Dialect::Sqlite => {
            ") UPDATE tokens SET last_used_at = (SELECT at FROM used WHERE token_id = tokens.id)
             WHERE id IN (SELECT token_id FROM used)
                 AND (last_used_at IS NULL OR last_used_at < (SELECT at FROM used WHERE token_id = tokens.id))"
        }
        // Not as above: it goes through all that were used for each of them.
        Dialect::Postgres => {
            ") UPDATE tokens SET last_used_at = used.at FROM used
             WHERE tokens.id = used.token_id AND (last_used_at IS NULL OR last_used_at < used.at)"
        }
    });
    update
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::{plan, stores};
    use uuid::Uuid;

    #[tokio::test]
    async fn a_use_finds_its_token_by_the_key() {
        for store in stores().await {
            let used: Vec<_> = (0..10).map(|number| (TokenId(Uuid::from_u128(number)), Utc::now())).collect();
            let plan = plan(&store, uses(store.pools().dialect(), &used)).await;
            let sqlite = plan.contains("SEARCH tokens USING INDEX sqlite_autoindex_tokens_1 (id=?)");
            assert!(sqlite || plan.contains("Index Scan using tokens_pkey on tokens"), "{plan}");
            assert!(!sqlite || plan.contains("SEARCH used"), "{plan}");
        }
    }
}
