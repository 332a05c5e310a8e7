//! The rules for calls at the gate: callers, API versions, limits, and the addresses that calls come from.

pub mod access;
pub mod address_range;
pub mod api_version;
pub mod client_address;
pub mod gcra;
pub mod shares;
