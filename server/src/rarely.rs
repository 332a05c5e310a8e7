//! Limits how often a message is logged, however often there is cause, so that clients can't fill the log.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// A limit on how often a message is logged.
#[derive(Debug)]
pub struct Rarely {
    every: Duration,
    last: Mutex<Option<Instant>>,
}

impl Rarely {
    /// Returns a limit that allows a message at once, and then again each time this long has passed.
    #[must_use]
    pub const fn new(every: Duration) -> Self {
        Self { every, last: Mutex::new(None) }
    }

    /// Returns whether a message is due now; if so, it counts as logged.
    pub fn is_due(&self) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|last| last.elapsed() >= self.every);
        if due {
            *last = Some(Instant::now());
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_is_due_at_once_and_then_after_a_pause() {
        let rarely = Rarely::new(Duration::from_hours(1));
        assert_eq!([rarely.is_due(), rarely.is_due(), rarely.is_due()], [true, false, false]);
        let always = Rarely::new(Duration::ZERO);
        assert_eq!([always.is_due(), always.is_due()], [true, true]);
    }
}
