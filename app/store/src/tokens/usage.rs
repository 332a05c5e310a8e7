//! The usage of each day: calls are added up from time to time, and the report of each token's use adds the newer ones.
//! The totals stay when the calls themselves are removed.

use crate::db::database::{Connection, DAY, day_number, micros};
use crate::db::sql::{self, QueryBuilder};
use crate::error::Error;
use crate::gate::call_pack::PackedCall;
use crate::gate::calls::{PackRow, Place};
use crate::gate::refusals::added;
use crate::tokens::Tokens;
use crate::tokens::rows::corrupt;
use crate::tokens::sources::Sources;
use chrono::{NaiveDate, TimeDelta};
use domain::account::AccountId;
use domain::tokens::secret::AccountSid;
use domain::tokens::token::TokenId;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use uuid::Uuid;

/// Calls that are read at once, or added up or removed by one transaction, exceeded by at most one pack; other writers
/// wait no longer than that.
const CALLS: i64 = 100_000;
/// Packs to which the same applies, however few calls they have. Packs of older versions have one call each.
const PACKS: i64 = 4_000;
/// The place before all packs.
const FIRST: Place = (i64::MIN, Uuid::nil());
/// Rows that one statement writes, or looks for.
const ROWS: usize = 1_000;

/// The calls of a token on one day, for one operation and with one outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenUsage {
    /// The token.
    pub token: TokenId,
    /// Its current name; `None` if it was deleted.
    pub name: Option<String>,
    /// Its public half; `None` if it was deleted.
    pub sid: Option<AccountSid>,
    /// The day, in UTC.
    pub day: NaiveDate,
    /// The operation's id, even if the catalogue no longer has it.
    pub scope: String,
    /// The answers' HTTP status.
    pub status: u16,
    /// The number of calls.
    pub calls: u64,
    /// The mean of their latencies, in whole microseconds.
    pub mean_latency: Duration,
}

/// The things by which calls are added up, in the order of the report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// The day, as [`day_number`] counts it.
    day: i64,
    token: Uuid,
    scope: String,
    status: i64,
    /// The API version, where it matters; 0 if it is unknown.
    version: i64,
}

#[derive(Default)]
struct Sum {
    calls: i64,
    /// In microseconds.
    latency: i64,
}

impl Sum {
    fn add(&mut self, calls: i64, latency: i64) {
        self.calls = self.calls.saturating_add(calls);
        self.latency = self.latency.saturating_add(latency);
    }
}

#[derive(Default)]
struct Sums(BTreeMap<Key, Sum>);

impl Sums {
    /// Adds these calls of one day.
    fn add(&mut self, day: i64, calls: &[PackedCall<'_>]) {
        let mut sums = HashMap::<_, Sum>::new();
        for PackedCall { token, scope, status, version, latency, .. } in calls {
            sums.entry((token.0, *scope, *status, *version))
                .or_default()
                .add(1, latency.as_micros().try_into().unwrap_or(i64::MAX));
        }
        for ((token, scope, status, version), sum) in sums {
            let key = Key { day, token, scope: scope.to_owned(), status: status.into(), version: version.into() };
            self.0.entry(key).or_default().add(sum.calls, sum.latency);
        }
    }

    /// Returns the sums without regard to versions.
    fn of_all_versions(self) -> Self {
        let mut sums = Self::default();
        for (key, sum) in self.0 {
            sums.0.entry(Key { version: 0, ..key }).or_default().add(sum.calls, sum.latency);
        }
        sums
    }

    /// Adds the sums to those that are stored for the days of the account.
    async fn write(self, tx: &mut Connection, account: Uuid) -> Result<(), Error> {
        let mut days = BTreeMap::<_, (i64, i64)>::new();
        for (key, sum) in &self.0 {
            let (calls, failures) = days.entry(key.day).or_default();
            *calls += sum.calls;
            *failures += if key.status >= 400 { sum.calls } else { 0 };
        }
        for sums in Vec::from_iter(self.0).chunks(ROWS) {
            let mut insert = QueryBuilder::new(
                "INSERT INTO calls_by_day (account_id, day, token_id, scope, status, version, calls, latency_sum) ",
            );
            insert.push_values(sums, |mut row, (key, sum)| {
                row.push_bind(account).push_bind(key.day).push_bind(key.token).push_bind(&key.scope);
                row.push_bind(key.status).push_bind(key.version).push_bind(sum.calls).push_bind(sum.latency);
            });
            insert.push(" ON CONFLICT (account_id, day, token_id, scope, status, version) DO UPDATE SET ");
            insert.push(added("calls_by_day", &["calls", "latency_sum"]));
            insert.build().persistent(false).execute(&mut *tx).await?;
        }
        for days in Vec::from_iter(days).chunks(ROWS) {
            let mut insert =
                QueryBuilder::new("INSERT INTO calls_of_accounts (account_id, day, calls, failures, refused) ");
            insert.push_values(days, |mut row, (day, (calls, failures))| {
                row.push_bind(account).push_bind(*day).push_bind(*calls).push_bind(*failures).push_bind(0_i64);
            });
            insert.push(" ON CONFLICT (account_id, day) DO UPDATE SET ");
            insert.push(added("calls_of_accounts", &["calls", "failures"]));
            insert.build().persistent(false).execute(&mut *tx).await?;
        }
        Ok(())
    }
}

#[derive(sqlx_macros::FromRow)]
struct DayRow {
    day: i64,
    token_id: Uuid,
    scope: String,
    status: i64,
    version: i64,
    calls: i64,
    latency_sum: i64,
}

impl Tokens<'_> {
    /// Returns the use of the account's tokens from one day to another, both included, in UTC: by day, token (in the
    /// order of creation), operation and status. Calls that are not written yet are not included.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn usage(self, account: AccountId, from: NaiveDate, to: NaiveDate) -> Result<Vec<TokenUsage>, Error> {
        let (from, to) = (day_number(from), day_number(to));
        let mut tx = self.core.read().begin().await?; // calls added up meanwhile are neither missed nor counted twice
        let rows: Vec<DayRow> = sql::query_as(
            "SELECT day, token_id, scope, status, version, calls, latency_sum FROM calls_by_day
             WHERE account_id = $1 AND day >= $2 AND day <= $3",
        )
        .bind(account)
        .bind(from)
        .bind(to)
        .fetch_all(&mut *tx)
        .await?;
        let mut sums = Sums::default();
        for DayRow { day, token_id: token, scope, status, version, calls, latency_sum } in rows {
            sums.0.entry(Key { day, token, scope, status, version }).or_default().add(calls, latency_sum);
        }
        each_pack_to_count(&mut tx, account.0, (from, to), &mut |day, calls| sums.add(day, calls)).await?;
        let sums = sums.of_all_versions();
        let named = names(&mut tx, account, sums.0.keys().map(|key| key.token)).await?;
        sums.0.into_iter().map(|(key, sum)| usage(key, &sum, &named)).collect()
    }

    /// Adds the calls that were written since the last time to the totals of their days. Returns their number. Works in
    /// transactions of some packs, so that it can be interrupted anywhere. If a pack can't be read, its account, and no
    /// other, waits until the pack is removed.
    ///
    /// # Errors
    /// [`Error::Database`]; [`Error::Corrupt`] for the first pack that can't be read, after everything else is done.
    pub async fn add_up_calls(self) -> Result<u64, Error> {
        let (mut added, mut account, mut corrupt) = (0, Uuid::nil(), None);
        while let Some(next) = self.next_account_with_calls(account).await? {
            account = next;
            match self.add_up_all(account).await {
                Ok(calls) => added += calls,
                Err(error @ Error::Corrupt(_)) => {
                    corrupt.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        corrupt.map_or(Ok(added), Err)
    }

    /// Adds up all packs of the account. Returns the number of calls.
    async fn add_up_all(self, account: Uuid) -> Result<u64, Error> {
        let mut added = 0;
        while let Some(calls) = self.add_up_some(account).await? {
            added += calls;
        }
        while self.add_older_sources(account).await? {}
        Ok(added)
    }

    /// Adds the sources of some packs that a version without sources has added up. Returns whether there were any.
    async fn add_older_sources(self, account: Uuid) -> Result<bool, Error> {
        let older = "SELECT EXISTS (SELECT 1 FROM call_packs WHERE account_id = $1 AND counted AND NOT sources)";
        if !sql::query_scalar::<bool>(older).bind(account).fetch_one(self.core.read()).await? {
            return Ok(false);
        }
        let mut tx = self.core.begin_in(AccountId(account)).await?;
        let mut query = some_packs(SELECT, "AND counted AND NOT sources", account, FIRST, i64::MAX, CALLS);
        query.push(IN_ORDER);
        let packs: Vec<PackRow> = query.build_query_as().fetch_all(&mut *tx).await?;
        let mut sources = Sources::default();
        for pack in &packs {
            sources.add(pack.last_at.div_euclid(DAY), pack.calls()?.iter());
        }
        sources.write(&mut tx, account, self.core.now()).await?;
        mark(&mut tx, &packs).await?;
        tx.commit().await?;
        Ok(!packs.is_empty())
    }

    /// Adds up some packs of the account. Returns the number of calls, or `None` if there were none.
    async fn add_up_some(self, account: Uuid) -> Result<Option<u64>, Error> {
        let mut tx = self.core.begin_in(AccountId(account)).await?;
        let packs = packs_to_count(&mut tx, account, FIRST, i64::MAX).await?;
        if packs.is_empty() {
            return Ok(None);
        }
        let (mut sums, mut sources) = (Sums::default(), Sources::default());
        for pack in &packs {
            let (day, calls) = (pack.last_at.div_euclid(DAY), pack.calls()?);
            sums.add(day, &calls);
            sources.add(day, calls.iter());
        }
        let added = sums.0.values().map(|sum| sum.calls.unsigned_abs()).sum();
        sums.write(&mut tx, account).await?;
        sources.write(&mut tx, account, self.core.now()).await?;
        mark(&mut tx, &packs).await?;
        tx.commit().await?;
        Ok(Some(added))
    }

    /// Removes the calls that are older than `keep` and either added up or unreadable, and where calls before came from.
    /// Works in transactions of some packs.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn remove_old_calls(self, keep: TimeDelta) -> Result<(), Error> {
        let before = micros(self.core.now() - keep);
        let mut account = Uuid::nil();
        while let Some(next) = self.next_account_with_calls(account).await? {
            account = next;
            while self.remove_some(account, before).await? > 0 {}
            self.remove_unreadable(account, before).await?;
        }
        self.remove_old_sources(keep).await
    }

    async fn remove_some(self, account: Uuid, before: i64) -> Result<u64, Error> {
        let mut tx = self.core.begin_in(AccountId(account)).await?;
        let removed =
            some_packs("DELETE", "AND counted", account, FIRST, before, CALLS).build().execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(removed.rows_affected())
    }

    /// Removes the old packs that are not added up because they can't be read.
    async fn remove_unreadable(self, account: Uuid, before: i64) -> Result<(), Error> {
        let mut after = FIRST;
        loop {
            let packs = packs_to_count(&mut self.core.read().acquire().await?, account, after, before).await?;
            let Some(last) = packs.last() else { return Ok(()) };
            after = last.place();
            for pack in &packs {
                if let Err(error) = pack.calls() {
                    let mut tx = self.core.begin_in(AccountId(account)).await?;
                    sql::query("DELETE FROM call_packs WHERE id = $1").bind(pack.id).execute(&mut *tx).await?;
                    tx.commit().await?;
                    tracing::warn!(%error, "calls that can't be read were removed for their age, and are in no report");
                }
            }
        }
    }

    async fn next_account_with_calls(self, after: Uuid) -> Result<Option<Uuid>, Error> {
        let next = "SELECT account_id FROM call_packs WHERE account_id > $1 ORDER BY account_id LIMIT 1";
        Ok(sql::query_scalar(next).bind(after).fetch_optional(self.core.read()).await?)
    }
}

/// Notes that the packs are added up, with their sources.
async fn mark(tx: &mut Connection, packs: &[PackRow]) -> Result<(), Error> {
    for packs in packs.chunks(ROWS) {
        let mut counted = QueryBuilder::new("UPDATE call_packs SET counted = TRUE, sources = TRUE WHERE id IN (");
        counted.push_list(packs.iter().map(|pack| pack.id)).push(")");
        counted.build().persistent(false).execute(&mut *tx).await?;
    }
    Ok(())
}

/// Gives the calls of each pack that is not added up yet and is of these days, both included, with its day.
pub(crate) async fn each_pack_to_count(
    tx: &mut Connection,
    account: Uuid,
    (from, to): (i64, i64),
    each: &mut (dyn FnMut(i64, &[PackedCall<'_>]) + Send),
) -> Result<(), Error> {
    let mut after = (from * DAY, Uuid::nil());
    loop {
        let packs = packs_to_count(tx, account, after, (to + 1) * DAY).await?;
        for pack in &packs {
            each(pack.last_at.div_euclid(DAY), &pack.calls()?);
        }
        match packs.last() {
            Some(last) => after = last.place(),
            None => return Ok(()),
        }
    }
}

/// Returns some packs of the account that are not added up yet: the oldest after this place and before this time.
async fn packs_to_count(tx: &mut Connection, account: Uuid, after: Place, before: i64) -> Result<Vec<PackRow>, Error> {
    let mut packs = some_packs(SELECT, "AND NOT counted", account, after, before, CALLS);
    packs.push(IN_ORDER);
    Ok(packs.build_query_as().fetch_all(tx).await?)
}

/// The head of a query for [`PackRow`]s.
pub(crate) const SELECT: &str = "SELECT id, last_at, calls, pack";
/// The order of [`PackRow::place`].
pub(crate) const IN_ORDER: &str = " ORDER BY last_at, id";

/// Returns a statement that begins with this text, about some packs of the account: the oldest of those that meet the
/// condition, after this place and before this time, up to this many calls, or [`PACKS`].
pub(crate) fn some_packs(
    begin: &str,
    condition: &str,
    account: Uuid,
    (last_at, id): Place,
    before: i64,
    calls: i64,
) -> QueryBuilder {
    let mut packs = QueryBuilder::new(begin);
    packs.push(
        " FROM call_packs WHERE id IN (SELECT id FROM (
            SELECT id, SUM(calls) OVER (ORDER BY last_at, id) - calls AS calls_before FROM (
                SELECT id, last_at, calls FROM call_packs WHERE account_id = ",
    );
    packs.push_bind(account).push(" AND (last_at, id) > (").push_bind(last_at).push(", ").push_bind(id).push(")");
    packs.push(" AND last_at < ").push_bind(before).push(" ").push(condition).push(IN_ORDER).push(" LIMIT ");
    packs.push_bind(PACKS).push(") AS oldest) AS summed WHERE calls_before < ").push_bind(calls).push(")");
    packs
}

/// Returns the name and Account SID of those of these tokens that the account still has.
pub(crate) async fn names(
    on: &mut Connection,
    account: AccountId,
    tokens: impl Iterator<Item = Uuid>,
) -> Result<HashMap<Uuid, (String, AccountSid)>, Error> {
    let mut tokens: Vec<_> = tokens.collect();
    tokens.sort_unstable();
    tokens.dedup();
    let mut named = HashMap::new();
    for tokens in tokens.chunks(ROWS) {
        let mut select = QueryBuilder::new("SELECT id, name, sid FROM tokens WHERE account_id = ");
        select.push_bind(account).push(" AND deleted_at IS NULL AND id IN (").push_list(tokens.iter().copied());
        select.push(")");
        let rows: Vec<(Uuid, String, String)> = select.build_query_as().persistent(false).fetch_all(&mut *on).await?;
        for (id, name, sid) in rows {
            named.insert(id, (name, AccountSid::try_from(sid).map_err(corrupt)?));
        }
    }
    Ok(named)
}

fn usage(key: Key, sum: &Sum, named: &HashMap<Uuid, (String, AccountSid)>) -> Result<TokenUsage, Error> {
    let day = i32::try_from(key.day).ok().and_then(NaiveDate::from_epoch_days);
    let calls = sum.calls.unsigned_abs();
    let (name, sid) = named.get(&key.token).cloned().unzip();
    Ok(TokenUsage {
        token: TokenId(key.token),
        name,
        sid,
        day: day.ok_or_else(|| Error::Corrupt(format!("the day {}", key.day)))?,
        scope: key.scope,
        status: u16::try_from(key.status).map_err(|_| Error::Corrupt(format!("the status {}", key.status)))?,
        calls,
        mean_latency: Duration::from_micros(sum.latency.unsigned_abs() / calls.max(1)),
    })
}

#[cfg(test)]
mod with_services {
    use super::*;
    use crate::db::plans::stores;
    use crate::gate::call::Call;
    use crate::gate::calls::with_services::call;

    #[tokio::test]
    async fn packs_of_one_call_are_handled_thousands_at_once() {
        for store in stores().await {
            let account = Uuid::now_v7();
            let call = call(account);
            for number in 0..5_000 {
                store.gate().record_call(Call { at: call.at - TimeDelta::hours(number), ..call });
            }
            store.gate().flush_calls().await.unwrap();
            for added in [Some(4_000), Some(1_000), None] {
                assert_eq!(store.tokens().add_up_some(account).await.unwrap(), added);
            }
            for removed in [4_000, 1_000, 0] {
                assert_eq!(store.tokens().remove_some(account, i64::MAX).await.unwrap(), removed);
            }
        }
    }

    #[tokio::test]
    async fn some_packs_exceed_the_calls_by_at_most_one_pack() {
        for store in stores().await {
            let account = Uuid::now_v7();
            let call = call(account);
            for _ in 0..20_000 {
                store.gate().record_call(call);
            }
            store.gate().flush_calls().await.unwrap();
            for (calls, packs) in [(1, 1), (4_000, 1), (4_001, 2), (400_000, 5)] {
                let some = some_packs("SELECT id", "", account, FIRST, i64::MAX, calls);
                let some: Vec<Uuid> = some.build_query_scalar().fetch_all(&store.core.pools().read).await.unwrap();
                assert_eq!(some.len(), packs, "{calls}");
            }
        }
    }

    #[tokio::test]
    async fn no_statement_is_kept_for_each_number_of_tokens() {
        let [_, store] = stores().await;
        let mut connection = store.core.pools().read.acquire().await.unwrap();
        names(&mut connection, AccountId(Uuid::nil()), [Uuid::nil()].into_iter()).await.unwrap();
        let kept = "SELECT statement FROM pg_prepared_statements";
        let kept: Vec<String> = sql::query_scalar(kept).fetch_all(&mut connection).await.unwrap();
        assert!(!kept.iter().any(|statement| statement.contains("FROM tokens")), "{kept:?}");
    }
}
