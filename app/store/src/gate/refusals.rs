//! Refused calls with a known Account SID: counted in memory by token, reason and address, and written together with the
//! calls. The memory is bounded, and so are the rows of a token and a day.

use crate::db::database::{Connection, DAY, micros};
use crate::db::sql::{self, QueryBuilder};
use crate::error::Error;
use crate::gate::call::RefusedCall;
use chrono::{DateTime, Utc};
use domain::tokens::client_name::Distinct;
use domain::tokens::usage::{REFUSED_ADDRESSES_MAX, RefusedFor};
use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

/// The most counts that wait in memory, some 10 MB. Beyond that, refused calls are not counted until these are written.
const WAITING_MAX: usize = 50_000;
/// Rows that one statement writes, or looks for.
const ROWS: usize = 1_000;

/// The things by which refused calls are counted. Without an address, it is one beyond those that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Key {
    account: Uuid,
    /// The day, as `day_number` counts it.
    day: i64,
    token: Uuid,
    reason: RefusedFor,
    address: Option<IpAddr>,
}

/// The number of calls, and the times of the first and the last one in microseconds.
#[derive(Debug, Clone, Copy)]
struct Count {
    calls: i64,
    first_at: i64,
    last_at: i64,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.first_at = self.first_at.min(other.first_at);
        self.last_at = self.last_at.max(other.last_at);
    }
}

/// The refused calls that wait to be written.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    counts: HashMap<Key, Count>,
    /// The addresses of each token and day that are told apart.
    addresses: HashMap<(Uuid, i64), Distinct<IpAddr>>,
    given_up: u64,
}

impl Refusals {
    /// Counts the call.
    pub(crate) fn count(&self, call: RefusedCall) {
        let RefusedCall { account, token, reason, address, at } = call;
        let at = micros(at);
        let day = at.div_euclid(DAY);
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Waiting { counts, addresses, given_up } = &mut *waiting;
        if counts.len() >= WAITING_MAX {
            *given_up += 1;
            return;
        }
        let known = addresses.entry((token.0, day)).or_insert_with(|| Distinct::after(REFUSED_ADDRESSES_MAX, []));
        let address = known.tells_apart(address).then_some(address);
        let one = Count { calls: 1, first_at: at, last_at: at };
        let key = Key { account: account.0, day, token: token.0, reason, address };
        counts.entry(key).and_modify(|count| count.add(one)).or_insert(one);
    }

    /// Takes all counts, to be written; `None` if there are none.
    pub(crate) fn take(&self) -> Option<RefusedBatch> {
        let waiting = mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if waiting.given_up > 0 {
            tracing::warn!(calls = waiting.given_up, "refused calls were not counted: too many waited to be written");
        }
        let mut counts = Vec::from_iter(waiting.counts);
        counts.sort_unstable_by_key(|(key, _)| *key);
        (!counts.is_empty()).then(|| RefusedBatch { id: Uuid::now_v7(), counts })
    }
}

/// Counts that are written together, in the order of their keys.
pub(crate) struct RefusedBatch {
    /// The id by which the database recognizes it if it is written again.
    id: Uuid,
    counts: Vec<(Key, Count)>,
}

impl RefusedBatch {
    /// Returns each token's first and last refused call, in microseconds. A token may come more than once.
    pub(crate) fn times(&self) -> impl Iterator<Item = (Uuid, i64, i64)> {
        self.counts.iter().map(|(key, count)| (key.token, count.first_at, count.last_at))
    }

    /// Writes the counts, unless this batch was written already.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub(crate) async fn write(&self, tx: &mut Connection, now: DateTime<Utc>) -> Result<(), Error> {
        let mark = "INSERT INTO refused_batches (id, written_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
        if sql::query(mark).bind(self.id).bind(now).execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(());
        }
        let rows = Vec::from_iter(self.told_apart(tx).await?);
        for rows in rows.chunks(ROWS) {
            let mut insert = QueryBuilder::new(
                "INSERT INTO refused_calls (account_id, day, token_id, reason, address, calls, first_at, last_at) ",
            );
            insert.push_values(rows, |mut row, ((key, address), count)| {
                row.push_bind(key.account).push_bind(key.day).push_bind(key.token).push_bind(key.reason.as_str());
                row.push_bind(address).push_bind(count.calls).push_bind(count.first_at).push_bind(count.last_at);
            });
            insert.push(" ON CONFLICT (account_id, token_id, day, reason, address) DO UPDATE SET ");
            insert.push(added("refused_calls", &["calls"])).push(", ").push(widened("refused_calls"));
            insert.build().persistent(false).execute(&mut *tx).await?;
        }
        self.write_sums(tx).await
    }

    /// Adds the calls that count nowhere else to the totals of their accounts.
    async fn write_sums(&self, tx: &mut Connection) -> Result<(), Error> {
        let mut sums = BTreeMap::<_, i64>::new();
        for (key, count) in self.counts.iter().filter(|(key, _)| key.reason.is_no_call()) {
            *sums.entry((key.account, key.day)).or_default() += count.calls;
        }
        for sums in Vec::from_iter(sums).chunks(ROWS) {
            let mut insert =
                QueryBuilder::new("INSERT INTO calls_of_accounts (account_id, day, calls, failures, refused) ");
            insert.push_values(sums, |mut row, ((account, day), refused)| {
                row.push_bind(*account).push_bind(*day).push_bind(0_i64).push_bind(0_i64).push_bind(*refused);
            });
            insert.push(" ON CONFLICT (account_id, day) DO UPDATE SET ");
            insert.push(added("calls_of_accounts", &["refused"]));
            insert.build().persistent(false).execute(&mut *tx).await?;
        }
        Ok(())
    }

    /// Returns the counts by address, empty for those beyond the most that are told apart. Other batches and other nodes
    /// have written addresses of the same days.
    async fn told_apart(&self, tx: &mut Connection) -> Result<BTreeMap<(Key, String), Count>, Error> {
        let mut rows = BTreeMap::<_, Count>::new();
        for of_day in self.counts.chunk_by(|(one, _), (other, _)| (one.account, one.day) == (other.account, other.day))
        {
            let Some((first, _)) = of_day.first() else { continue };
            let mut tokens: Vec<_> = of_day.iter().map(|(key, _)| key.token).collect();
            tokens.dedup();
            let mut stored = known(tx, ("refused_calls", "address"), first.account, first.day, &tokens).await?;
            let mut distinct = HashMap::new();
            for (key, count) in of_day {
                let known = distinct.entry(key.token).or_insert_with(|| {
                    Distinct::after(REFUSED_ADDRESSES_MAX, stored.remove(&key.token).unwrap_or_default())
                });
                let address = key.address.map(|address| address.to_string());
                let address = address.filter(|address| known.tells_apart(address.clone())).unwrap_or_default();
                let key = Key { address: None, ..*key };
                rows.entry((key, address)).and_modify(|sum| sum.add(*count)).or_insert(*count);
            }
        }
        Ok(rows)
    }
}

/// Returns the values of the table's column that are stored for these tokens of an account on a day, without the empty one.
pub(crate) async fn known(
    tx: &mut Connection,
    (table, column): (&str, &str),
    account: Uuid,
    day: i64,
    tokens: &[Uuid],
) -> Result<HashMap<Uuid, Vec<String>>, Error> {
    let mut known = HashMap::<_, Vec<String>>::new();
    for tokens in tokens.chunks(ROWS) {
        let mut select =
            QueryBuilder::new(format!("SELECT DISTINCT token_id, {column} FROM {table} WHERE account_id = "));
        select.push_bind(account).push(" AND token_id IN (").push_list(tokens.iter().copied());
        select.push(") AND day = ").push_bind(day).push(format_args!(" AND {column} <> ''"));
        let rows: Vec<(Uuid, String)> = select.build_query_as().persistent(false).fetch_all(&mut *tx).await?;
        for (token, value) in rows {
            known.entry(token).or_default().push(value);
        }
    }
    Ok(known)
}

/// Returns the assignments that add the numbers of a new row to those of the row that is there.
pub(crate) fn added(table: &str, columns: &[&str]) -> String {
    let each = columns.iter().map(|column| format!("{column} = {table}.{column} + excluded.{column}"));
    each.collect::<Vec<_>>().join(", ")
}

/// Returns the assignments that keep the earlier one of both rows' first times, and the later one of their last times.
pub(crate) fn widened(table: &str) -> String {
    let kept = |column: &str, than: &str| {
        format!(
            "{column} = CASE WHEN excluded.{column} {than} {table}.{column} THEN excluded.{column} ELSE {table}.{column} END"
        )
    };
    format!("{}, {}", kept("first_at", "<"), kept("last_at", ">"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::account::AccountId;
    use domain::tokens::token::TokenId;

    fn call(address: u32) -> RefusedCall {
        RefusedCall {
            account: AccountId(Uuid::nil()),
            token: TokenId(Uuid::nil()),
            reason: RefusedFor::WrongAuthToken,
            address: IpAddr::from(address.to_be_bytes()),
            at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn memory_tells_a_hundred_addresses_of_a_token_apart() {
        let refusals = Refusals::default();
        for address in 0..10_000 {
            refusals.count(call(address));
        }
        let counts = refusals.take().unwrap().counts;
        assert_eq!(counts.len(), REFUSED_ADDRESSES_MAX + 1);
        let others = counts.iter().find(|(key, _)| key.address.is_none()).unwrap().1.calls;
        assert_eq!(others, 9_900);
        assert!(refusals.take().is_none(), "all are taken");
    }

    #[test]
    fn counts_of_many_tokens_are_bounded() {
        let refusals = Refusals::default();
        for number in 0..60_000 {
            refusals.count(RefusedCall { token: TokenId(Uuid::from_u128(number)), ..call(1) });
        }
        assert_eq!(refusals.take().unwrap().counts.len(), WAITING_MAX);
    }
}
