//! Replacing a forgotten password: how long a link is valid, and how it may reach the person.

use crate::members::membership::{Member, MembershipState};
use crate::members::user;
use crate::refusal::Refusal;
use crate::text::Problem;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The time for which a link to set a new password is valid.
pub const RESET_LIFETIME: TimeDelta = TimeDelta::hours(1);
/// Most unused and unexpired links that a person can have requested by mail. Further requests send nothing, so that
/// repeated requests with somebody else's address don't fill that mailbox.
pub const RESETS_ASKED_MAX: i64 = 3;

/// How a link to set a new password reaches the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handover {
    /// By mail to the address that the person signs in with. The administrator who makes the link does not see it.
    Mail,
    /// By the administrator, who sees it.
    ByHand,
}

/// Checks whether an administrator may make a link for a member of their account and hand it over in this way.
///
/// A person's password opens all of their accounts, and every reader of the link can use it. So an administrator of one
/// account may see the link only if the person is a member, active or deactivated, of no other account: otherwise the
/// administrator could enter the other account with the person's role there. By mail, the link reaches only the person.
///
/// # Errors
/// [`Refusal::Deactivated`], [`Refusal::BelongsElsewhere`].
pub fn may_make_link(member: &Member, belongs_elsewhere: bool, handover: Handover) -> Result<(), Refusal> {
    match (member.state, handover) {
        (MembershipState::Deactivated, _) => Err(Refusal::Deactivated),
        (MembershipState::Active, Handover::ByHand) if belongs_elsewhere => Err(Refusal::BelongsElsewhere),
        (MembershipState::Active, _) => Ok(()),
    }
}

/// The form in which a person sets a new password.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPasswordForm {
    /// The new password.
    pub password: String,
}

impl NewPasswordForm {
    /// Checks the new password of the person with this e-mail address by the rules for every password.
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
