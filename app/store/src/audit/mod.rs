//! The audit trail: written with each change, chained, read, verified and followed.

pub mod chain;
pub mod event;
pub mod live;
pub mod older_events;
pub mod trail;
pub mod verify;
