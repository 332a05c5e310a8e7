//! Advertisers and jobs.

pub mod advertisers;
pub mod jobs;
