//! The gate's look-ups, its call log, and the calls that each account has left.

pub mod allowances;
pub mod authenticate;
pub mod call;
pub mod call_log;
pub mod call_pack;
pub mod call_queue;
pub mod calls;
pub mod counting;
pub mod profile;
pub mod refusals;
pub mod retired_uses;
pub mod shares;
pub mod use_queue;
pub mod uses;
pub mod verification_cache;

use crate::core::Core;

/// The gate's questions: callers, their calls, and the calls that are left.
#[derive(Debug, Clone, Copy)]
pub struct Gate<'s> {
    pub(crate) core: &'s Core,
}
