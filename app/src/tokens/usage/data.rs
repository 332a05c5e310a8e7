//! The values that the section shows.

use domain::tokens::recent_call::RecentCalls;
use domain::tokens::usage::{HourUse, UsageSummary};
use serde::{Deserialize, Serialize};

/// The use of a token as the section shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// The sums over the days of the view.
    pub summary: UsageSummary,
    /// The calls of the last hours; empty unless the chart shows hours.
    pub hours: Vec<HourUse>,
    /// The last calls that match the filter.
    pub recent: RecentCalls,
}
