//! How many calls an account may make in a while, per group of operations.

use std::{num::NonZeroU32, time::Duration};

use domain::{account::AccountId, scope::RateGroup};
use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
    middleware::{StateInformationMiddleware, StateSnapshot},
    state::keyed::DefaultKeyedStateStore,
};
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// What an account may do in one group: so many calls in so much time, the rest comes back evenly (GCRA, as in ATM
/// traffic management).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Calls.
    pub calls: NonZeroU32,
    /// In how much time.
    pub per: Duration,
}

/// The calls that accounts have made of late. Exact, however many come at once.
pub struct RateLimits {
    groups: [(Limit, Limiter); RateGroup::ALL.len()],
}

type Limiter = RateLimiter<AccountId, DefaultKeyedStateStore<AccountId>, DefaultClock, StateInformationMiddleware>;

impl RateLimits {
    /// With the published limits, or an own number of calls in their time.
    #[must_use]
    pub fn new(calls: impl Fn(RateGroup) -> Option<NonZeroU32>) -> Self {
        let groups = RateGroup::ALL.map(|group| {
            let (published, seconds) = group.quota();
            let calls = calls(group).or(NonZeroU32::new(published)).unwrap_or(NonZeroU32::MIN);
            let limit = Limit { calls, per: Duration::from_secs(seconds.into()) };
            let quota =
                Quota::with_period(limit.per / calls.get()).unwrap_or(Quota::per_second(calls)).allow_burst(calls);
            (limit, RateLimiter::keyed(quota).with_middleware())
        });
        Self { groups }
    }

    /// Counts one more call of the account.
    ///
    /// # Errors
    /// Where there is none left; the call is not counted then.
    pub fn take(&self, account: AccountId, group: RateGroup) -> Result<Left, Left> {
        let index = RateGroup::ALL.iter().position(|one| *one == group).unwrap_or_default();
        let (limit, limiter) = &self.groups[index];
        match limiter.check_key(&account) {
            Ok(state) => Ok(Left::after(*limit, &state)),
            Err(until) => {
                let wait = until.wait_time_from(DefaultClock::default().now());
                Err(Left { limit: limit.calls.get(), remaining: 0, reset: whole_seconds(wait) })
            }
        }
    }
}

/// What is left to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    limit: u32,
    remaining: u32,
    /// Seconds until all calls have come back; where none is left, until the next one has.
    reset: u64,
}

impl Left {
    fn after(limit: Limit, state: &StateSnapshot) -> Self {
        let remaining = state.remaining_burst_capacity();
        let used = limit.calls.get().saturating_sub(remaining);
        Self { limit: limit.calls.get(), remaining, reset: whole_seconds(limit.per / limit.calls.get() * used) }
    }

    /// Adds the three `X-RateLimit` headers, and `Retry-After` where none is left.
    pub fn announce(self, exceeded: bool, headers: &mut HeaderMap) {
        headers.insert(HeaderName::from_static("x-ratelimit-limit"), self.limit.into());
        headers.insert(HeaderName::from_static("x-ratelimit-remaining"), self.remaining.into());
        headers.insert(HeaderName::from_static("x-ratelimit-reset"), self.reset.into());
        if exceeded {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(self.reset));
        }
    }
}

/// Rounded up: who waits so long has waited long enough.
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
    fn of_many_calls_at_once_exactly_as_many_pass_as_may() {
        let limits = Arc::new(RateLimits::new(|_| NonZeroU32::new(100)));
        let callers = (0..8).map(|_| {
            let limits = Arc::clone(&limits);
            thread::spawn(move || (0..50).filter(|_| limits.take(account(1), RateGroup::Default).is_ok()).count())
        });
        let passed: usize = callers.collect::<Vec<_>>().into_iter().map(|caller| caller.join().unwrap()).sum();
        assert_eq!(passed, 100); // the next one comes back after 36 seconds
        assert!(limits.take(account(2), RateGroup::Default).is_ok());
        assert!(limits.take(account(1), RateGroup::ReportExport).is_ok());
    }

    #[test]
    fn what_is_left_counts_down_and_says_when_it_is_back() {
        let limits = RateLimits::new(|_| NonZeroU32::new(2));
        let (first, second) =
            (limits.take(account(1), RateGroup::Default), limits.take(account(1), RateGroup::Default));
        assert_eq!(first, Ok(Left { limit: 2, remaining: 1, reset: 1800 }));
        assert_eq!(second, Ok(Left { limit: 2, remaining: 0, reset: 3600 }));
        let refused = limits.take(account(1), RateGroup::Default).unwrap_err();
        assert!((1799..=1800).contains(&refused.reset), "{refused:?}");
        let mut headers = HeaderMap::new();
        refused.announce(true, &mut headers);
        assert_eq!((headers["x-ratelimit-remaining"].as_bytes(), headers.len()), (&b"0"[..], 4));
    }

    #[test]
    fn without_a_number_of_one_s_own_the_published_ones_hold() {
        let left = RateLimits::new(|_| None).take(account(1), RateGroup::ReportExport).unwrap();
        assert_eq!((left.limit, left.remaining), (100, 99));
    }
}
