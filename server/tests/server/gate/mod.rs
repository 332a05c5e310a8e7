//! The gate over real HTTP.

pub mod access_tokens;
pub mod advertisers;
pub mod as_published;
pub mod authorize;
pub mod calls;
pub mod introspect;
pub mod jobs;
pub mod operations;
pub mod rate_limits;
pub mod reports;
pub mod usage;
