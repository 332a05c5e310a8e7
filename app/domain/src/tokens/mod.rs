//! Access tokens: their commands, conditions, fields, scopes, secrets, expiry and filters.

pub mod command;
pub mod condition;
pub mod expiry;
pub mod filter;
pub mod scope;
pub mod scope_choice;
pub mod secret;
pub mod token;
