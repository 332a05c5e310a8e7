//! A number of calls, divided into those that succeeded and those that failed.

use serde::{Deserialize, Serialize};

/// The calls of a period or of a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The calls that were answered as they asked.
    pub succeeded: u64,
    /// The calls that were refused, or that failed.
    pub failed: u64,
}

impl Tally {
    /// Returns the number of all calls.
    #[must_use]
    pub const fn total(self) -> u64 {
        self.succeeded.saturating_add(self.failed)
    }

    /// Returns the calls of both.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            succeeded: self.succeeded.saturating_add(other.succeeded),
            failed: self.failed.saturating_add(other.failed),
        }
    }

    /// Returns the calls of all of them.
    #[must_use]
    pub fn sum(tallies: impl IntoIterator<Item = Self>) -> Self {
        tallies.into_iter().fold(Self::default(), Self::plus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sum_has_the_calls_of_all_and_does_not_overflow() {
        let one = Tally { succeeded: 3, failed: 1 };
        assert_eq!(Tally::sum([one, one]), Tally { succeeded: 6, failed: 2 });
        assert_eq!(Tally::sum([one, one]).total(), 8);
        assert_eq!(Tally::sum([]), Tally::default());
        let most = Tally { succeeded: u64::MAX, failed: u64::MAX };
        assert_eq!((most.plus(one), most.total()), (most, u64::MAX));
    }
}
