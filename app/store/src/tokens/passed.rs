//! The calls that the gate let pass, summed up by all that its decision depends on. A change is rehearsed with them.

use crate::db::database::{Connection, micros};
use crate::db::sql::QueryBuilder;
use crate::error::Error;
use crate::gate::call_pack::PackedCall;
use crate::gate::refusals::{added, known};
use domain::tokens::client_name::Distinct;
use domain::tokens::rehearsal::{ADDRESSES_MAX, was_refused};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Rows that one statement writes.
const ROWS: usize = 1_000;

/// The things by which calls are summed up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// The day, as `day_number` counts it.
    pub(crate) day: i64,
    pub(crate) token: Uuid,
    /// The operation's id.
    pub(crate) scope: String,
    /// The API version; 0 if it is unknown.
    pub(crate) version: i64,
    /// The address; empty for those beyond the most that are told apart.
    pub(crate) address: String,
}

/// The number of calls, and the time of the last one in microseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sum {
    pub(crate) calls: i64,
    pub(crate) last_at: i64,
}

impl Sum {
    /// Adds the calls of another one.
    pub(crate) fn add(&mut self, other: Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.last_at = self.last_at.max(other.last_at);
    }
}

/// The sums of calls that passed.
#[derive(Default)]
pub(crate) struct Passed(pub(crate) BTreeMap<Key, Sum>);

impl Passed {
    /// Adds those of these calls of one day that passed.
    pub(crate) fn add<'c, 'p: 'c>(&mut self, day: i64, calls: impl Iterator<Item = &'c PackedCall<'p>>) {
        let mut sums = HashMap::<_, Sum>::new();
        for call in calls.filter(|call| !was_refused(call.status)) {
            let one = Sum { calls: 1, last_at: micros(call.at) };
            let key = (call.token.0, call.scope, call.version, call.address);
            sums.entry(key).and_modify(|sum| sum.add(one)).or_insert(one);
        }
        for ((token, scope, version, address), sum) in sums {
            let key =
                Key { day, token, scope: scope.to_owned(), version: version.into(), address: address.to_string() };
            self.add_sum(key, sum);
        }
    }

    /// Adds a sum.
    pub(crate) fn add_sum(&mut self, key: Key, sum: Sum) {
        self.0.entry(key).and_modify(|all| all.add(sum)).or_insert(sum);
    }

    /// Adds the sums to those that are stored, in a transaction in which no other changes those of the account.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub(crate) async fn write(self, tx: &mut Connection, account: Uuid) -> Result<(), Error> {
        let mut tokens_by_day = BTreeMap::<i64, Vec<Uuid>>::new();
        for key in self.0.keys() {
            let tokens = tokens_by_day.entry(key.day).or_default();
            if tokens.last() != Some(&key.token) {
                tokens.push(key.token);
            }
        }
        let mut addresses = HashMap::new();
        for (day, tokens) in tokens_by_day {
            for (token, stored) in known(tx, ("passed_calls", "address"), account, day, &tokens).await? {
                addresses.insert((day, token), Distinct::after(ADDRESSES_MAX, stored));
            }
        }
        let sums = self.told_apart(addresses).0;
        for sums in Vec::from_iter(sums).chunks(ROWS) {
            let mut insert = QueryBuilder::new(
                "INSERT INTO passed_calls (account_id, day, token_id, scope, version, address, calls, last_at) ",
            );
            insert.push_values(sums, |mut row, (key, sum)| {
                row.push_bind(account).push_bind(key.day).push_bind(key.token).push_bind(&key.scope);
                row.push_bind(key.version).push_bind(&key.address).push_bind(sum.calls).push_bind(sum.last_at);
            });
            insert.push(" ON CONFLICT (account_id, token_id, day, scope, version, address) DO UPDATE SET ");
            insert.push(added("passed_calls", &["calls"]));
            insert.push(
                ", last_at = CASE WHEN excluded.last_at > passed_calls.last_at THEN excluded.last_at
                    ELSE passed_calls.last_at END",
            );
            insert.build().persistent(false).execute(&mut *tx).await?;
        }
        Ok(())
    }

    /// Returns the sums with the addresses beyond the most of a token and a day together.
    fn told_apart(self, mut known: HashMap<(i64, Uuid), Distinct<String>>) -> Self {
        let mut told_apart = Self::default();
        for (key, sum) in self.0 {
            let known = known.entry((key.day, key.token)).or_insert_with(|| Distinct::after(ADDRESSES_MAX, []));
            let is_apart = key.address.is_empty() || known.tells_apart(key.address.clone());
            let address = if is_apart { key.address } else { String::new() };
            told_apart.add_sum(Key { address, ..key }, sum);
        }
        told_apart
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_beyond_the_most_are_counted_together() {
        let mut passed = Passed::default();
        for (number, scope) in (0..ADDRESSES_MAX + 7).flat_map(|number| [(number, "one"), (number, "other")]) {
            let (scope, address) = (scope.to_owned(), format!("address {number:05}"));
            let key = Key { day: 1, token: Uuid::nil(), scope, version: 3, address };
            passed.add_sum(key, Sum { calls: 1, last_at: 5 });
        }
        let known = HashMap::from([((1, Uuid::nil()), Distinct::after(ADDRESSES_MAX, ["stored".to_owned()]))]);
        let told_apart = passed.told_apart(known).0;
        assert_eq!(told_apart.len(), 2 * ADDRESSES_MAX, "one less than the most, and the others, of each operation");
        let others: i64 = told_apart.iter().filter(|(key, _)| key.address.is_empty()).map(|(_, sum)| sum.calls).sum();
        assert_eq!(others, 16);
    }
}
