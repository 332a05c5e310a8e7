//! The domain model of Kagitaba: tokens, scopes, versions, roles, filters, secrets, audit events.
//!
//! Every rule and every validation is defined here once, without I/O, and used on both sides: the browser checks a form
//! with the same function that the server relies on.

pub mod access;
pub mod account;
pub mod advertiser;
pub mod api_version;
pub mod audit;
pub mod client_address;
mod common_password;
pub mod filter;
pub mod job;
pub mod live;
pub mod membership;
mod normal_form;
pub mod paging;
pub mod password_reset;
pub mod profile;
pub mod profile_form;
pub mod report;
pub mod role;
pub mod scope;
pub mod second_factor;
pub mod secret;
pub mod security_policy;
pub mod session;
pub mod term;
pub mod text;
pub mod token;
pub mod trail;
pub mod user;
