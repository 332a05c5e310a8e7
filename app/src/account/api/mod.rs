//! Server functions about the account.

pub mod account;
pub mod company_information;
pub mod security_policy;
