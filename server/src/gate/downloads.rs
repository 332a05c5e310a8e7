//! `/downloads/{JobId}?expires=…&signature=…`: the result of a job, for whoever was given its address. It is signed with
//! the server's key, holds for five minutes, and needs no credentials.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, Request, State, rejection::PathRejection},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use domain::{account::AccountId, job::JobId};
use http::{HeaderValue, header};
use store::{JobResult, Store};
use uuid::Uuid;

use super::{admission::Gate, envelope::GateError, query::Query};

/// How long an address holds.
const LIFETIME: TimeDelta = TimeDelta::minutes(5);

/// The address under which the account's result can be had from now on.
#[must_use]
pub fn address(store: &Store, account: AccountId, job: JobId) -> String {
    let until = (store.clock().now() + LIFETIME).timestamp();
    let signature = URL_SAFE_NO_PAD.encode(store.sign_result(account, job, until));
    format!("/downloads/{}?expires={until}&signature={signature}", job.0)
}

/// Answers with the file, or 404 where the address is wrong or has expired.
pub async fn download(
    State(gate): State<Arc<Gate>>,
    job: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let query = Query::read(request.uri().query().unwrap_or_default());
    let job = job.map_or(String::new(), |Path(job)| job); // what is no UTF-8 names no job
    match found(&gate.store, &job, &query).await {
        Ok(result) => file(result),
        Err(error) => error.into_response(gate.format.of(request.headers(), "")),
    }
}

async fn found(store: &Store, job: &str, query: &Query) -> Result<JobResult, GateError> {
    let until = query.get("expires").and_then(|until| until.parse().ok());
    let signature = query.get("signature").and_then(|signature| URL_SAFE_NO_PAD.decode(signature).ok());
    match (Uuid::try_parse(job), until, signature) {
        (Ok(job), Some(until), Some(signature)) => Ok(store.signed_result(JobId(job), until, &signature).await?),
        _ => Err(GateError::NotFound),
    }
}

/// The file as an answer. Browsers save it and don't show it.
pub fn file(JobResult { export, bytes }: JobResult) -> Response {
    let disposition = format!("attachment; filename=\"{}\"", export.file_name());
    let mut response = Body::from(bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.extend(HeaderValue::try_from(disposition).ok().map(|value| (header::CONTENT_DISPOSITION, value)));
    response
}
