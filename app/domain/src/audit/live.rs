//! Live changes: the messages that show an open page what other users do in its account, taken from the audit trail.

use crate::audit::action::Action;
use crate::members::user::Person;
use crate::tokens::token::TokenId;
use serde::{Deserialize, Serialize};

/// The name of the server-sent event that carries a [`LiveChange`] as JSON. Its id is the change's `sequence`.
pub const CHANGE_EVENT: &str = "change";
/// The name of the last server-sent event of a stream: the listener's access has ended.
pub const END_EVENT: &str = "end";

/// A change to something that an open token list shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveChange {
    /// The number of the change's entry in the account's audit trail. Later changes have greater numbers.
    pub sequence: i64,
    /// The action.
    pub action: Action,
    /// The token that was changed; `None` if the change concerns the account.
    pub token: Option<TokenId>,
    /// The token's name at that time.
    pub name: Option<String>,
    /// The token's revision from this change on; `None` if the token was created, if the change concerns the account, and
    /// for old entries.
    pub revision: Option<i64>,
    /// The user who made the change; `None` if it was an integration or the command line.
    pub user: Option<Person>,
    /// The Account SID of the access token that made the change, if it was an integration.
    pub access_token: Option<String>,
}
