//! Server functions about account users and one's own profile.

#[cfg(feature = "ssr")]
pub mod preferences;
pub mod profile;
pub mod users;
