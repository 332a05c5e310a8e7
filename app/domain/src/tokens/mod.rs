//! Access tokens: their commands, conditions, fields, scopes, secrets, expiry, filters, views and use, the overlap after
//! a reset, and the rehearsal of a change.

pub mod client_name;
pub mod command;
pub mod condition;
pub mod expiry;
pub mod filter;
pub mod list_view;
pub mod overlap;
pub mod recent_call;
pub mod rehearsal;
pub mod scope;
pub mod scope_choice;
pub mod secret;
pub mod token;
pub mod trial;
pub mod usage;
pub mod usage_view;
