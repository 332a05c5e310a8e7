//! The one clock, which tests and demo data can set.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use uuid::{NoContext, Timestamp, Uuid};

/// Tells the time, in whole microseconds (what the database keeps). Clones of a fixed clock move together.
#[derive(Debug, Clone)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still until it is moved.
    #[must_use]
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Self(Some(Arc::new(AtomicI64::new(at.timestamp_micros()))))
    }

    /// Moves a fixed clock, and all its clones. The machine's clock is nobody's to move.
    pub fn advance(&self, by: TimeDelta) {
        if let (Self(Some(fixed)), Some(micros)) = (self, by.num_microseconds()) {
            fixed.fetch_add(micros, Ordering::Relaxed);
        }
    }

    /// The time now, in whole microseconds.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "this is the clock")]
            None => Utc::now().trunc_subsecs(6),
            Some(fixed) => DateTime::from_timestamp_micros(fixed.load(Ordering::Relaxed)).unwrap_or_default(),
        }
    }
}

/// By how much clocks may differ: those of several servers, or one before and after it was set.
pub(crate) const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(1);

/// Between which times, in microseconds, something was done that counts for that long: after the first and not after the
/// second.
///
/// This is the one rule for times that the database keeps. Later than the second is what a clock has written that was
/// ahead and has been set right since. What such an entry allows (a session, a link) is over, and what it forbids (a wait
/// after failures) is forgotten: else either would last until that time comes.
pub(crate) fn counted(lasting: TimeDelta, now: DateTime<Utc>) -> (i64, i64) {
    ((now - lasting).timestamp_micros(), latest(now))
}

/// The latest time, in microseconds, that may have been written down by now; see [`counted`].
pub(crate) fn latest(now: DateTime<Utc>) -> i64 {
    (now + CLOCK_SKEW).timestamp_micros()
}

/// A new id (`UUIDv7`) of something that began then.
pub(crate) fn id_at(at: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(at.timestamp()).unwrap_or_default();
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, at.timestamp_subsec_nanos()))
}
