//! Signing in: passwords, second factors, passkeys, identities and sessions.

pub mod authenticator;
pub mod bearer;
pub mod challenges;
pub mod factors;
pub mod identities;
pub mod passkeys;
pub mod password_check;
pub mod password_resets;
pub mod passwords;
pub mod recovery_codes;
pub mod second_factor;
pub mod second_step;
pub mod session_start;
pub mod sessions;
pub mod throttle;

use crate::core::Core;

/// Signing in: passwords, second factors, passkeys, identities and sessions.
#[derive(Debug, Clone, Copy)]
pub struct SigningIn<'s> {
    pub(crate) core: &'s Core,
}
