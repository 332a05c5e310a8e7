//! Advertisers, and the jobs that the gate's clients order.

pub mod advertisers;
pub mod jobs;

use crate::core::Core;

/// Advertisers, jobs and their results.
#[derive(Debug, Clone, Copy)]
pub struct Reports<'s> {
    pub(crate) core: &'s Core,
}
