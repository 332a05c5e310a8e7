//! Access tokens: changes, the list, and when each was last used.

pub mod changes;
pub mod list;
pub mod rows;
pub mod search;
pub mod usage;
pub mod viewing;
