//! Jobs: work that an integration has ordered and does not wait for, and the states that it goes through.
//!
//! Source: `Job` of Agency API version 3. Its status `CANCELLED` is not here: nothing cancels a job.

use crate::reports::report::Export;
use crate::tokens::secret::AccountSid;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Identifies a job (`UUIDv7`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub Uuid);

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobStatus {
    /// It waits for its turn.
    Queued,
    /// It is being worked on.
    Running,
    /// It is done and has a result.
    Completed,
    /// The server could not do it.
    Error,
    /// It was done, and there is no result that could be used.
    Failed,
}

impl JobStatus {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Completed, Self::Error, Self::Failed];

    /// The published name, at rest too.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Running => "RUNNING",
            Self::Completed => "COMPLETED",
            Self::Error => "ERROR",
            Self::Failed => "FAILED",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether the job stays as it is.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Error | Self::Failed)
    }
}

/// A job of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The job.
    pub id: JobId,
    /// What is to be done.
    pub export: Export,
    /// The Account SID of the access token that has ordered it.
    pub created_by: AccountSid,
    /// When that was.
    pub created_at: DateTime<Utc>,
    /// Since when it is worked on.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was known last how far it is.
    pub progress_at: Option<DateTime<Utc>>,
    /// When it came to its end, whatever that was.
    pub ended_at: Option<DateTime<Utc>>,
    /// Where it stands.
    pub status: JobStatus,
    /// Why it has no result, where it has ended without one.
    pub problem: String,
    /// Records so far.
    pub records: u64,
    /// How far it is, from 0 to 100.
    pub percentage: u8,
    /// Whether its result can be had; it is kept for a while only.
    pub has_result: bool,
}

/// The job can't be replayed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this job is {} and can't be replayed yet; wait until it is COMPLETED, ERROR or FAILED", .0.as_str())]
pub struct NotReplayable(pub JobStatus);

impl Job {
    /// Whether it may be done once more.
    ///
    /// # Errors
    /// [`NotReplayable`] while it is not at its end.
    pub fn require_replayable(&self) -> Result<(), NotReplayable> {
        if self.status.is_terminal() { Ok(()) } else { Err(NotReplayable(self.status)) }
    }

    /// Its state in words.
    #[must_use]
    pub fn status_message(&self) -> &str {
        match self.status {
            JobStatus::Queued => "The job waits for its turn.",
            JobStatus::Running => "The job is being processed.",
            JobStatus::Completed => "Job processing completed successfully.",
            JobStatus::Error | JobStatus::Failed => &self.problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_found_by_its_name() {
        for status in JobStatus::ALL {
            assert_eq!(JobStatus::from_name(status.as_str()), Some(status));
        }
        assert_eq!(JobStatus::from_name("queued"), None);
    }
}
