//! A change that is tried out before it is made: noted, but not enforced. Calls that it would refuse pass as before, and
//! are listed, until a person decides, or until a week was silent.

use crate::gate::address_range::AddressRange;
use crate::members::user::UserId;
use crate::tokens::recent_call::RecentCall;
use crate::tokens::scope::Scopes;
use crate::tokens::token::TokenId;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The time for which calls that a change would refuse are listed. A change that refused none of them by then can be made
/// by itself.
pub const LASTS: TimeDelta = TimeDelta::days(7);

/// A change that is tried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tried {
    /// A token loses scopes.
    Scopes {
        /// The token.
        token: TokenId,
        /// Its name.
        name: String,
        /// The scopes that it has and would lose.
        lost: Scopes,
    },
    /// The account allows calls from these addresses only; from all if empty.
    Addresses(Vec<AddressRange>),
}

/// A call that passed, and that the change would have refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedCall {
    /// The token that it came with.
    pub token: TokenId,
    /// That token's name.
    pub name: String,
    /// The call.
    pub call: RecentCall,
}

/// A change that is tried out, and the calls that it would have refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// The change.
    pub tried: Tried,
    /// When it was begun. In messages: microseconds since the Unix epoch, UTC.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub started_at: DateTime<Utc>,
    /// The user who has begun it.
    pub started_by: UserId,
    /// Whether the change is made by itself if a week was silent.
    pub enforce_when_silent: bool,
    /// The last calls that the change would have refused since then, at most [`LASTS`] long and at most as many as a list
    /// of last calls has.
    pub refused: Vec<ListedCall>,
    /// Whether it is certain that the change would have refused no call since then.
    pub silent: bool,
}

impl Trial {
    /// Returns the token that would change; `None` if it is the account.
    #[must_use]
    pub fn token(&self) -> Option<TokenId> {
        match &self.tried {
            Tried::Scopes { token, .. } => Some(*token),
            Tried::Addresses(_) => None,
        }
    }

    /// Returns when the trial is over.
    #[must_use]
    pub fn ends_at(&self) -> DateTime<Utc> {
        self.started_at + LASTS
    }

    /// Returns whether the change is to be made by itself: this was chosen, the trial is over, and no call would have been
    /// refused.
    #[must_use]
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.enforce_when_silent && self.silent && now >= self.ends_at()
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
            tried: Tried::Addresses(Vec::new()),
            started_at: begun,
            started_by: UserId(Uuid::nil()),
            enforce_when_silent: true,
            refused: Vec::new(),
            silent: true,
        };
        assert!(trial.is_due(begun + LASTS) && !trial.is_due(begun + LASTS - TimeDelta::microseconds(1)));
        assert!(!Trial { enforce_when_silent: false, ..trial.clone() }.is_due(begun + LASTS));
        assert!(!Trial { silent: false, ..trial }.is_due(begun + LASTS));
    }
}
