//! The fixtures of all tests.

pub mod house;
pub mod log;
pub mod oidc_provider;
