//! Jobs: the progress of exports, and the files that they have made.

use axum::response::IntoResponse as _;
use domain::reports::job::{Job, JobId, JobStatus};
use http::{StatusCode, header};
use serde_json::{Value, json};
use store::Replay;
use uuid::Uuid;

use super::{
    super::{
        answer::{Answer, List, Paging},
        downloads,
        envelope::GateError,
        records::{date, date_or_empty},
    },
    Call,
};

const PATH: &str = "/Jobs";

/// `GET /Jobs`: the account's jobs, oldest first, by the day of their creation if asked.
pub async fn list(call: &Call) -> Result<Answer, GateError> {
    let paging = Paging::asked(&call.query)?;
    let days = (call.query.date("CreatedAfter")?, call.query.date("CreatedBefore")?);
    let (jobs, total) = call.store.jobs(call.caller().account, days, paging.offset(), paging.size).await?;
    let items = jobs.iter().map(|job| resource(call, job)).collect();
    Ok(List { name: "Jobs", items, total, paging, uri: &call.list_uri(PATH), query: &call.query }
        .answer(call.version()))
}

/// `GET /Jobs/{JobId}`.
pub async fn get(call: &Call) -> Result<Answer, GateError> {
    Answer::one("Job", &resource(call, &named(call).await?))
}

/// `GET /Jobs/{JobId}/Download`: the file, with `Mode=Stream`; else its address for the next minutes (302). If the job
/// has not ended, its progress (202).
pub async fn download(call: &Call) -> Result<Answer, GateError> {
    let stream = match call.query.get("Mode") {
        None => false,
        Some("Stream") => true,
        Some(_) => return Err(GateError::invalid("Mode", "send Stream, or leave it out")),
    };
    let job = named(call).await?;
    let account = call.caller().account;
    if !job.status.is_terminal() {
        Ok(Answer::one("Job", &resource(call, &job))?.with_status(StatusCode::ACCEPTED))
    } else if !job.has_result {
        Err(GateError::NoResult)
    } else if stream {
        Ok(Answer::ready(downloads::file(call.store.job_result(account, job.id).await?)))
    } else {
        let address = downloads::address(&call.store, call.caller(), job.id).await?;
        Ok(Answer::ready((StatusCode::FOUND, [(header::LOCATION, address)]).into_response()))
    }
}

/// `PUT /Jobs/{JobId}/Replay`: a new job that repeats this one.
pub async fn replay(call: &Call) -> Result<Answer, GateError> {
    match call.store.replay_job(call.caller(), id(call)?).await? {
        Replay::Ordered(job) => Answer::one("Job", &resource(call, &job)),
        Replay::Refused(reason) => Err(reason.into()),
    }
}

fn id(call: &Call) -> Result<JobId, GateError> {
    call.parameter().and_then(|id| Uuid::try_parse(id).ok()).map(JobId).ok_or(GateError::NotFound)
}

async fn named(call: &Call) -> Result<Job, GateError> {
    Ok(call.store.job(call.caller().account, id(call)?).await?)
}

/// Returns the job's own path.
pub fn uri(call: &Call, job: &Job) -> String {
    call.uri(&format!("{PATH}/{}", job.id.0))
}

/// Returns the job as published. Missing dates are empty.
fn resource(call: &Call, job: &Job) -> Value {
    let completed = job.status == JobStatus::Completed;
    json!({
        "Id": job.id,
        "Type": "ApiReport",
        "ProgramId": "",
        "CreatedBy": job.created_by,
        "CreatedDate": date(job.created_at),
        "StartedDate": date_or_empty(job.started_at),
        "CompletedDate": date_or_empty(job.ended_at.filter(|_| completed)),
        "AbandonedDate": "",
        "CancelledDate": "",
        "FailedDate": date_or_empty(job.ended_at.filter(|_| !completed)),
        "LastProgressUpdateDate": date_or_empty(job.progress_at),
        "Status": job.status.as_str(),
        "StatusMessage": job.status_message(),
        "RecordsProcessed": job.records,
        "PercentageComplete": job.percentage,
        "Replayable": job.status.is_terminal(),
        "ResultUri": if job.has_result { format!("{}/Download", uri(call, job)) } else { String::new() },
    })
}
