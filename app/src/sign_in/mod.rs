//! Signing in: passwords, passkeys, second factors, identity providers, and the way back after a forgotten password.

pub(crate) mod allowed;
pub mod api;
pub(crate) mod credential_json;
pub(crate) mod failed;
pub(crate) mod forgotten;
pub(crate) mod forgotten_link;
pub(crate) mod frame;
pub(crate) mod guarded;
pub(crate) mod identity_provider;
pub(crate) mod new_password;
pub(crate) mod page;
pub(crate) mod page_session;
pub(crate) mod passkey;
pub(crate) mod passkeys;
pub(crate) mod plain_http;
pub(crate) mod second_factor;
pub(crate) mod second_factor_state;
pub(crate) mod second_step;
pub(crate) mod step_up;
