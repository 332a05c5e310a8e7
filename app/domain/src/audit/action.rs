//! The actions that the audit trail records, and the actors that perform them on tokens, users and accounts.

use crate::account::AccountId;
use crate::gate::access::Caller;
use crate::members::user::{CurrentUser, UserId};
use crate::tokens::secret::AccountSid;
use crate::tokens::token::TokenId;

use serde::de::value::{self, StrDeserializer};
use serde::{Deserialize, Serialize};
use strum::VariantArray as _;

/// An action. One that is no longer recorded keeps its name and its group here, for the entries that already have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // named as the store's operations are
pub enum Action {
    TokenCreated,
    TokenDuplicated,
    TokenUpdated,
    TokenReset,
    TokenVersionUpgraded,
    TokenDisabled,
    TokenEnabled,
    TokenDeleted,
    TokenDeletionUndone,
    TokenViewed,
    ApiAccessEnabled,
    ApiAccessDisabled,
    AccountAdded,
    AuditTrailSealed,
    CompanyInformationUpdated,
    SecurityPolicyUpdated,
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
    /// Returns the action of that name, if there (still) is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::deserialize(StrDeserializer::<value::Error>::new(name)).ok()
    }

    /// Returns the action's name as stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TokenCreated => "token_created",
            Self::TokenDuplicated => "token_duplicated",
            Self::TokenUpdated => "token_updated",
            Self::TokenReset => "token_reset",
            Self::TokenVersionUpgraded => "token_version_upgraded",
            Self::TokenDisabled => "token_disabled",
            Self::TokenEnabled => "token_enabled",
            Self::TokenDeleted => "token_deleted",
            Self::TokenDeletionUndone => "token_deletion_undone",
            Self::TokenViewed => "token_viewed",
            Self::ApiAccessEnabled => "api_access_enabled",
            Self::ApiAccessDisabled => "api_access_disabled",
            Self::AccountAdded => "account_added",
            Self::AuditTrailSealed => "audit_trail_sealed",
            Self::CompanyInformationUpdated => "company_information_updated",
            Self::SecurityPolicyUpdated => "security_policy_updated",
            Self::AdvertisersImported => "advertisers_imported",
            Self::UserAdded => "user_added",
            Self::UserInvited => "user_invited",
            Self::InvitationWithdrawn => "invitation_withdrawn",
            Self::InvitationAccepted => "invitation_accepted",
            Self::UserRoleChanged => "user_role_changed",
            Self::UserDeactivated => "user_deactivated",
            Self::UserReinstated => "user_reinstated",
            Self::ProfileUpdated => "profile_updated",
            Self::PasswordChanged => "password_changed",
            Self::PasswordLinkMade => "password_link_made",
            Self::PasswordLinkMailed => "password_link_mailed",
            Self::PasswordReset => "password_reset",
            Self::SessionsEnded => "sessions_ended",
            Self::SecondFactorSetUp => "second_factor_set_up",
            Self::SecondFactorSwitchedOff => "second_factor_switched_off",
            Self::AuthenticatorRemoved => "authenticator_removed",
            Self::SecondStepFailed => "second_step_failed",
            Self::SecondFactorRequired => "second_factor_required",
            Self::SecondFactorNotRequired => "second_factor_not_required",
            Self::RecoveryCodesRenewed => "recovery_codes_renewed",
            Self::RecoveryCodeUsed => "recovery_code_used",
            Self::PasskeyAdded => "passkey_added",
            Self::PasskeyRemoved => "passkey_removed",
            Self::IdentityLinked => "identity_linked",
            Self::IdentityUnlinked => "identity_unlinked",
            Self::SignInRefused => "sign_in_refused",
            Self::SignedIn => "signed_in",
            Self::SignedOut => "signed_out",
        }
    }
}

impl Action {
    /// Returns the category of the action, as the trail's filter shows it.
    #[must_use]
    pub const fn group(self) -> ActionGroup {
        match self {
            Self::TokenCreated
            | Self::TokenDuplicated
            | Self::TokenUpdated
            | Self::TokenReset
            | Self::TokenVersionUpgraded
            | Self::TokenDisabled
            | Self::TokenEnabled
            | Self::TokenDeleted
            | Self::TokenDeletionUndone
            | Self::TokenViewed => ActionGroup::Tokens,
            Self::UserAdded
            | Self::UserInvited
            | Self::InvitationWithdrawn
            | Self::InvitationAccepted
            | Self::UserRoleChanged
            | Self::UserDeactivated
            | Self::UserReinstated
            | Self::ProfileUpdated => ActionGroup::Users,
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
            | Self::SignedOut => ActionGroup::SignIn,
            // The last two are settings of the account, not of one person's sign-in.
            Self::ApiAccessEnabled
            | Self::ApiAccessDisabled
            | Self::AccountAdded
            | Self::AuditTrailSealed
            | Self::CompanyInformationUpdated
            | Self::SecurityPolicyUpdated
            | Self::AdvertisersImported
            | Self::SecondFactorRequired
            | Self::SecondFactorNotRequired => ActionGroup::Account,
        }
    }
}

/// The category of an action. Every action is in one group: see [`Action::group`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the interface's own words
pub enum ActionGroup {
    Tokens,
    Users,
    Account,
    SignIn,
}

impl ActionGroup {
    /// Every group, as the filter shows them.
    pub const ALL: [Self; 4] = [Self::Tokens, Self::Users, Self::Account, Self::SignIn];

    /// Returns the group's name in a link.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tokens => "tokens",
            Self::Users => "users",
            Self::Account => "account",
            Self::SignIn => "sign-in",
        }
    }

    /// Returns the group of that name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.as_str() == name)
    }

    /// Returns the group of the action of that name; [`Self::Account`] for an unknown action.
    #[must_use]
    pub fn of(action: &str) -> Self {
        Action::from_name(action).map_or(Self::Account, Action::group)
    }

    /// Returns the actions of this group.
    pub fn actions(self) -> impl Iterator<Item = Action> {
        Action::VARIANTS.iter().copied().filter(move |action| action.group() == self)
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
            assert_eq!(Action::from_name(action.as_str()), Some(*action));
        }
        assert_eq!(Action::from_name("token_painted"), None);
    }

    #[test]
    fn group_follows_the_subject_of_an_action() {
        let group = |name| Action::from_name(name).unwrap().group();
        assert_eq!(["passkey_added", "passkey_removed", "authenticator_removed"].map(group), [ActionGroup::SignIn; 3]);
        assert_eq!(["second_factor_required", "second_factor_not_required"].map(group), [ActionGroup::Account; 2]);
        assert_eq!(group("second_step_failed"), ActionGroup::SignIn);
    }
}
