//! The language of the house: tokens, scopes, versions, roles, filters, secrets, audit events.
//!
//! Every rule and every validation stands here once, without I/O, and is called from both sides: the browser checks
//! a form with the same function that the server trusts.

pub mod access;
pub mod account;
pub mod advertiser;
pub mod api_version;
pub mod audit;
pub mod filter;
pub mod job;
mod normal_form;
pub mod profile;
pub mod report;
pub mod role;
pub mod scope;
pub mod secret;
pub mod text;
pub mod token;
pub mod user;
