//! The usage of each day: the report of each token's use takes the totals of days, and adds the calls that are not added up
//! yet.

use crate::db::database::{Connection, DAY, day_number};
use crate::db::sql::{self, QueryBuilder};
use crate::error::Error;
use crate::gate::call_pack::PackedCall;
use crate::gate::calls::{PackRow, Place};
use crate::gate::refusals::added;
use crate::tokens::Tokens;
use crate::tokens::rows::corrupt;
use chrono::NaiveDate;
use domain::account::AccountId;
use domain::tokens::secret::AccountSid;
use domain::tokens::token::TokenId;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use uuid::Uuid;

/// Calls that are read at once, or added up or removed by one transaction, exceeded by at most one pack; other writers
/// wait no longer than that.
pub(crate) const CALLS: i64 = 100_000;
/// Packs to which the same applies, however few calls they have. Packs of older versions have one call each.
const PACKS: i64 = 4_000;
/// The place before all packs.
pub(crate) const FIRST: Place = (i64::MIN, Uuid::nil());
/// Rows that one statement writes, or looks for.
pub(crate) const ROWS: usize = 1_000;

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

/// The sums of calls.
#[derive(Default)]
pub(crate) struct Sums(BTreeMap<Key, Sum>);

impl Sums {
    /// Adds these calls of one day.
    pub(crate) fn add(&mut self, day: i64, calls: &[PackedCall<'_>]) {
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

    /// Returns the number of calls.
    pub(crate) fn calls(&self) -> u64 {
        self.0.values().map(|sum| sum.calls.unsigned_abs()).sum()
    }

    /// Adds the sums to those that are stored for the days of the account.
    pub(crate) async fn write(self, tx: &mut Connection, account: Uuid) -> Result<(), Error> {
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
pub(crate) async fn packs_to_count(
    tx: &mut Connection,
    account: Uuid,
    after: Place,
    before: i64,
) -> Result<Vec<PackRow>, Error> {
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
    use crate::gate::calls::with_services::call;

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
