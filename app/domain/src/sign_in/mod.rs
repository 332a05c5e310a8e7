//! Passwords, second factors, sessions, and the way back after a forgotten password.

pub mod common_password;
pub mod password_reset;
pub mod second_factor;
pub mod session;
