//! What the audit trail records: who did what to which token, user or account.

use serde::{Deserialize, Serialize};

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    ApiAccessEnabled,
    ApiAccessDisabled,
    AccountAdded,
    UserAdded,
    SignedIn,
    SignedOut,
}

impl Action {
    /// The action's name at rest.
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
            Self::ApiAccessEnabled => "api_access_enabled",
            Self::ApiAccessDisabled => "api_access_disabled",
            Self::AccountAdded => "account_added",
            Self::UserAdded => "user_added",
            Self::SignedIn => "signed_in",
            Self::SignedOut => "signed_out",
        }
    }
}
