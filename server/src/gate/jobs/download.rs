//! `GET /Jobs/{JobId}/Download`: the file, with `Mode=Stream`; else its address for the next minutes (302). If the job
//! has not ended, its progress (202).

use axum::response::IntoResponse as _;
use domain::{gate::access::Caller, reports::job::JobId};
use http::{StatusCode, header};
use serde_json::json;
use store::Store;

use super::job::Job;
use crate::gate::{
    answer::Answer,
    call::{Argument, Call, Path},
    downloads,
    error::GateError,
    openapi::{documentation::Documentation, schemas},
    parameters::Parameter,
};

pub const ID: &str = "downloadJobResult";

/// The form of the answer.
pub enum Mode {
    /// The file's address.
    Address,
    /// The file itself.
    Stream,
}

impl Argument<'_> for Mode {
    const PARAMETERS: &'static [Parameter] =
        &[Parameter::OneOf("Mode", &["Stream"], "`Stream` asks for the file itself in place of its address.")];

    fn of(call: &Call<'_>) -> Result<Self, GateError> {
        match call.query.get("Mode") {
            None => Ok(Self::Address),
            Some("Stream") => Ok(Self::Stream),
            Some(_) => Err(GateError::invalid("Mode", "send Stream, or leave it out")),
        }
    }
}

pub async fn handle(store: &Store, caller: &Caller, mode: Mode, Path(id): Path<JobId>) -> Result<Answer, GateError> {
    let job = store.reports().job(caller.account, id).await?;
    if !job.status.is_terminal() {
        return Ok(Answer::one("Job", &Job::new(caller, &job))?.with_status(StatusCode::ACCEPTED));
    }
    if !job.has_result {
        return Err(GateError::NoResult);
    }
    Ok(Answer::ready(match mode {
        Mode::Stream => downloads::file(store.reports().job_result(caller.account, id).await?),
        Mode::Address => {
            let address = downloads::address(store, caller, id).await?;
            (StatusCode::FOUND, [(header::LOCATION, address)]).into_response()
        }
    }))
}

pub fn document(operation: Documentation) -> Documentation {
    let file = json!({ "application/octet-stream": { "schema": { "type": "string", "format": "binary" } } });
    let location = json!({ "Location": { "schema": schemas::formatted("uri-reference") } });
    operation
        .answers("200", json!({ "description": "The file, with `Mode=Stream`.", "content": file }))
        .returns_with::<Job>("202", "The job hasn't finished yet.")
        .answers("302", json!({ "description": "The file's address for the next five minutes.", "headers": location }))
}
