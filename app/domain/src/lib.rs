//! The domain model of Kagitaba: tokens, scopes, versions, roles, filters, secrets, audit events.
//!
//! Every rule and every validation is defined here once, without I/O, and used on both sides: the browser checks a form
//! with the same function that the server relies on.

pub mod account;
pub mod audit;
pub mod chart;
pub mod date;
pub mod gate;
pub mod members;
mod normal_form;
pub mod paging;
mod refusal;
pub mod reports;
pub mod search;
pub mod sign_in;
pub mod text;
pub mod tokens;

pub use refusal::Refusal;
