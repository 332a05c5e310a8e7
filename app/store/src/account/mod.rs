//! Accounts: their company profile, security policy and API access.

pub mod accounts;
pub mod company;
pub mod security_policy;
