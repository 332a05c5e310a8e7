//! Rate limits: the calls that an account may make in a period, per group of operations.

use std::{
    num::NonZeroU32,
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use domain::{
    account::AccountId,
    gate::gcra::{Quota, Taken},
    tokens::scope::RateGroup,
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use store::{Counted, Store};

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// The recent calls of accounts. Exact, however many come at once.
pub struct RateLimits {
    /// The store that counts for all nodes, if there can be several.
    together: Option<Store>,
    /// The limit of each group, with the calls that are counted on this node alone.
    groups: [(Quota, Counts); RateGroup::ALL.len()],
}

/// When all calls of each account have come back, in nanoseconds since a start. A known account is found without a lock.
struct Counts {
    start: Instant,
    back_at: papaya::HashMap<AccountId, AtomicU64>,
}

impl Counts {
    fn new() -> Self {
        Self { start: Instant::now(), back_at: papaya::HashMap::new() }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX) // in 584 years
    }

    /// Takes one call of the account.
    fn take(&self, account: AccountId, quota: Quota) -> Taken {
        let back_at = self.back_at.pin();
        let back_at = back_at.get_or_insert_with(account, AtomicU64::default);
        let now = self.now();
        let take = |before: u64| quota.take(before.saturating_sub(now));
        let before = back_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |before| {
            let taken = take(before);
            taken.passed.then_some(now + taken.back_in)
        });
        take(before.unwrap_or_else(|refused| refused))
    }

    /// Returns the time until all calls of the account have come back, in nanoseconds.
    fn back_in(&self, account: AccountId) -> u64 {
        let back_at = self.back_at.pin().get(&account).map_or(0, |back_at| back_at.load(Ordering::Relaxed));
        back_at.saturating_sub(self.now())
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
            (Quota::new(calls, seconds), Counts::new())
        });
        Self { together: None, groups }
    }

    /// Counts one more call of the account, unless it is one too many.
    ///
    /// # Errors
    /// Those of the store, which counts for all nodes.
    pub async fn take(&self, account: AccountId, group: RateGroup) -> Result<Left, store::Error> {
        let Some(store) = &self.together else { return Ok(self.take_alone(account, group)) };
        let quota = self.of_group(group).0;
        let taken = store.gate().take_call(Counted { account, group, quota }).await?;
        Ok(Left::after(quota, taken))
    }

    /// Counts one more call of the account on this node alone.
    fn take_alone(&self, account: AccountId, group: RateGroup) -> Left {
        let (quota, counts) = self.of_group(group);
        Left::after(*quota, counts.take(account, *quota))
    }

    /// Returns the calls left to the account. Counts nothing.
    ///
    /// # Errors
    /// Those of the store, which counts for all nodes.
    pub async fn left(&self, account: AccountId, group: RateGroup) -> Result<Left, store::Error> {
        let (quota, counts) = self.of_group(group);
        let back_in = match &self.together {
            Some(store) => store.gate().calls_back_in(Counted { account, group, quota: *quota }).await?,
            None => counts.back_in(account),
        };
        Ok(Left { quota: *quota, back_in, exceeded: false })
    }

    fn of_group(&self, group: RateGroup) -> &(Quota, Counts) {
        &self.groups[group as usize]
    }
}

/// The calls left to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    quota: Quota,
    /// Nanoseconds until all calls have come back.
    back_in: u64,
    /// Whether the call was one too many. It was not counted then.
    pub exceeded: bool,
}

impl Left {
    /// Returns the calls left after one was taken, or was one too many.
    fn after(quota: Quota, taken: Taken) -> Self {
        Self { quota, back_in: taken.back_in, exceeded: !taken.passed }
    }

    /// Returns the limit, the calls left and the seconds until reset, as the headers contain them. Reset is when all
    /// calls have come back or, if none is left, when the next one has.
    #[must_use]
    pub fn numbers(self) -> (u32, u32, u64) {
        let remaining = if self.exceeded { 0 } else { self.quota.left(self.back_in) };
        let reset = if remaining == 0 { self.quota.wait(self.back_in) } else { self.back_in };
        // A refused call can't be repeated at once, even if one has come back since.
        let reset = reset.max(self.exceeded.into());
        // Rounded up, so that a client that waits this long has waited long enough.
        (self.quota.calls(), remaining, reset.div_ceil(1_000_000_000))
    }

    /// Adds the three `X-RateLimit` headers, and `Retry-After` if the call was one too many.
    pub fn announce(self, headers: &mut HeaderMap) {
        let (calls, remaining, reset) = self.numbers();
        headers.insert(LIMIT, calls.into());
        headers.insert(REMAINING, remaining.into());
        headers.insert(RESET, reset.into());
        if self.exceeded {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(reset));
        }
    }
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
                (0..50).filter(|_| !limits.take_alone(account(1), RateGroup::Default).exceeded).count()
            })
        });
        let passed: usize = callers.collect::<Vec<_>>().into_iter().map(|caller| caller.join().unwrap()).sum();
        assert_eq!(passed, 100); // the next one comes back after 36 seconds
        assert!(!limits.take_alone(account(2), RateGroup::Default).exceeded);
        assert!(!limits.take_alone(account(1), RateGroup::ReportExport).exceeded);
    }

    #[test]
    fn remaining_calls_count_down_with_seconds_until_reset() {
        let limits = RateLimits::new(|_| NonZeroU32::new(2));
        let (first, second) =
            (limits.take_alone(account(1), RateGroup::Default), limits.take_alone(account(1), RateGroup::Default));
        assert_eq!((first.numbers(), first.exceeded), ((2, 1, 1800), false));
        assert_eq!((second.numbers(), second.exceeded), ((2, 0, 1800), false));
        let refused = limits.take_alone(account(1), RateGroup::Default);
        assert!(refused.exceeded);
        assert!((1799..=1800).contains(&refused.numbers().2), "{refused:?}");
        let mut headers = HeaderMap::new();
        refused.announce(&mut headers);
        assert_eq!((headers["x-ratelimit-remaining"].as_bytes(), headers.len()), (&b"0"[..], 4));
    }

    #[test]
    fn published_limits_hold_by_default() {
        let left = RateLimits::new(|_| None).take_alone(account(1), RateGroup::ReportExport);
        assert_eq!((left.numbers().0, left.numbers().1), (100, 99));
    }

    #[test]
    fn time_until_all_are_back_gives_remaining_calls_and_reset() {
        let quota = Quota::new(NonZeroU32::new(4).unwrap(), 400);
        let known = |seconds: u64| {
            let (_, remaining, reset) = Left { quota, back_in: seconds * 1_000_000_000, exceeded: false }.numbers();
            (remaining, reset)
        };
        assert_eq!([0, 100, 250, 300].map(known), [(4, 0), (3, 100), (1, 250), (1, 300)]);
        assert_eq!([301, 330, 400].map(known), [(0, 1), (0, 30), (0, 100)]);
    }

    #[tokio::test]
    async fn reading_remaining_calls_counts_none() {
        let limits = RateLimits::new(|_| NonZeroU32::new(2));
        let left = async || limits.left(account(1), RateGroup::Default).await.unwrap();
        let remaining = async || left().await.numbers().1;
        assert_eq!((remaining().await, remaining().await, left().await.numbers().2), (2, 2, 0));
        for expected in [1, 0] {
            assert!(!limits.take_alone(account(1), RateGroup::Default).exceeded);
            assert_eq!((remaining().await, left().await.exceeded), (expected, false));
        }
        assert!(limits.take_alone(account(1), RateGroup::Default).exceeded);
        let mut headers = HeaderMap::new();
        left().await.announce(&mut headers);
        assert_eq!((headers["x-ratelimit-remaining"].as_bytes(), headers.len()), (&b"0"[..], 3));
    }
}
