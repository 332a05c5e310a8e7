//! The audit trail: its events, and how people read and follow them.

pub mod action;
pub mod details;
pub mod live;
pub mod trail;
