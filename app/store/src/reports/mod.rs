//! Advertisers, and the jobs that the gate's clients order.

pub mod advertisers;
pub mod jobs;
pub mod work;
