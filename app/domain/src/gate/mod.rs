//! What decides about a call at the gate.

pub mod access;
pub mod address_range;
pub mod api_version;
pub mod client_address;
