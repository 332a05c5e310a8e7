//! Live changes: what an open page hears of what others do in its account, as the entries of the audit trail have it.

use crate::audit::action::Action;
use crate::members::user::Person;
use crate::tokens::token::TokenId;
use serde::{Deserialize, Serialize};

/// The name of the server-sent event that brings a [`LiveChange`], as JSON. Its id is the change's `sequence`.
pub const CHANGE_EVENT: &str = "change";
/// The name of the server-sent event after which there are no more: whoever listens may no longer.
pub const END_EVENT: &str = "end";

/// Something that an open list of tokens shows has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveChange {
    /// The number of its entry in the account's audit trail. Later changes have greater ones.
    pub sequence: i64,
    /// What was done.
    pub action: Action,
    /// The token that it was done to; nothing where it was done to the account.
    pub token: Option<TokenId>,
    /// That token's name at the time.
    pub name: Option<String>,
    /// That token's revision from then on; nothing where it was created, where it was done to the account, and of old
    /// entries.
    pub revision: Option<i64>,
    /// The user who did it; nothing where an integration or the command line did.
    pub user: Option<Person>,
    /// The Account SID of the access token that did it, where it was an integration.
    pub access_token: Option<String>,
}

/// The actions that a list of tokens has to hear of.
pub const LIVE_ACTIONS: [Action; 11] = [
    Action::TokenCreated,
    Action::TokenDuplicated,
    Action::TokenUpdated,
    Action::TokenReset,
    Action::TokenVersionUpgraded,
    Action::TokenDisabled,
    Action::TokenEnabled,
    Action::TokenDeleted,
    Action::TokenDeletionUndone,
    Action::ApiAccessEnabled,
    Action::ApiAccessDisabled,
];
