//! The data that the gate reports: advertisers, jobs and report definitions.

pub mod advertiser;
pub mod job;
pub mod report;
