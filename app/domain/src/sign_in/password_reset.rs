//! Setting a new password after the old one is forgotten: how long a link is good for, and how it may reach the person.

use crate::members::membership::{Member, MembershipState};
use crate::members::user;
use crate::text::Problem;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How long a link to set a new password is good for.
pub const RESET_LIFETIME: TimeDelta = TimeDelta::hours(1);
/// Most links that a person can have asked for by mail and not used or let expire. Further requests send nothing: who
/// types somebody else's address again and again fills nobody's mailbox.
pub const RESETS_ASKED_MAX: i64 = 3;

/// How a link to set a new password gets to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handover {
    /// By mail to the address that the person signs in with. The administrator who makes the link does not see it.
    Mail,
    /// By the administrator, who sees it.
    ByHand,
}

/// Why an administrator can't make a link for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// They may not work in the account, so a password is of no use to them.
    #[error("the user is deactivated; reinstate them first")]
    Deactivated,
    /// They belong to other accounts, too.
    #[error("the user belongs to other accounts too; only mail or the command line can reset their password")]
    BelongsElsewhere,
}

/// Whether an administrator may make a link for a member of their account and hand it over in that way.
///
/// A password opens all accounts of a person. Whoever sees the link can use it, so an administrator of one account may
/// see the link of those only who belong to no other account (deactivated there or not): otherwise they could enter the
/// other account with whatever role the person has there. By mail the link reaches nobody but the person.
///
/// # Errors
/// [`Refusal`].
pub fn may_make_link(member: &Member, belongs_elsewhere: bool, handover: Handover) -> Result<(), Refusal> {
    match (member.state, handover) {
        (MembershipState::Deactivated, _) => Err(Refusal::Deactivated),
        (MembershipState::Active, Handover::ByHand) if belongs_elsewhere => Err(Refusal::BelongsElsewhere),
        (MembershipState::Active, _) => Ok(()),
    }
}

/// The form on which a person sets a new password.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPasswordForm {
    /// The new password.
    pub password: String,
}

impl NewPasswordForm {
    /// Checks the new password of the person with that e-mail address, by the rules for every password.
    ///
    /// # Errors
    /// As [`user::password`].
    pub fn validate(&self, email: &str) -> Result<(), Problem> {
        user::password(&self.password, email)
    }
}

impl fmt::Debug for NewPasswordForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPasswordForm(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::members::role::Role;
    use crate::members::user::{Person, UserId};
    use uuid::Uuid;

    fn member(state: MembershipState) -> Member {
        let person = Person { id: UserId(Uuid::nil()), name: "Ben".to_owned(), email: "ben@agency.example".to_owned() };
        Member { person, role: Role::Analyst, state, last_seen_at: None }
    }

    #[test]
    fn link_is_shown_only_for_members_of_one_account() {
        let active = member(MembershipState::Active);
        assert_eq!(may_make_link(&active, false, Handover::ByHand), Ok(()));
        assert_eq!(may_make_link(&active, false, Handover::Mail), Ok(()));
        assert_eq!(may_make_link(&active, true, Handover::Mail), Ok(()));
        assert_eq!(may_make_link(&active, true, Handover::ByHand), Err(Refusal::BelongsElsewhere));
        for (elsewhere, handover) in [(false, Handover::ByHand), (true, Handover::Mail)] {
            let deactivated = member(MembershipState::Deactivated);
            assert_eq!(may_make_link(&deactivated, elsewhere, handover), Err(Refusal::Deactivated));
        }
    }

    #[test]
    fn new_password_obeys_the_rules_for_every_password() {
        let form = |password: &str| NewPasswordForm { password: password.to_owned() };
        assert_eq!(form("three paper lanterns").validate("ben@agency.example"), Ok(()));
        assert_eq!(form("short").validate("ben@agency.example"), Err(Problem::TooShort { min: user::PASSWORD_MIN }));
        assert_eq!(form("BEN@agency.example").validate("ben@agency.example"), Err(Problem::EasyToGuess));
        assert!(!format!("{:?}", form("three paper lanterns")).contains("paper"));
    }
}
