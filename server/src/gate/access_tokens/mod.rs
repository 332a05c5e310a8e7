//! Access Tokens: the console's operations on tokens, for integrations that rotate their own. A category of Kagitaba's
//! own.
//!
//! A token never gives more than it has: a caller that would learn the secret of a token, or change its scopes, needs
//! all of that token's scopes, before and after.

pub mod create;
pub mod delete;
pub mod disable;
pub mod enable;
mod fields;
mod form;
pub mod get;
mod handover;
pub mod list;
pub mod reset;
pub mod stop_old;
mod token;
pub mod update;
pub mod values;
