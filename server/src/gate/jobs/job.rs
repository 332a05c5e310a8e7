//! The job as published. Missing dates are empty, which is no date-time.

use domain::{
    gate::access::Caller,
    reports::job::{self, JobStatus},
    tokens::secret::AccountSid,
};
use serde::Serialize;
use utoipa::{ToSchema, openapi::Object};
use uuid::Uuid;

use crate::gate::{
    call,
    openapi::schemas,
    records::{date, date_or_empty},
};

pub const PATH: &str = "/Jobs";
const TYPE: &str = "ApiReport";

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Job<'j> {
    id: Uuid,
    #[schema(schema_with = kind)]
    r#type: &'static str,
    program_id: &'static str,
    #[schema(value_type = String)]
    created_by: &'j AccountSid,
    #[schema(format = DateTime)]
    created_date: String,
    started_date: String,
    completed_date: String,
    abandoned_date: &'static str,
    cancelled_date: &'static str,
    failed_date: String,
    last_progress_update_date: String,
    #[schema(schema_with = status)]
    status: &'static str,
    status_message: &'j str,
    #[schema(schema_with = schemas::number)]
    records_processed: u64,
    #[schema(schema_with = percentage)]
    percentage_complete: u8,
    replayable: bool,
    result_uri: String,
}

fn kind() -> Object {
    schemas::one_of([TYPE])
}

fn status() -> Object {
    schemas::one_of(JobStatus::ALL.map(JobStatus::as_str))
}

fn percentage() -> Object {
    let mut percentage = schemas::number();
    percentage.maximum = Some(100.into());
    percentage
}

impl<'j> Job<'j> {
    pub fn new(caller: &Caller, job: &'j job::Job) -> Self {
        let completed = job.status == JobStatus::Completed;
        Self {
            id: job.id.0,
            r#type: TYPE,
            program_id: "",
            created_by: &job.created_by,
            created_date: date(job.created_at),
            started_date: date_or_empty(job.started_at),
            completed_date: date_or_empty(job.ended_at.filter(|_| completed)),
            abandoned_date: "",
            cancelled_date: "",
            failed_date: date_or_empty(job.ended_at.filter(|_| !completed)),
            last_progress_update_date: date_or_empty(job.progress_at),
            status: job.status.as_str(),
            status_message: job.status_message(),
            records_processed: job.records,
            percentage_complete: job.percentage,
            replayable: job.status.is_terminal(),
            result_uri: if job.has_result { format!("{}/Download", uri(caller, job)) } else { String::new() },
        }
    }
}

/// Returns the job's own path.
pub fn uri(caller: &Caller, job: &job::Job) -> String {
    call::uri(caller, &format!("{PATH}/{}", job.id.0))
}
