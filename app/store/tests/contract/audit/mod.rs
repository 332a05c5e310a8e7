//! The audit trail.

pub mod chain;
pub mod events;
pub mod live;
pub mod trail;
