//! The number of pages that may listen to changes at the same time: in all, of one account, and of one session. Each
//! open page holds a connection, which no other client can use.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, Hash, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::account::AccountId;
use store::SessionToken;

/// The limits of listening pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaceLimits {
    /// All pages.
    pub total: usize,
    /// Pages of one account.
    pub per_account: usize,
    /// Pages of one session. A hidden page does not listen.
    pub per_session: usize,
}

impl PlaceLimits {
    /// Returns the limits of a server with that many connections: a quarter of them may listen.
    #[must_use]
    pub fn of(connections: usize) -> Self {
        let total = (connections / 4).clamp(1, 1_000);
        Self { total, per_account: total.div_ceil(2), per_session: total.min(16) }
    }
}

/// The places of listening pages. A clone shares the same places.
#[derive(Debug, Clone)]
pub struct Places {
    limits: PlaceLimits,
    taken: Arc<Mutex<Taken>>,
    /// The hasher by which sessions are distinguished, as their tokens are secret.
    hashes: RandomState,
}

impl Default for Places {
    fn default() -> Self {
        Self::new(PlaceLimits::of(usize::MAX))
    }
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_account: HashMap<AccountId, usize>,
    by_session: HashMap<u64, usize>,
}

impl Places {
    /// Returns places within these limits, all of them free.
    #[must_use]
    pub fn new(limits: PlaceLimits) -> Self {
        Self { limits, taken: Arc::default(), hashes: RandomState::new() }
    }

    /// Takes a place for a page of that session, or returns `None` if none is free.
    #[must_use]
    pub fn take(&self, account: AccountId, session: &SessionToken) -> Option<Place> {
        let session = self.hashes.hash_one(session.reveal());
        let PlaceLimits { total, per_account, per_session } = self.limits;
        let mut taken = self.taken();
        let full = taken.all >= total
            || count(&taken.by_account, &account) >= per_account
            || count(&taken.by_session, &session) >= per_session;
        if full {
            return None;
        }
        taken.all += 1;
        *taken.by_account.entry(account).or_default() += 1;
        *taken.by_session.entry(session).or_default() += 1;
        Some(Place { places: self.clone(), account, session })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count<K: Eq + Hash>(counts: &HashMap<K, usize>, key: &K) -> usize {
    counts.get(key).copied().unwrap_or_default()
}

fn leave<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

/// The place of one page, which is free again when this is dropped.
#[derive(Debug)]
pub struct Place {
    places: Places,
    account: AccountId,
    session: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.all -= 1;
        leave(&mut taken.by_account, &self.account);
        leave(&mut taken.by_session, &self.session);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn session(letter: &str) -> SessionToken {
        SessionToken::parse(&letter.repeat(43)).unwrap()
    }

    #[test]
    fn each_limit_holds_and_places_are_given_back() {
        let places = Places::new(PlaceLimits { total: 4, per_account: 3, per_session: 2 });
        let [one, other] = [(); 2].map(|()| AccountId(Uuid::now_v7()));
        let take = |account, letter| places.take(account, &session(letter));
        let [first, second] = [(); 2].map(|()| take(one, "a").unwrap());
        assert!(take(one, "a").is_none(), "of the session");
        let third = take(one, "b").unwrap();
        assert!(take(one, "c").is_none(), "of the account");
        let fourth = take(other, "d").unwrap();
        assert!(take(other, "e").is_none(), "in all");
        drop(first);
        let again = take(one, "a").unwrap();
        drop((second, third, fourth, again));
        let taken = places.taken();
        assert_eq!((taken.all, taken.by_account.len(), taken.by_session.len()), (0, 0, 0));
    }

    #[test]
    fn a_quarter_of_all_connections_may_listen() {
        let limits = |connections| {
            let PlaceLimits { total, per_account, per_session } = PlaceLimits::of(connections);
            (total, per_account, per_session)
        };
        assert_eq!([limits(10_000), limits(448), limits(1)], [(1_000, 500, 16), (112, 56, 16), (1, 1, 1)]);
    }
}
