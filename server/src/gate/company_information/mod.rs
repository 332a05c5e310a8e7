//! Company Information: the agency's profile, to read and to change in part.

pub mod get;
mod profile;
pub mod update;
