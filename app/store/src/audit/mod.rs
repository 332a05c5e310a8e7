//! The audit trail: written with each change, chained, read, verified and followed.

pub mod chain;
pub mod event;
pub mod live;
pub mod older_events;
pub mod people;
pub mod trail;
pub mod verify;

use crate::core::Core;

/// The audit trail: read, followed and verified.
#[derive(Debug, Clone, Copy)]
pub struct AuditTrail<'s> {
    pub(crate) core: &'s Core,
}
