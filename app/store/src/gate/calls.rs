//! The calls at the gate: they wait in memory and are written together.

use crate::clock::latest;
use crate::db::database::{Connection, time};
use crate::db::sql::{Dialect, QueryBuilder};
use crate::error::Error;
use crate::gate::Gate;
use crate::gate::call::{Call, RefusedCall};
use crate::gate::call_pack::{self, PackedCall};
use crate::gate::call_queue::{Batch, Failed, Pack};
use chrono::{DateTime, TimeDelta, Utc};
use domain::tokens::token::TokenId;
use std::io;
use std::mem;
use uuid::Uuid;

/// Packs that one transaction writes.
const ROWS: usize = 1_000;
/// Tokens whose use one transaction notes. Each is a change of a row with many indexes, and whoever writes beyond one
/// account waits meanwhile.
const USES: usize = 250;
/// The time by which a token's last use moves at least: a token in steady use on many nodes must not be written by each
/// of them every second.
const USE_MOVES_BY: TimeDelta = TimeDelta::seconds(10);

impl Gate<'_> {
    /// Records a call, to be written with the next [`Gate::flush_calls`]. Touches memory only.
    pub fn record_call(self, call: Call) {
        let mut waiting = self.core.calls().waiting();
        waiting.calls.push_back(call);
        waiting.trim();
    }

    /// Counts a refused call, to be written with the next [`Gate::flush_calls`]. Touches memory only. Nothing of what was
    /// sent as Auth Token is part of it.
    pub fn record_refused(self, call: RefusedCall) {
        self.core.calls().refusals.count(call);
    }

    /// Writes the batch whose write failed the last time, then all recorded and refused calls, the last use of each token
    /// that has moved by ten seconds or more, and its last failure; and at last the uses during overlaps, and those of Auth
    /// Tokens that no longer pass. A change of a token does not wait for that, and other changes wait for some at a time
    /// only. Returns the number of recorded calls written. Once begun, this is carried through even if the caller stops
    /// waiting. If it fails, the calls wait for the next time, and none is written twice, even if only the answer got
    /// lost. Of more than 200,000 calls, the first that came after the failure are dropped, which is logged.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn flush_calls(self) -> Result<usize, Error> {
        let core = self.core.clone();
        let flushing = tokio::spawn(async move {
            let calls = Gate { core: &core }.flush().await;
            Gate { core: &core }.flush_uses().await?;
            Gate { core: &core }.flush_retired().await?;
            calls
        });
        flushing.await.map_err(|cut_short| sqlx::Error::Io(io::Error::other(cut_short)))?
    }

    async fn flush(self) -> Result<usize, Error> {
        let mut failed = self.core.calls().failed.lock().await;
        let given_up = mem::take(&mut self.core.calls().waiting().given_up);
        if given_up > 0 {
            tracing::warn!(calls = given_up, "calls were given up: they could not be written for too long");
        }
        let mut written = 0;
        if let Some(batch) = &*failed {
            self.write_calls(batch).await?;
            written = batch.calls;
            *failed = None;
            self.core.calls().waiting().failed = 0;
        }
        let calls = mem::take(&mut self.core.calls().waiting().calls);
        let refused = self.core.calls().refusals.take();
        if calls.is_empty() && refused.is_none() {
            return Ok(written);
        }
        let mut calls = Vec::from(calls);
        self.core.calls().tell_clients_apart(&mut calls);
        let batch = Batch::of(&calls, refused);
        match self.write_calls(&batch).await {
            Ok(()) => Ok(written + batch.calls),
            Err(error) => {
                let mut waiting = self.core.calls().waiting();
                waiting.failed = batch.calls;
                waiting.trim();
                *failed = Some(batch);
                Err(error)
            }
        }
    }

    async fn write_calls(self, batch: &Batch) -> Result<(), Error> {
        let (mut packs, mut used) = (batch.packs.chunks(ROWS), batch.used.chunks(USES));
        loop {
            let (packs, used) = match (packs.next(), used.next()) {
                (None, None) => break,
                (packs, used) => (packs.unwrap_or_default(), used.unwrap_or_default()),
            };
            let mut tx = self.core.begin_beside().await?;
            insert_packs(&mut tx, packs).await?;
            note_uses(&mut tx, used, self.core.now()).await?;
            tx.commit().await?;
        }
        if let Some(refused) = &batch.refused {
            let mut tx = self.core.begin_beside().await?;
            refused.write(&mut tx, self.core.now()).await?;
            tx.commit().await?;
        }
        for failed in batch.failed.chunks(USES) {
            let mut tx = self.core.begin_beside().await?;
            note_failures(&mut tx, failed, self.core.now()).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Records that the token has passed the gate now, without a call. For demo data.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn record_use(self, token: TokenId) -> Result<(), Error> {
        let mut tx = self.core.begin().await?;
        let now = self.core.now();
        note_uses(&mut tx, &[(token, now)], now).await?;
        Ok(tx.commit().await?)
    }
}

/// The place of a pack among those of its account: the time of its last call in microseconds, and its id.
pub(crate) type Place = (i64, Uuid);

/// A stored pack.
#[derive(sqlx_macros::FromRow)]
pub(crate) struct PackRow {
    pub(crate) id: Uuid,
    pub(crate) last_at: i64,
    calls: i64,
    pack: Vec<u8>,
}

impl PackRow {
    /// Returns its place among those of its account, in the order of time.
    pub(crate) fn place(&self) -> Place {
        (self.last_at, self.id)
    }

    /// Returns its calls.
    pub(crate) fn calls(&self) -> Result<Vec<PackedCall<'_>>, Error> {
        let calls = call_pack::unpack(&self.pack, time(self.last_at)?)?;
        let whole = i64::try_from(calls.len()) == Ok(self.calls);
        if whole { Ok(calls) } else { Err(Error::Corrupt(format!("pack {} of {} calls", self.id, self.calls))) }
    }
}

async fn insert_packs(tx: &mut Connection, packs: &[Pack]) -> Result<(), Error> {
    if packs.is_empty() {
        return Ok(());
    }
    let mut insert = QueryBuilder::new("INSERT INTO call_packs (id, account_id, last_at, calls, pack) ");
    insert.push_values(packs, |mut row, pack| {
        row.push_bind(pack.id).push_bind(pack.account).push_bind(pack.last_at).push_bind(pack.calls);
        row.push_bind(&pack.bytes);
    });
    insert.push(" ON CONFLICT (id) DO NOTHING");
    insert.build().persistent(packs.len() == ROWS).execute(tx).await?;
    Ok(())
}

/// Advances the tokens' times of last use, by [`USE_MOVES_BY`] at least. This does not change the tokens: their revisions
/// stay.
async fn note_uses(tx: &mut Connection, used: &[(TokenId, DateTime<Utc>)], now: DateTime<Utc>) -> Result<(), Error> {
    if !used.is_empty() {
        uses(tx.dialect(), used, now).build().persistent(used.len() == USES).execute(tx).await?;
    }
    Ok(())
}

fn uses(dialect: Dialect, used: &[(TokenId, DateTime<Utc>)], now: DateTime<Utc>) -> QueryBuilder {
    let mut update = QueryBuilder::new("WITH used (token_id, at) AS (");
    update.push_values(used, |mut row, (token, at)| {
        row.push_bind(*token).push_bind(*at);
    });
    update.push(
        ") UPDATE tokens SET last_used_at = used.at FROM used
         WHERE (last_used_at IS NULL OR last_used_at <= used.at - ",
    );
    update.push_bind(USE_MOVES_BY.num_microseconds());
    // A call that passes after one that failed is noted at once: the token no longer fails.
    update.push(" OR (last_used_at <= last_failed_at AND last_failed_at < used.at) OR last_used_at > ");
    update.push_bind(latest(now)).push(") AND tokens.id = ");
    update.push(match dialect {
        // The plus keeps the planner from going through all tokens to see whether each was used.
        Dialect::Sqlite => "+used.token_id",
        Dialect::Postgres => "used.token_id",
    });
    update
}

/// Advances the tokens' times of last failure, and sets the time since which they fail if they have passed meanwhile. Comes
/// after [`note_uses`]. Does not change the tokens, either.
async fn note_failures(tx: &mut Connection, failed: &[Failed], now: DateTime<Utc>) -> Result<(), Error> {
    failures(tx.dialect(), failed, now).build().persistent(failed.len() == USES).execute(tx).await?;
    Ok(())
}

fn failures(dialect: Dialect, failed: &[Failed], now: DateTime<Utc>) -> QueryBuilder {
    let mut update = QueryBuilder::new("WITH failed (token_id, since, at) AS (");
    update.push_values(failed, |mut row, Failed { token, since, last_at }| {
        row.push_bind(*token).push_bind(*since).push_bind(*last_at);
    });
    update.push(
        ") UPDATE tokens SET last_failed_at = failed.at,
            failing_since = CASE
                WHEN failing_since <= failed.since AND (last_used_at IS NULL OR failing_since > last_used_at)
                THEN failing_since ELSE failed.since END
         FROM failed WHERE (last_failed_at IS NULL OR last_failed_at < failed.at OR last_failed_at > ",
    );
    update.push_bind(latest(now)).push(") AND tokens.id = ");
    update.push(match dialect {
        // As in `uses`.
        Dialect::Sqlite => "+failed.token_id",
        Dialect::Postgres => "failed.token_id",
    });
    update
}

#[cfg(test)]
pub(crate) mod with_services {
    use super::*;
    use crate::clock::Clock;
    use crate::db::plans::{plan, stores};
    use crate::gate::call_pack::CALLS_MAX;
    use chrono::NaiveDate;
    use domain::account::AccountId;
    use domain::tokens::client_name::ClientName;
    use domain::tokens::overlap::TokenValue;
    use domain::tokens::scope::Scope;
    use std::net::IpAddr;
    use std::time::Duration;

    /// Returns a call of the account.
    pub(crate) fn call(account: Uuid) -> Call {
        Call {
            account: AccountId(account),
            token: TokenId(Uuid::nil()),
            scope: Scope::GET_COMPANY_INFORMATION,
            version: None,
            value: TokenValue::Current.number(),
            client: ClientName::Unnamed,
            status: 200,
            at: Clock::system().now(),
            address: IpAddr::from([192, 0, 2, 1]),
            latency: Duration::ZERO,
        }
    }

    #[tokio::test]
    async fn flush_writes_no_call_twice_after_a_lost_answer() {
        for store in stores().await {
            let call = call(Uuid::now_v7());
            let batch = Batch::of(&vec![call; CALLS_MAX + 1], None);
            store.gate().write_calls(&batch).await.unwrap();
            store.core.calls().waiting().failed = batch.calls;
            *store.core.calls().failed.lock().await = Some(batch);
            store.gate().record_call(call);
            assert_eq!(store.gate().flush_calls().await.unwrap(), CALLS_MAX + 2);
            let usage = store.tokens().usage(call.account, NaiveDate::MIN, NaiveDate::MAX).await.unwrap();
            let calls = usage.iter().map(|usage| usage.calls).sum::<u64>();
            assert_eq!(usize::try_from(calls).unwrap(), CALLS_MAX + 2);
        }
    }

    #[tokio::test]
    async fn last_use_and_failure_find_their_token_by_the_primary_key() {
        for store in stores().await {
            let used: Vec<_> =
                (0..10).map(|number| (TokenId(Uuid::from_u128(number)), Clock::system().now())).collect();
            let failed: Vec<_> =
                (0..10).map(|number| Failed { token: Uuid::from_u128(number), since: 1, last_at: 2 }).collect();
            let dialect = store.core.pools().dialect();
            let now = DateTime::UNIX_EPOCH;
            for update in [uses(dialect, &used, now), failures(dialect, &failed, now)] {
                let plan = plan(&store, update).await;
                let sqlite = plan.contains("SEARCH tokens USING INDEX sqlite_autoindex_tokens_1 (id=?)");
                assert!(sqlite || plan.contains("Index Scan using tokens_pkey on tokens"), "{plan}");
                assert!(!plan.contains("SCAN tokens") && !plan.contains("Seq Scan on tokens"), "{plan}");
            }
        }
    }
}
