//! Reports: Kagitaba's data on tokens and their use, to read at once or to export by a job.
//!
//! As published, these operations answer 200 with an error envelope if the report or its filters are invalid.

pub mod export;
pub mod list;
pub mod metadata;
mod published;
mod report;
pub mod run;
