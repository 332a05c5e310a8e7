//! Signing in, and the letters that belong to it.

pub mod mail;
pub mod oidc;
pub mod passkeys;
pub mod password_reset;
pub mod second_factor;
