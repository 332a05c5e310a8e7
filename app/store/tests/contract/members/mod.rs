//! Account users and their profiles.

pub mod operator;
pub mod profile;
pub mod users;
