//! Signing in: passwords, second factors, passkeys, identities, sessions, and one's own profile.

pub mod bearer;
pub mod identities;
pub mod passkeys;
pub mod password_resets;
pub mod passwords;
pub mod second_factor;
pub mod second_step;
pub mod sessions;
pub mod throttle;
