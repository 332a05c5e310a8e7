//! Access tokens: their fields, scopes, secrets, expiry and filters.

pub mod expiry;
pub mod filter;
pub mod scope;
pub mod secret;
pub mod token;
