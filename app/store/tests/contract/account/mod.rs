//! Accounts and their security policies.

pub mod accounts;
pub mod security_policy;
