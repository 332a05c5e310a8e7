//! The generic cell rate algorithm (GCRA, ITU-T I.371): a number of calls at once, which come back evenly.
//!
//! One number is kept of each account: the time until all of its calls have come back. Times are nanoseconds, as limits
//! go up to billions of calls an hour.

use std::num::NonZeroU32;

/// A limit: this many calls at once, of which one comes back each so many nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    calls: NonZeroU32,
    every: u64,
}

/// The result of taking one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Whether the call passes. One that doesn't is not counted.
    pub passed: bool,
    /// The time until all calls have come back.
    pub back_in: u64,
}

impl Quota {
    /// Returns the limit of this many calls in so many seconds.
    #[must_use]
    pub fn new(calls: NonZeroU32, seconds: u32) -> Self {
        Self { calls, every: (u64::from(seconds) * 1_000_000_000 / u64::from(calls.get())).max(1) }
    }

    /// Returns the number of calls that can be made at once.
    #[must_use]
    pub const fn calls(self) -> u32 {
        self.calls.get()
    }

    /// Returns the time until one call comes back.
    #[must_use]
    pub const fn every(self) -> u64 {
        self.every
    }

    /// Returns the time until all calls come back, if all were just made.
    #[must_use]
    pub fn all(self) -> u64 {
        self.every * u64::from(self.calls())
    }

    /// Takes one call, if all are back in `back_in`.
    #[must_use]
    pub fn take(self, back_in: u64) -> Taken {
        let after = back_in + self.every;
        let passed = after <= self.all();
        Taken { passed, back_in: if passed { after } else { back_in } }
    }

    /// Returns the number of calls that can be made now, if all are back in `back_in`.
    #[must_use]
    pub fn left(self, back_in: u64) -> u32 {
        let used = u32::try_from(back_in.div_ceil(self.every)).unwrap_or(u32::MAX);
        self.calls().saturating_sub(used)
    }

    /// Returns the time until the next call can be made, if all are back in `back_in`.
    #[must_use]
    pub fn wait(self, back_in: u64) -> u64 {
        (back_in + self.every).saturating_sub(self.all())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quota(calls: u32, seconds: u32) -> Quota {
        Quota::new(NonZeroU32::new(calls).unwrap(), seconds)
    }

    #[test]
    fn times_are_exact_from_one_a_day_to_billions_an_hour() {
        for (quota, every) in [(quota(1, 86_400), 86_400_000_000_000), (quota(4_000_000_000, 3_600), 900)] {
            assert_eq!((quota.every(), quota.all()), (every, every * u64::from(quota.calls())));
        }
        assert_eq!(quota(u32::MAX, 1).every(), 1, "never nothing, which would refuse no call");
    }

    #[test]
    fn calls_pass_until_none_is_left() {
        let quota = quota(2, 100);
        let second = 1_000_000_000;
        let (first, refused) = (quota.take(0), quota.take(51 * second));
        assert_eq!((first, quota.left(first.back_in)), (Taken { passed: true, back_in: 50 * second }, 1));
        assert_eq!(quota.take(50 * second), Taken { passed: true, back_in: 100 * second });
        assert_eq!(refused, Taken { passed: false, back_in: 51 * second });
        assert_eq!((quota.left(51 * second), quota.wait(51 * second), quota.wait(50 * second)), (0, second, 0));
    }

    proptest! {
        #[test]
        fn no_more_calls_pass_than_have_come_back(
            calls in 1..60_u32, seconds in 1..10_000_u32, waits in proptest::collection::vec(0..2_000_000_000_u64, 1..200),
        ) {
            let quota = quota(calls, seconds);
            let (mut back_in, mut passed, mut elapsed) = (0_u64, 0, 0);
            for wait in waits {
                (back_in, elapsed) = (back_in.saturating_sub(wait), elapsed + wait);
                let left = quota.left(back_in);
                let taken = quota.take(back_in);
                prop_assert_eq!(taken.passed, left > 0);
                prop_assert_eq!(quota.left(taken.back_in), left.saturating_sub(1));
                passed += u64::from(taken.passed);
                prop_assert!(passed <= u64::from(calls) + elapsed / quota.every());
                back_in = taken.back_in;
            }
            prop_assert!(back_in <= quota.all());
        }

        #[test]
        fn next_call_passes_after_the_wait_and_not_before(
            calls in 1..=u32::MAX, seconds in 1..86_400_u32, part in 0..=1_000_u64,
        ) {
            let quota = quota(calls, seconds);
            let back_in = quota.all() * part / 1_000;
            let wait = quota.wait(back_in);
            prop_assert!(quota.take(back_in - wait).passed);
            prop_assert!(wait == 0 || !quota.take(back_in - wait + 1).passed);
        }
    }
}
