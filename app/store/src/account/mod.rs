//! Accounts: their company profile, security policy and API access.

pub mod accounts;
pub mod company;
pub mod security_policy;

use crate::core::Core;

/// Accounts: their company profile, security policy and API access.
#[derive(Debug, Clone, Copy)]
pub struct Accounts<'s> {
    pub(crate) core: &'s Core,
}
