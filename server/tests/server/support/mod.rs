//! The fixtures of all tests.

pub mod log;
pub mod oidc_provider;
pub mod test_app;
