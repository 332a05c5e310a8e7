//! Jobs: the progress of exports, and the files that they have made.

pub mod download;
pub mod get;
pub mod job;
pub mod list;
pub mod replay;
