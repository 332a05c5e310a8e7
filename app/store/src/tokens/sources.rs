//! The sources of calls: by token and day, the addresses and clients that they come from, and the hours at which. The rows
//! of a token and a day are bounded, and are kept as long as the calls themselves.

use crate::db::database::{Connection, DAY, HOUR, micros};
use crate::db::sql::{self, QueryBuilder};
use crate::error::Error;
use crate::gate::call_pack::PackedCall;
use crate::gate::refusals::{added, known, widened};
use crate::tokens::Tokens;
use chrono::{DateTime, TimeDelta, Utc};
use domain::tokens::client_name::{CLIENTS_MAX, ClientName, Distinct};
use domain::tokens::usage::{ADDRESSES_MAX, HOURLY_DAYS, is_failure};
use sqlx::AssertSqlSafe;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Rows that one statement writes.
const ROWS: usize = 1_000;
/// Rows that one transaction removes.
const REMOVED: i64 = 10_000;
/// The time for which batches of refused calls are recognized if they are written again.
const BATCHES_KEPT: TimeDelta = TimeDelta::days(7);

/// The number of calls and failures, and the times of the first and the last call in microseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) calls: i64,
    pub(crate) failures: i64,
    pub(crate) first_at: i64,
    pub(crate) last_at: i64,
}

impl Span {
    fn of(call: &PackedCall<'_>) -> Self {
        let at = micros(call.at);
        Self { calls: 1, failures: i64::from(is_failure(call.status)), first_at: at, last_at: at }
    }

    /// Adds the calls of another one.
    pub(crate) fn add(&mut self, other: Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.failures = self.failures.saturating_add(other.failures);
        self.first_at = self.first_at.min(other.first_at);
        self.last_at = self.last_at.max(other.last_at);
    }
}

/// A token's calls and failures in each hour of a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Hours(pub(crate) [(u32, u32); 24]);

impl Hours {
    fn count(&mut self, call: &PackedCall<'_>) {
        let hour = micros(call.at).rem_euclid(DAY) / HOUR;
        if let Some((calls, failures)) = usize::try_from(hour).ok().and_then(|hour| self.0.get_mut(hour)) {
            *calls = calls.saturating_add(1);
            *failures = failures.saturating_add(is_failure(call.status).into());
        }
    }

    /// Adds the calls of another one, of the same day.
    pub(crate) fn add(&mut self, other: &Self) {
        for ((calls, failures), (more, failed)) in self.0.iter_mut().zip(other.0) {
            *calls = calls.saturating_add(more);
            *failures = failures.saturating_add(failed);
        }
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|(calls, failures)| [calls.to_be_bytes(), failures.to_be_bytes()].concat()).collect()
    }

    /// Reads the hours as they are stored.
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub(crate) fn stored(bytes: &[u8]) -> Result<Self, Error> {
        let (numbers, rest) = bytes.as_chunks::<4>();
        if numbers.len() != 48 || !rest.is_empty() {
            return Err(Error::Corrupt(format!("the hours of a day in {} bytes", bytes.len())));
        }
        let mut hours = Self::default();
        for (hour, number) in hours.0.iter_mut().zip(numbers.chunks_exact(2)) {
            *hour = (u32::from_be_bytes(number[0]), u32::from_be_bytes(number[1]));
        }
        Ok(hours)
    }
}

/// The sums of calls by their sources. A key begins with the day, as `day_number` counts it, and the token.
#[derive(Default)]
pub(crate) struct Sources {
    /// By address and the number of the token's value; an empty address stands for those beyond the most.
    pub(crate) addresses: BTreeMap<(i64, Uuid, String, u8), Span>,
    /// By the text that stands for the client.
    pub(crate) clients: BTreeMap<(i64, Uuid, String), Span>,
    pub(crate) hours: BTreeMap<(i64, Uuid), Hours>,
}

impl Sources {
    /// Adds these calls of one day.
    pub(crate) fn add<'c, 'p: 'c>(&mut self, day: i64, calls: impl Iterator<Item = &'c PackedCall<'p>>) {
        let (mut addresses, mut clients) = (HashMap::<_, Span>::new(), HashMap::<_, Span>::new());
        for call in calls {
            let (token, one) = (call.token.0, Span::of(call));
            let add = |sum: &mut Span| sum.add(one);
            addresses.entry((token, call.address, call.value)).and_modify(add).or_insert(one);
            clients.entry((token, call.client)).and_modify(add).or_insert(one);
            self.hours.entry((day, token)).or_default().count(call);
        }
        for ((token, address, value), sum) in addresses {
            let key = (day, token, address.to_string(), value);
            self.addresses.entry(key).and_modify(|all| all.add(sum)).or_insert(sum);
        }
        for ((token, client), sum) in clients {
            let key = (day, token, client.to_owned());
            self.clients.entry(key).and_modify(|all| all.add(sum)).or_insert(sum);
        }
    }

    /// Adds the sums to those that are stored, in a transaction in which no other changes those of the account.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub(crate) async fn write(self, tx: &mut Connection, account: Uuid, now: DateTime<Utc>) -> Result<(), Error> {
        let mut tokens_by_day = BTreeMap::<_, Vec<Uuid>>::new();
        for (day, token) in self.hours.keys() {
            tokens_by_day.entry(*day).or_default().push(*token);
        }
        let (mut addresses, mut clients) = (HashMap::new(), HashMap::new());
        for (day, tokens) in tokens_by_day {
            for (token, stored) in known(tx, ("calls_by_address", "address"), account, day, &tokens).await? {
                addresses.insert((day, token), Distinct::after(ADDRESSES_MAX, stored));
            }
            for (token, stored) in known(tx, ("calls_by_client", "client"), account, day, &tokens).await? {
                let stored = stored.iter().map(|client| ClientName::stored(client));
                let named = stored.filter(|client| *client != ClientName::Others);
                clients.insert((day, token), Distinct::after(CLIENTS_MAX, named));
            }
        }
        write_addresses(tx, account, told_apart_addresses(self.addresses, addresses)).await?;
        write_clients(tx, account, told_apart_clients(self.clients, clients)).await?;
        write_hours(tx, account, self.hours, micros(now).div_euclid(DAY) - i64::from(HOURLY_DAYS)).await
    }
}

/// Returns the sums by address, with those beyond the most of a token and a day together.
fn told_apart_addresses(
    sums: BTreeMap<(i64, Uuid, String, u8), Span>,
    mut known: HashMap<(i64, Uuid), Distinct<String>>,
) -> BTreeMap<(i64, Uuid, String, u8), Span> {
    let mut told_apart = BTreeMap::<_, Span>::new();
    for ((day, token, address, value), sum) in sums {
        let known = known.entry((day, token)).or_insert_with(|| Distinct::after(ADDRESSES_MAX, []));
        let address = if known.tells_apart(address.clone()) { address } else { String::new() };
        told_apart.entry((day, token, address, value)).and_modify(|all| all.add(sum)).or_insert(sum);
    }
    told_apart
}

/// Returns the sums by client, with those beyond the most of a token and a day together.
fn told_apart_clients(
    sums: BTreeMap<(i64, Uuid, String), Span>,
    mut known: HashMap<(i64, Uuid), Distinct<ClientName>>,
) -> BTreeMap<(i64, Uuid, String), Span> {
    let mut told_apart = BTreeMap::<_, Span>::new();
    for ((day, token, client), sum) in sums {
        let known = known.entry((day, token)).or_insert_with(|| Distinct::after(CLIENTS_MAX, []));
        let client = known.or_others(ClientName::stored(&client)).at_rest().to_owned();
        told_apart.entry((day, token, client)).and_modify(|all| all.add(sum)).or_insert(sum);
    }
    told_apart
}

async fn write_addresses(
    tx: &mut Connection,
    account: Uuid,
    sums: BTreeMap<(i64, Uuid, String, u8), Span>,
) -> Result<(), Error> {
    for sums in Vec::from_iter(sums).chunks(ROWS) {
        let mut insert = QueryBuilder::new(
            "INSERT INTO calls_by_address
                (account_id, day, token_id, address, value, calls, failures, first_at, last_at) ",
        );
        insert.push_values(sums, |mut row, ((day, token, address, value), sum)| {
            row.push_bind(account).push_bind(*day).push_bind(*token).push_bind(address).push_bind(*value);
            row.push_bind(sum.calls).push_bind(sum.failures).push_bind(sum.first_at).push_bind(sum.last_at);
        });
        insert.push(" ON CONFLICT (account_id, token_id, day, address, value) DO UPDATE SET ");
        insert.push(added("calls_by_address", &["calls", "failures"])).push(", ").push(widened("calls_by_address"));
        insert.build().persistent(false).execute(&mut *tx).await?;
    }
    Ok(())
}

async fn write_clients(
    tx: &mut Connection,
    account: Uuid,
    sums: BTreeMap<(i64, Uuid, String), Span>,
) -> Result<(), Error> {
    for sums in Vec::from_iter(sums).chunks(ROWS) {
        let mut insert = QueryBuilder::new(
            "INSERT INTO calls_by_client (account_id, day, token_id, client, calls, failures, first_at, last_at) ",
        );
        insert.push_values(sums, |mut row, ((day, token, client), sum)| {
            row.push_bind(account).push_bind(*day).push_bind(*token).push_bind(client);
            row.push_bind(sum.calls).push_bind(sum.failures).push_bind(sum.first_at).push_bind(sum.last_at);
        });
        insert.push(" ON CONFLICT (account_id, token_id, day, client) DO UPDATE SET ");
        insert.push(added("calls_by_client", &["calls", "failures"])).push(", ").push(widened("calls_by_client"));
        insert.build().persistent(false).execute(&mut *tx).await?;
    }
    Ok(())
}

/// Adds the hours to those that are stored. Days before `oldest` are not kept by the hour.
async fn write_hours(
    tx: &mut Connection,
    account: Uuid,
    mut sums: BTreeMap<(i64, Uuid), Hours>,
    oldest: i64,
) -> Result<(), Error> {
    sums.retain(|(day, _), _| *day >= oldest);
    let mut sums = Vec::from_iter(sums);
    for sums in sums.chunks_mut(ROWS) {
        let mut select = QueryBuilder::new("SELECT day, token_id, hours FROM calls_by_hour WHERE account_id = ");
        let (first, last) = (sums.first().map_or(0, |(key, _)| key.0), sums.last().map_or(0, |(key, _)| key.0));
        select.push_bind(account).push(" AND token_id IN (").push_list(sums.iter().map(|((_, token), _)| *token));
        select.push(") AND day >= ").push_bind(first).push(" AND day <= ").push_bind(last);
        let rows: Vec<(i64, Uuid, Vec<u8>)> = select.build_query_as().persistent(false).fetch_all(&mut *tx).await?;
        for (day, token, hours) in rows {
            if let Ok(place) = sums.binary_search_by_key(&(day, token), |(key, _)| *key) {
                sums[place].1.add(&Hours::stored(&hours)?);
            }
        }
        let mut insert = QueryBuilder::new("INSERT INTO calls_by_hour (account_id, day, token_id, hours) ");
        insert.push_values(&*sums, |mut row, ((day, token), hours)| {
            row.push_bind(account).push_bind(*day).push_bind(*token).push_bind(hours.bytes());
        });
        insert.push(" ON CONFLICT (account_id, token_id, day) DO UPDATE SET hours = excluded.hours");
        insert.build().persistent(false).execute(&mut *tx).await?;
    }
    Ok(())
}

impl Tokens<'_> {
    /// Removes where the calls came from that are older than `keep`, those by the hour, and the marks of batches.
    pub(crate) async fn remove_old_sources(self, keep: TimeDelta) -> Result<(), Error> {
        let now = self.core.now();
        let today = micros(now).div_euclid(DAY);
        let day = micros(now - keep).div_euclid(DAY);
        for (table, key, before) in [
            ("calls_by_address", "account_id, token_id, day, address, value", day),
            ("calls_by_client", "account_id, token_id, day, client", day),
            ("passed_calls", "account_id, token_id, day, scope, version, address", day),
            ("refused_calls", "account_id, token_id, day, reason, address", day),
            ("calls_by_hour", "account_id, token_id, day", today - i64::from(HOURLY_DAYS)),
        ] {
            while self.remove_rows(table, key, ("day", before)).await? > 0 {}
        }
        let written = ("written_at", micros(now - BATCHES_KEPT));
        while self.remove_rows("refused_batches", "id", written).await? > 0 {}
        Ok(())
    }

    /// Removes some rows of the table whose value in this column is less than that. Returns their number.
    async fn remove_rows(self, table: &str, key: &str, (column, before): (&str, i64)) -> Result<u64, Error> {
        let mut tx = self.core.begin().await?;
        let remove = format!(
            "DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE {column} < $1 LIMIT {REMOVED})"
        );
        let removed = sql::query(AssertSqlSafe(remove)).bind(before).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(removed.rows_affected())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ONE: Span = Span { calls: 1, failures: 0, first_at: 5, last_at: 5 };

    #[test]
    fn addresses_beyond_the_most_are_counted_together() {
        let (day, token) = (1, Uuid::nil());
        let sums = (0..ADDRESSES_MAX + 7).map(|number| ((day, token, format!("address {number:05}"), 0), ONE));
        let stored = HashMap::from([((day, token), Distinct::after(ADDRESSES_MAX, ["stored".to_owned()]))]);
        let told_apart = told_apart_addresses(sums.collect(), stored);
        assert_eq!(told_apart.len(), ADDRESSES_MAX, "one less than the most, and the others");
        assert_eq!(told_apart[&(day, token, String::new(), 0)].calls, 8);
    }

    #[test]
    fn clients_beyond_the_most_are_counted_together() {
        let (day, token) = (1, Uuid::nil());
        let names = (0..CLIENTS_MAX + 5).map(|number| format!("client {number}")).chain([String::new()]);
        let sums = names.map(|name| ((day, token, name), ONE));
        let told_apart = told_apart_clients(sums.collect(), HashMap::new());
        assert_eq!(told_apart.len(), CLIENTS_MAX + 2, "the others, and those without a name");
        let others = ClientName::Others.at_rest().to_owned();
        assert_eq!(told_apart[&(day, token, others)].calls, 5);
    }

    proptest! {
        #[test]
        fn hours_are_read_as_they_were_stored(numbers in prop::collection::vec(any::<(u32, u32)>(), 24)) {
            let mut hours = Hours::default();
            hours.0.copy_from_slice(&numbers);
            prop_assert_eq!(Hours::stored(&hours.bytes()).unwrap(), hours);
        }

        #[test]
        fn hours_of_another_length_are_corrupt(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(Hours::stored(&bytes).is_ok(), bytes.len() == 192);
        }
    }
}
