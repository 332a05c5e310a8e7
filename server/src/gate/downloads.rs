//! `/downloads/{JobId}?token=…&expires=…&signature=…`: the result of a job, for every client that has the address. It
//! is signed with the server's key, is valid for five minutes, and needs no credentials; but the access token that
//! asked for it must still be usable: see `Store::reports().signed_result`.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, Request, State, rejection::PathRejection},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    gate::access::Caller,
    reports::job::JobId,
    tokens::{scope::Scope, token::TokenId},
};
use http::{HeaderValue, header};
use store::{JobResult, RESULT_LINK_LIFETIME, ResultLink, Store};
use uuid::Uuid;

use super::{
    admission::{self, Gate},
    error::GateError,
    query::Query,
};

/// Returns a signed address of the result of a job of the caller's account, valid from now on.
///
/// # Errors
/// [`GateError::NotFound`] if the caller's token was deleted meanwhile, and [`GateError::Store`].
pub async fn address(store: &Store, caller: &Caller, job: JobId) -> Result<String, GateError> {
    let until = (store.clock().now() + RESULT_LINK_LIFETIME).timestamp();
    let link = ResultLink { job, token: caller.token, until };
    let signature = store.reports().sign_result(link).await?.ok_or(GateError::NotFound)?;
    let (token, signature) = (caller.token.0, URL_SAFE_NO_PAD.encode(signature));
    Ok(format!("/downloads/{}?token={token}&expires={until}&signature={signature}", job.0))
}

/// Answers with the file, or 404 if the address is wrong or has expired, or if its token is no longer usable.
pub async fn download(
    State(gate): State<Arc<Gate>>,
    job: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let (request, _) = request.into_parts();
    let query = Query::read(request.uri.query().unwrap_or_default());
    let job = job.map_or(String::new(), |Path(job)| job); // a path that is no UTF-8 names no job
    match found(&gate.store.asked_from(admission::address(&request)), &job, &query).await {
        Ok(result) => file(result),
        Err(error) => error.into_response(gate.format.of(&request.headers, "")),
    }
}

async fn found(store: &Store, job: &str, query: &Query) -> Result<JobResult, GateError> {
    let until = query.get("expires").and_then(|until| until.parse().ok());
    let signature = query.get("signature").and_then(|signature| URL_SAFE_NO_PAD.decode(signature).ok());
    let token = query.get("token").and_then(|token| Uuid::try_parse(token).ok());
    let scope = Scope::find("downloadJobResult");
    let (Ok(job), Some(token), Some(until), Some(signature), Some(scope)) =
        (Uuid::try_parse(job), token, until, signature, scope)
    else {
        return Err(GateError::NotFound);
    };
    let link = ResultLink { job: JobId(job), token: TokenId(token), until };
    Ok(store.reports().signed_result(link, &signature, scope).await?)
}

/// Returns the file as a response. Browsers save it instead of showing it.
pub fn file(JobResult { export, bytes }: JobResult) -> Response {
    let disposition = format!("attachment; filename=\"{}\"", export.file_name());
    let mut response = Body::from(bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.extend(HeaderValue::try_from(disposition).ok().map(|value| (header::CONTENT_DISPOSITION, value)));
    response
}
