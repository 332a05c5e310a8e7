//! The arithmetic of charts of calls: sums, periods and heights. It is of whole numbers only, so that the server and the
//! browser draw the same.

pub mod buckets;
pub mod scale;
pub mod tally;
