//! The people of an account, and what their roles allow.

pub mod membership;
pub mod role;
pub mod user;
