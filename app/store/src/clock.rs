//! The clock, which tests and demo data can set.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use uuid::{NoContext, Timestamp, Uuid};

/// A clock that counts whole microseconds (as the database keeps them). Clones of a fixed clock move together.
#[derive(Debug, Clone)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// Returns the machine's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(None)
    }

    /// Returns a clock that stands still until it is moved.
    #[must_use]
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Self(Some(Arc::new(AtomicI64::new(at.timestamp_micros()))))
    }

    /// Moves a fixed clock and all its clones. Has no effect on the machine's clock.
    pub fn advance(&self, by: TimeDelta) {
        if let (Self(Some(fixed)), Some(micros)) = (self, by.num_microseconds()) {
            fixed.fetch_add(micros, Ordering::Relaxed);
        }
    }

    /// Returns the current time, in whole microseconds.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "this is the clock")]
            None => Utc::now().trunc_subsecs(6),
            Some(fixed) => DateTime::from_timestamp_micros(fixed.load(Ordering::Relaxed)).unwrap_or_default(),
        }
    }
}

/// The most by which clocks may differ: those of several servers, or one clock before and after it was set.
pub(crate) const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(1);

/// Returns the times, in microseconds since the Unix epoch, between which something must have been done to count for
/// this long: after the first and not after the second.
///
/// This is the one rule for times that the database keeps. A time after the second was stored by a clock that was ahead
/// and has been set right since. Such an entry no longer allows anything (a session, a link) and no longer forbids
/// anything (a wait after failures): otherwise it would do so until that time comes.
pub(crate) fn counted(lasting: TimeDelta, now: DateTime<Utc>) -> (i64, i64) {
    ((now - lasting).timestamp_micros(), latest(now))
}

/// Returns the latest time, in microseconds since the Unix epoch, that may have been stored by now; see [`counted`].
pub(crate) fn latest(now: DateTime<Utc>) -> i64 {
    (now + CLOCK_SKEW).timestamp_micros()
}

/// Returns a new id (`UUIDv7`) of something that began at this time.
pub(crate) fn id_at(at: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(at.timestamp()).unwrap_or_default();
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, at.timestamp_subsec_nanos()))
}
