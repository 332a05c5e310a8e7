//! What is said at most once in a while, however often there is cause: a line of the log that others could fill it with.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Lets something be said once in a while.
#[derive(Debug)]
pub struct Rarely {
    every: Duration,
    last: Mutex<Option<Instant>>,
}

impl Rarely {
    /// Returns one that lets it be said at once, and then again each time this long has passed.
    #[must_use]
    pub const fn new(every: Duration) -> Self {
        Self { every, last: Mutex::new(None) }
    }

    /// Whether it may be said now; if so, it counts as said.
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
    fn it_is_said_at_once_and_then_once_in_a_while() {
        let rarely = Rarely::new(Duration::from_hours(1));
        assert_eq!([rarely.is_due(), rarely.is_due(), rarely.is_due()], [true, false, false]);
        let always = Rarely::new(Duration::ZERO);
        assert_eq!([always.is_due(), always.is_due()], [true, true]);
    }
}
