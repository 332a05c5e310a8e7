//! The account: its company information and security policy.

pub(crate) mod account_switch;
pub mod api;
pub(crate) mod company_fields;
pub(crate) mod company_information;
pub(crate) mod policy_fields;
pub(crate) mod published_choices;
pub(crate) mod security_policy;
