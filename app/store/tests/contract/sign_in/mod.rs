//! Passwords, second factors, passkeys, identities and sessions.

pub mod identities;
pub mod passkeys;
pub mod password_resets;
pub mod second_factor;
pub mod sessions;
