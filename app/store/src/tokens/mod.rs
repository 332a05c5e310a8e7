//! Access tokens: changes, the list, the overview, and when each was last used.

pub mod adding_up;
pub mod changes;
pub mod conditions;
pub mod list;
pub mod older_names;
pub mod overview;
pub mod passed;
pub mod recent_calls;
pub mod rehearsal;
pub mod retired;
pub mod rows;
pub mod search;
pub mod sources;
pub mod trial_calls;
pub mod trial_rows;
pub mod trials;
pub mod usage;
pub mod usage_queries;
pub mod usage_summary;
pub mod versions;
pub mod viewing;

use crate::core::Core;

/// Access tokens: created, changed, read, and what they were used for.
#[derive(Debug, Clone, Copy)]
pub struct Tokens<'s> {
    pub(crate) core: &'s Core,
}
