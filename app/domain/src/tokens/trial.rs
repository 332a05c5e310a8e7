//! A change that is tried out before it is made: noted, but not enforced. Calls that it would refuse pass as before, and
//! are listed, until a person decides, or until a week was silent.

use crate::members::user::UserId;
use crate::tokens::recent_call::RecentCalls;
use crate::tokens::scope::Scopes;
use crate::tokens::token::TokenId;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The time for which calls that a change would refuse are listed. A change that refused none of them by then can be made
/// by itself.
pub const LASTS: TimeDelta = TimeDelta::days(7);

/// A change of a token's scopes that is tried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// The token.
    pub token: TokenId,
    /// Its name.
    pub name: String,
    /// The scopes that it would have.
    pub scopes: Scopes,
    /// The scopes that it has and would lose.
    pub lost: Scopes,
    /// When it was begun. In messages: microseconds since the Unix epoch, UTC.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub started_at: DateTime<Utc>,
    /// Who has begun it.
    pub started_by: UserId,
    /// Whether the change is made by itself if a week was silent.
    pub enforce_when_silent: bool,
    /// The last calls that the change would have refused since then, at most [`LASTS`] long.
    pub refused: RecentCalls,
}

impl Trial {
    /// Returns when the trial is over.
    #[must_use]
    pub fn ends_at(&self) -> DateTime<Utc> {
        self.started_at + LASTS
    }

    /// Returns whether the change is to be made by itself: this was chosen, the trial is over, and no call would have been
    /// refused as far as all were looked through.
    #[must_use]
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.enforce_when_silent && now >= self.ends_at() && self.refused.calls.is_empty() && !self.refused.is_cut
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn change_is_made_by_itself_after_a_silent_week_only() {
        let begun = DateTime::UNIX_EPOCH;
        let trial = Trial {
            token: TokenId(Uuid::nil()),
            name: "Export".to_owned(),
            scopes: Scopes::default(),
            lost: Scopes::default(),
            started_at: begun,
            started_by: UserId(Uuid::nil()),
            enforce_when_silent: true,
            refused: RecentCalls::default(),
        };
        assert!(trial.is_due(begun + LASTS) && !trial.is_due(begun + LASTS - TimeDelta::microseconds(1)));
        assert!(!Trial { enforce_when_silent: false, ..trial.clone() }.is_due(begun + LASTS));
        let cut = RecentCalls { calls: Vec::new(), is_cut: true };
        assert!(!Trial { refused: cut, ..trial }.is_due(begun + LASTS));
    }
}
