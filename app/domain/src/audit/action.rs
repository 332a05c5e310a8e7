//! The actions that the audit trail records, and the actors that perform them on tokens, users and accounts.

use crate::account::AccountId;
use crate::gate::access::Caller;
use crate::members::user::{CurrentUser, UserId};
use crate::tokens::secret::AccountSid;
use crate::tokens::token::TokenId;

use serde::{Deserialize, Serialize};
use std::str::FromStr;
use strum::{EnumString, IntoStaticStr, VariantArray};

/// An action. One that is no longer recorded keeps its name and its group here, for the entries that already have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[allow(missing_docs)] // named as the store's operations are
pub enum Action {
    TokenCreated,
    TokenDuplicated,
    TokenUpdated,
    TokenTrialBegun,
    TokenTrialDropped,
    TokenReset,
    TokenVersionUpgraded,
    TokenVersionReverted,
    TokenDisabled,
    TokenEnabled,
    TokenDeleted,
    TokenDeletionUndone,
    TokenViewed,
    OldAuthTokenStopped,
    OldAuthTokenUsed,
    ApiAccessEnabled,
    ApiAccessDisabled,
    AccountAdded,
    AuditTrailSealed,
    CompanyInformationUpdated,
    SecurityPolicyUpdated,
    PolicyTrialBegun,
    PolicyTrialDropped,
    AdvertisersImported,
    UserAdded,
    UserInvited,
    InvitationWithdrawn,
    InvitationAccepted,
    UserRoleChanged,
    UserDeactivated,
    UserReinstated,
    ProfileUpdated,
    PasswordChanged,
    PasswordLinkMade,
    PasswordLinkMailed,
    PasswordReset,
    SessionsEnded,
    SecondFactorSetUp,
    SecondFactorSwitchedOff,
    AuthenticatorRemoved,
    SecondStepFailed,
    SecondFactorRequired,
    SecondFactorNotRequired,
    RecoveryCodesRenewed,
    RecoveryCodeUsed,
    PasskeyAdded,
    PasskeyRemoved,
    IdentityLinked,
    IdentityUnlinked,
    SignInRefused,
    SignedIn,
    SignedOut,
}

impl Action {
    /// Returns the action's name as stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns the category of the action, as the trail's filter shows it.
    #[must_use]
    pub const fn group(self) -> ActionGroup {
        self.place().0
    }

    /// Returns the kind of the action, by which the trail keeps sign-ins apart.
    #[must_use]
    pub const fn kind(self) -> ActionKind {
        match self {
            Self::SecondStepFailed
            | Self::RecoveryCodeUsed
            | Self::SignInRefused
            | Self::SignedIn
            | Self::SignedOut => ActionKind::SignIns,
            _ => ActionKind::Changes,
        }
    }

    /// Returns whether the action is sent to open token lists.
    #[must_use]
    pub const fn is_live(self) -> bool {
        self.place().1
    }

    /// Returns the category of the action, and whether it is sent to open token lists.
    const fn place(self) -> (ActionGroup, bool) {
        match self {
            Self::TokenCreated
            | Self::TokenDuplicated
            | Self::TokenUpdated
            | Self::TokenReset
            | Self::TokenVersionUpgraded
            | Self::TokenVersionReverted
            | Self::TokenDisabled
            | Self::TokenEnabled
            | Self::TokenDeleted
            | Self::TokenDeletionUndone
            | Self::OldAuthTokenStopped => (ActionGroup::Tokens, true),
            Self::TokenViewed | Self::OldAuthTokenUsed | Self::TokenTrialBegun | Self::TokenTrialDropped => {
                (ActionGroup::Tokens, false)
            }
            Self::UserAdded
            | Self::UserInvited
            | Self::InvitationWithdrawn
            | Self::InvitationAccepted
            | Self::UserRoleChanged
            | Self::UserDeactivated
            | Self::UserReinstated
            | Self::ProfileUpdated => (ActionGroup::Users, false),
            Self::PasswordChanged
            | Self::PasswordLinkMade
            | Self::PasswordLinkMailed
            | Self::PasswordReset
            | Self::SessionsEnded
            | Self::SecondFactorSetUp
            | Self::SecondFactorSwitchedOff
            | Self::AuthenticatorRemoved
            | Self::SecondStepFailed
            | Self::RecoveryCodesRenewed
            | Self::RecoveryCodeUsed
            | Self::PasskeyAdded
            | Self::PasskeyRemoved
            | Self::IdentityLinked
            | Self::IdentityUnlinked
            | Self::SignInRefused
            | Self::SignedIn
            | Self::SignedOut => (ActionGroup::SignIn, false),
            Self::ApiAccessEnabled | Self::ApiAccessDisabled => (ActionGroup::Account, true),
            // The last two are settings of the account, not of one person's sign-in.
            Self::AccountAdded
            | Self::AuditTrailSealed
            | Self::CompanyInformationUpdated
            | Self::SecurityPolicyUpdated
            | Self::PolicyTrialBegun
            | Self::PolicyTrialDropped
            | Self::AdvertisersImported
            | Self::SecondFactorRequired
            | Self::SecondFactorNotRequired => (ActionGroup::Account, false),
        }
    }
}

/// The category of an action. Every action is in one group: see [`Action::group`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "kebab-case")]
#[allow(missing_docs)] // the interface's own words
pub enum ActionGroup {
    Tokens,
    Users,
    Account,
    SignIn,
}

impl ActionGroup {
    /// Every group, as the filter shows them.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.first_chunk().unwrap();

    /// Returns the group's name in a link.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns the group of the action of that name; [`Self::Account`] for an unknown action.
    #[must_use]
    pub fn of(action: &str) -> Self {
        action.parse().map_or(Self::Account, Action::group)
    }

    /// Returns the actions of this group.
    pub fn actions(self) -> impl Iterator<Item = Action> {
        Action::VARIANTS.iter().copied().filter(move |action| action.group() == self)
    }
}

/// The kind of an action: there are far more sign-ins than changes, and they are read for another reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "kebab-case")]
pub enum ActionKind {
    /// Changes, and whatever else is no part of signing in or out.
    Changes,
    /// Attempts to sign in, successful or not, and the ends of sessions by their users.
    SignIns,
}

impl ActionKind {
    /// Both kinds, as the trail shows them.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.first_chunk().unwrap();

    /// Returns the kind's name in a link.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A choice of actions: all of a group, or one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// All actions of the group.
    Group(ActionGroup),
    /// One action.
    Action(Action),
}

impl About {
    /// Returns the choice's name in a link. No action has the name of a group.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Group(group) => group.as_str(),
            Self::Action(action) => action.as_str(),
        }
    }

    /// Returns whether the action is among the chosen ones.
    #[must_use]
    pub fn includes(self, action: Action) -> bool {
        match self {
            Self::Group(group) => action.group() == group,
            Self::Action(chosen) => action == chosen,
        }
    }

    /// Returns whether the choice has actions of this kind.
    #[must_use]
    pub fn has(self, kind: ActionKind) -> bool {
        Action::VARIANTS.iter().any(|action| self.includes(*action) && action.kind() == kind)
    }
}

impl FromStr for About {
    type Err = strum::ParseError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        name.parse().map(Self::Group).or_else(|_| name.parse().map(Self::Action))
    }
}

/// The originator of a change in an account: a user on a page, or an integration with its own access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The account in which the change is made.
    pub account: AccountId,
    /// The user, if it is one.
    pub user: Option<UserId>,
    /// The Account SID of the access token used, if it is an integration.
    pub access_token: Option<AccountSid>,
    /// The id of that access token.
    pub token: Option<TokenId>,
}

impl From<&CurrentUser> for Actor {
    fn from(asker: &CurrentUser) -> Self {
        Self { account: asker.account, user: Some(asker.user.id), access_token: None, token: None }
    }
}

impl From<&Caller> for Actor {
    fn from(caller: &Caller) -> Self {
        Self { account: caller.account, user: None, access_token: Some(caller.sid.clone()), token: Some(caller.token) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn action_is_found_by_its_stored_name() {
        for action in Action::VARIANTS {
            assert_eq!(action.as_str().parse(), Ok(*action));
            assert_eq!(serde_json::to_value(action).unwrap(), action.as_str());
        }
        assert!("token_painted".parse::<Action>().is_err());
    }

    /// The names are stored: one that changes here is no longer found in the entries that have it.
    #[test]
    fn actions_and_groups_keep_their_names() {
        let names = "token_created token_duplicated token_updated token_trial_begun token_trial_dropped token_reset \
             token_version_upgraded token_version_reverted token_disabled token_enabled token_deleted \
             token_deletion_undone token_viewed old_auth_token_stopped old_auth_token_used \
             api_access_enabled api_access_disabled \
             account_added audit_trail_sealed company_information_updated security_policy_updated \
             policy_trial_begun policy_trial_dropped \
             advertisers_imported user_added user_invited invitation_withdrawn \
             invitation_accepted user_role_changed user_deactivated user_reinstated \
             profile_updated password_changed password_link_made password_link_mailed \
             password_reset sessions_ended second_factor_set_up second_factor_switched_off \
             authenticator_removed second_step_failed second_factor_required second_factor_not_required \
             recovery_codes_renewed recovery_code_used passkey_added passkey_removed \
             identity_linked identity_unlinked sign_in_refused signed_in \
             signed_out";
        assert_eq!(Action::VARIANTS.iter().map(<&str>::from).collect::<Vec<_>>(), names.split(' ').collect::<Vec<_>>());
        assert_eq!(ActionGroup::ALL.map(<&str>::from), ["tokens", "users", "account", "sign-in"]);
        assert_eq!(ActionKind::ALL.map(<&str>::from), ["changes", "sign-ins"]);
    }

    #[test]
    fn choice_of_actions_is_found_by_its_name_in_a_link() {
        let groups = ActionGroup::ALL.into_iter().map(About::Group);
        for about in groups.chain(Action::VARIANTS.iter().copied().map(About::Action)) {
            assert_eq!(about.as_str().parse(), Ok(about));
        }
        assert!("token_painted".parse::<About>().is_err());
    }

    #[test]
    fn changes_of_credentials_are_no_sign_ins() {
        let sign_ins = Action::VARIANTS.iter().filter(|action| action.kind() == ActionKind::SignIns);
        let names = "second_step_failed recovery_code_used sign_in_refused signed_in signed_out";
        assert_eq!(sign_ins.map(<&str>::from).collect::<Vec<_>>(), names.split(' ').collect::<Vec<_>>());
        let has = |about: About| ActionKind::ALL.map(|kind| about.has(kind));
        assert_eq!(has(About::Group(ActionGroup::SignIn)), [true, true]);
        assert_eq!(has(About::Group(ActionGroup::Tokens)), [true, false]);
        assert_eq!(has(About::Action(Action::SignedIn)), [false, true]);
    }

    #[test]
    fn group_follows_the_subject_of_an_action() {
        let group = |name: &str| name.parse::<Action>().unwrap().group();
        assert_eq!(["passkey_added", "passkey_removed", "authenticator_removed"].map(group), [ActionGroup::SignIn; 3]);
        assert_eq!(["second_factor_required", "second_factor_not_required"].map(group), [ActionGroup::Account; 2]);
        assert_eq!(group("second_step_failed"), ActionGroup::SignIn);
    }

    #[test]
    fn token_lists_hear_of_changes_that_they_show() {
        let live = Action::VARIANTS.iter().filter(|action| action.is_live());
        let names = "token_created token_duplicated token_updated token_reset token_version_upgraded \
             token_version_reverted token_disabled token_enabled token_deleted token_deletion_undone old_auth_token_stopped api_access_enabled \
             api_access_disabled";
        assert_eq!(live.map(<&str>::from).collect::<Vec<_>>(), names.split(' ').collect::<Vec<_>>());
    }
}
