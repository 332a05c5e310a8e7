//! Changes, lists, numbers and use of access tokens.

pub mod changes;
pub mod concurrency;
pub mod list;
pub mod overlap;
pub mod overlap_uses;
pub mod overview;
pub mod rehearsal;
pub mod search;
pub mod trials;
pub mod undo;
pub mod usage;
pub mod usage_summary;
