//! Server functions about signing in.

pub mod passkeys;
pub mod password_reset;
pub mod proof;
pub mod second_factor;
pub mod session;
