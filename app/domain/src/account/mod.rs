//! The agency account and the company profile that the gate serves.

pub mod company;
pub mod company_form;
pub mod company_update;
pub mod published_list;
pub mod security_policy;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Identifies an agency account inside Kagitaba (`UUIDv7`; never shown to API clients).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(pub Uuid);

/// An agency account as its members see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The account's identifier.
    pub id: AccountId,
    /// The agency's name.
    pub name: String,
    /// Whether the account's tokens may pass the gate at all.
    pub api_access: bool,
}
