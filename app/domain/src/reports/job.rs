//! Jobs: work that an integration orders without waiting for it, and the states that a job goes through.
//!
//! Source: `Job` of Agency API version 3. Its status `CANCELLED` is left out: no operation cancels a job.

use crate::reports::report::Export;
use crate::tokens::secret::AccountSid;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};
use uuid::Uuid;

/// Identifies a job (`UUIDv7`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub Uuid);

/// The state of a job. Its published name is also the stored one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "UPPERCASE", const_into_str)]
pub enum JobStatus {
    /// Waiting to be started.
    Queued,
    /// Being worked on.
    Running,
    /// Finished with a result.
    Completed,
    /// Ended by a fault of the server.
    Error,
    /// Finished without a usable result.
    Failed,
}

impl JobStatus {
    /// Every state.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.first_chunk().unwrap();

    /// Returns whether the state is final.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Error | Self::Failed)
    }
}

/// A job of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The job's id.
    pub id: JobId,
    /// The export to be made.
    pub export: Export,
    /// The Account SID of the access token that ordered the job.
    pub created_by: AccountSid,
    /// When the job was ordered.
    pub created_at: DateTime<Utc>,
    /// When work on it started.
    pub started_at: Option<DateTime<Utc>>,
    /// When its progress was last reported.
    pub progress_at: Option<DateTime<Utc>>,
    /// When it ended, with or without a result.
    pub ended_at: Option<DateTime<Utc>>,
    /// The job's state.
    pub status: JobStatus,
    /// Why the job ended without a result, if it did.
    pub problem: String,
    /// Records exported so far.
    pub records: u64,
    /// Progress in percent, from 0 to 100.
    pub percentage: u8,
    /// Whether its result can be downloaded; results are kept for a limited time.
    pub has_result: bool,
}

/// The job can't be replayed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this job is {} and can't be replayed yet; wait until it is COMPLETED, ERROR or FAILED", .0.into_str())]
pub struct NotReplayable(pub JobStatus);

impl Job {
    /// Checks whether the job may be replayed.
    ///
    /// # Errors
    /// [`NotReplayable`] if it has not ended yet.
    pub fn require_replayable(&self) -> Result<(), NotReplayable> {
        if self.status.is_terminal() { Ok(()) } else { Err(NotReplayable(self.status)) }
    }

    /// Returns the job's state in words.
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
        assert_eq!(JobStatus::ALL.map(<&str>::from), ["QUEUED", "RUNNING", "COMPLETED", "ERROR", "FAILED"]);
        for status in JobStatus::ALL {
            assert_eq!(status.into_str().parse(), Ok(status));
        }
        assert!("queued".parse::<JobStatus>().is_err());
    }
}
