//! Rate limits: the calls that an account may make in a period, per group of operations.

use std::{convert::Infallible, num::NonZeroU32, time::Duration};

use domain::{account::AccountId, tokens::scope::RateGroup};
use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
    middleware::StateInformationMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed, StateStore},
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use store::{Allowance, Store, TakenCall};
use tokio::time::timeout;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// The limit of an account in one group: so many calls in a period, which come back evenly (GCRA, as in ATM traffic
/// management).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The number of calls.
    pub calls: NonZeroU32,
    /// The period.
    pub per: Duration,
}

impl Limit {
    /// Returns the time after which one call comes back.
    fn every(self) -> Duration {
        self.per / self.calls.get()
    }

    fn allowance(self, group: RateGroup) -> Allowance<'static> {
        Allowance { group: group.as_str(), calls: self.calls.get(), every: self.every() }
    }
}

/// The recent calls of accounts. Exact, however many come at once.
pub struct RateLimits {
    /// The store that counts for all nodes, if there can be several.
    together: Option<Store>,
    groups: [(Limit, Limiter); RateGroup::ALL.len()],
}

/// The time the database may take to count a call. After that, this node counts it alone: answering matters more.
const COUNTED_WITHIN: Duration = Duration::from_millis(500);

type Limiter = RateLimiter<Ask, Counts, DefaultClock, StateInformationMiddleware>;

/// The counts of calls by account. A known account is found without a lock.
#[derive(Default)]
struct Counts(papaya::HashMap<AccountId, InMemoryState>);

/// A request to the counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Ask {
    /// One more call of the account.
    Call(AccountId),
    /// Asks for the calls left, without counting one.
    Left(AccountId),
}

impl StateStore for Counts {
    type Key = Ask;

    fn measure_and_replace<T, F, E>(&self, ask: &Ask, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let (Ask::Call(account) | Ask::Left(account)) = ask;
        let counts = self.0.pin();
        let count = counts.get_or_insert_with(*account, InMemoryState::default);
        match ask {
            Ask::Call(_) => count.measure_and_replace(&NotKeyed::NonKey, measure),
            Ask::Left(_) => {
                // The measured value is returned as an error, so that nothing is replaced.
                let measured = |old| Err::<(Infallible, Nanos), _>(measure(old).map(|(left, _)| left));
                let Err(left) = count.measure_and_replace(&NotKeyed::NonKey, measured);
                left
            }
        }
    }
}

impl RateLimits {
    /// Returns the published limits, or other numbers of calls in the same periods. They are counted together with
    /// other nodes, if the store can have any.
    #[must_use]
    pub fn of(store: &Store, calls: impl Fn(RateGroup) -> Option<NonZeroU32>) -> Self {
        Self { together: store.has_nodes().then(|| store.clone()), ..Self::new(calls) }
    }

    /// Returns the same limits as [`RateLimits::of`], counted on this node alone.
    #[must_use]
    pub fn new(calls: impl Fn(RateGroup) -> Option<NonZeroU32>) -> Self {
        let groups = RateGroup::ALL.map(|group| {
            let (published, seconds) = group.quota();
            let calls = calls(group).or(NonZeroU32::new(published)).unwrap_or(NonZeroU32::MIN);
            let limit = Limit { calls, per: Duration::from_secs(seconds.into()) };
            let quota = Quota::with_period(limit.every()).unwrap_or(Quota::per_second(calls)).allow_burst(calls);
            (limit, Limiter::new(quota, Counts::default(), DefaultClock::default()))
        });
        Self { together: None, groups }
    }

    /// Counts one more call of the account.
    ///
    /// # Errors
    /// If no calls are left; the call is not counted then.
    pub async fn take(&self, account: AccountId, group: RateGroup) -> Result<Left, Left> {
        let together = async |store: &Store, limit: Limit| {
            let taken = store.take_call(account, limit.allowance(group)).await?;
            Ok(match taken {
                TakenCall::Taken(back_in) => Ok(Left::back_in(limit, back_in)),
                TakenCall::NoneLeft(wait) => Err(Left::none(limit, wait)),
            })
        };
        match self.counted(group, together).await {
            Some(taken) => taken,
            None => self.ask(Ask::Call(account), group),
        }
    }

    /// Returns the calls left to the account. Counts nothing.
    pub async fn left(&self, account: AccountId, group: RateGroup) -> Left {
        let together = async |store: &Store, limit: Limit| {
            Ok(Left::back_in(limit, store.calls_back_in(account, limit.allowance(group)).await?))
        };
        if let Some(left) = self.counted(group, together).await {
            return left;
        }
        match self.ask(Ask::Left(account), group) {
            Ok(after) => after.and_one_more(),
            Err(none) => Left { exceeded: false, ..none },
        }
    }

    /// Returns the result of the nodes' common count, or `None` if there is none or the database fails.
    async fn counted<T>(
        &self,
        group: RateGroup,
        count: impl AsyncFnOnce(&Store, Limit) -> Result<T, store::Error>,
    ) -> Option<T> {
        let store = self.together.as_ref()?;
        // On the heap, so that a call counted on this node alone need not be as large as one that queries a database.
        match Box::pin(timeout(COUNTED_WITHIN, count(store, self.of_group(group).0))).await {
            Ok(Ok(counted)) => Some(counted),
            Ok(Err(error)) => {
                tracing::warn!(%error, "a call was counted on this node alone");
                None
            }
            Err(_) => {
                tracing::warn!("a call was counted on this node alone: the database takes too long");
                None
            }
        }
    }

    fn of_group(&self, group: RateGroup) -> &(Limit, Limiter) {
        let index = RateGroup::ALL.iter().position(|one| *one == group).unwrap_or_default();
        &self.groups[index]
    }

    fn ask(&self, ask: Ask, group: RateGroup) -> Result<Left, Left> {
        let (limit, limiter) = self.of_group(group);
        match limiter.check_key(&ask) {
            Ok(state) => Ok(Left::of(*limit, state.remaining_burst_capacity())),
            Err(until) => {
                let wait = until.wait_time_from(DefaultClock::default().now());
                Err(Left::none(*limit, wait))
            }
        }
    }
}

/// The calls left to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    limit: Limit,
    remaining: u32,
    /// Seconds until all calls have come back or, if none is left, until the next one has.
    reset: u64,
    /// Whether one call too many was made.
    exceeded: bool,
}

impl Left {
    fn of(limit: Limit, remaining: u32) -> Self {
        let used = limit.calls.get().saturating_sub(remaining);
        let waiting = if remaining == 0 { 1 } else { used };
        Self { limit, remaining, reset: whole_seconds(limit.every() * waiting), exceeded: false }
    }

    /// Returns all calls but those that come back in that time.
    fn back_in(limit: Limit, time: Duration) -> Self {
        let every = limit.every().as_nanos().max(1);
        let used = u32::try_from(time.as_nanos().div_ceil(every)).unwrap_or(u32::MAX);
        let left = Self::of(limit, limit.calls.get().saturating_sub(used));
        // All calls but one come back after the next one.
        let after_next = if left.remaining == 0 { limit.every() * (limit.calls.get() - 1) } else { Duration::ZERO };
        Self { reset: whole_seconds(time.saturating_sub(after_next)), ..left }
    }

    /// Returns that no calls are left for this long, after one call too many.
    fn none(limit: Limit, wait: Duration) -> Self {
        Self { reset: whole_seconds(wait), exceeded: true, ..Self::of(limit, 0) }
    }

    fn and_one_more(self) -> Self {
        Self::of(self.limit, self.limit.calls.get().min(self.remaining + 1))
    }

    /// Returns the limit, the calls left and the seconds until reset, as the headers contain them.
    #[must_use]
    pub fn numbers(self) -> (u32, u32, u64) {
        (self.limit.calls.get(), self.remaining, self.reset)
    }

    /// Adds the three `X-RateLimit` headers, and `Retry-After` if the call was one too many.
    pub fn announce(self, headers: &mut HeaderMap) {
        headers.insert(LIMIT, self.limit.calls.get().into());
        headers.insert(REMAINING, self.remaining.into());
        headers.insert(RESET, self.reset.into());
        if self.exceeded {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(self.reset));
        }
    }
}

/// Rounds up, so that a client that waits this long has waited long enough.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, thread};

    use uuid::Uuid;

    use super::*;

    fn account(number: u128) -> AccountId {
        AccountId(Uuid::from_u128(number))
    }

    #[test]
    fn concurrent_calls_pass_exactly_up_to_the_limit() {
        let limits = Arc::new(RateLimits::new(|_| NonZeroU32::new(100)));
        let callers = (0..8).map(|_| {
            let limits = Arc::clone(&limits);
            thread::spawn(move || {
                (0..50).filter(|_| limits.ask(Ask::Call(account(1)), RateGroup::Default).is_ok()).count()
            })
        });
        let passed: usize = callers.collect::<Vec<_>>().into_iter().map(|caller| caller.join().unwrap()).sum();
        assert_eq!(passed, 100); // the next one comes back after 36 seconds
        assert!(limits.ask(Ask::Call(account(2)), RateGroup::Default).is_ok());
        assert!(limits.ask(Ask::Call(account(1)), RateGroup::ReportExport).is_ok());
    }

    #[test]
    fn remaining_calls_count_down_with_seconds_until_reset() {
        let limits = RateLimits::new(|_| NonZeroU32::new(2));
        let (first, second) = (
            limits.ask(Ask::Call(account(1)), RateGroup::Default),
            limits.ask(Ask::Call(account(1)), RateGroup::Default),
        );
        let known = |left: Result<Left, Left>| left.map(|left| (left.limit.calls.get(), left.remaining, left.reset));
        assert_eq!(known(first), Ok((2, 1, 1800)));
        assert_eq!(known(second), Ok((2, 0, 1800)));
        let refused = limits.ask(Ask::Call(account(1)), RateGroup::Default).unwrap_err();
        assert!((1799..=1800).contains(&refused.reset), "{refused:?}");
        let mut headers = HeaderMap::new();
        refused.announce(&mut headers);
        assert_eq!((headers["x-ratelimit-remaining"].as_bytes(), headers.len()), (&b"0"[..], 4));
    }

    #[test]
    fn published_limits_hold_by_default() {
        let left = RateLimits::new(|_| None).ask(Ask::Call(account(1)), RateGroup::ReportExport).unwrap();
        assert_eq!((left.limit.calls.get(), left.remaining), (100, 99));
    }

    #[test]
    fn common_count_gives_remaining_calls_and_reset() {
        let limit = Limit { calls: NonZeroU32::new(4).unwrap(), per: Duration::from_secs(400) };
        let known = |seconds| {
            let left = Left::back_in(limit, Duration::from_secs(seconds));
            (left.remaining, left.reset)
        };
        assert_eq!([0, 100, 250, 300].map(known), [(4, 0), (3, 100), (1, 250), (1, 300)]);
        assert_eq!([301, 330, 400].map(known), [(0, 1), (0, 30), (0, 100)]);
    }

    #[tokio::test]
    async fn reading_remaining_calls_counts_none() {
        let limits = RateLimits::new(|_| NonZeroU32::new(2));
        let left = async || limits.left(account(1), RateGroup::Default).await;
        assert_eq!((left().await.remaining, left().await.remaining, left().await.reset), (2, 2, 0));
        for remaining in [1, 0] {
            limits.ask(Ask::Call(account(1)), RateGroup::Default).unwrap();
            assert_eq!((left().await.remaining, left().await.exceeded), (remaining, false));
        }
        assert!(limits.ask(Ask::Call(account(1)), RateGroup::Default).unwrap_err().exceeded);
        let mut headers = HeaderMap::new();
        left().await.announce(&mut headers);
        assert_eq!((headers["x-ratelimit-remaining"].as_bytes(), headers.len()), (&b"0"[..], 3));
    }
}
