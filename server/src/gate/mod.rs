//! The gate: the HTTP API that access tokens open, `/Agencies/{AccountSID}/…`, and the questions that other servers ask
//! about these tokens.
//!
//! | Path | Content |
//! | --- | --- |
//! | `/Agencies/…` | the operations of the Agency API that Kagitaba serves |
//! | `/authorize` | whether a call to another server may go on (forward authentication) |
//! | `/downloads/…` | the results of jobs, under signed addresses |
//! | `/oauth2/introspect` | an access token's state (RFC 7662) |
//! | `/openapi.json` | the gate's API, as an `OpenAPI` document |
//!
//! Of several faults of a call, the first in this order is answered: the body's size (413), credentials (401), the body's encoding (415), path (404),
//! method (405), version (400), the token's permission (403), the query's parameters (400); and, whatever their
//! outcome, the rate limit (429). Errors come in the API's envelope, in JSON or XML as the client asked. All answers
//! but 401 say how many calls are left, if the caller is known, and all say when the caller's Auth Token expires, if it
//! does.

mod access_tokens;
mod admission;
mod advertisers;
mod agencies;
mod agency;
mod answer;
mod authorize;
mod call;
mod company_information;
mod credentials;
mod downloads;
mod error;
pub mod exports;
mod input;
mod introspect;
mod jobs;
mod openapi;
mod operations;
mod parameters;
mod query;
mod rate_limit;
mod read_only;
mod recording;
mod records;
mod reports;
mod target;
mod version;

use std::sync::Arc;

use axum::{
    Router,
    response::Response,
    routing::{any, get, post},
};
use http::{HeaderMap, header};
use store::Store;
use tower_http::set_header::SetResponseHeaderLayer;

use self::{admission::Gate, answer::NO_STORE, error::GateError};
pub use self::{admission::Settings, answer::format::GateFormat};

/// Returns whether a path is one of the gate's.
#[must_use]
pub fn has_path(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next();
    matches!(first, Some("Agencies" | "authorize" | "downloads" | "oauth2" | "openapi.json"))
}

/// Returns the gate's routes.
pub fn router(store: Store, settings: &Settings) -> Router {
    let format = settings.gate_format;
    let only = |allow: &'static str| async move |head| wrong_method(format, head, allow);
    Router::new()
        .route("/Agencies", any(agencies::agencies))
        .route("/Agencies/", any(agencies::agencies))
        .route("/Agencies/{*path}", any(agencies::agencies))
        .route("//Agencies/{*path}", any(agencies::agencies)) // below a base URL that ends with a slash: nothing is there
        .route("/downloads/{job}", get(downloads::download).fallback(only("GET, HEAD")))
        .route("/oauth2/introspect", post(introspect::introspect).fallback(only("POST")))
        .route("/openapi.json", get(openapi::document).fallback(only("GET, HEAD")))
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, NO_STORE))
        // It is called before every call to other servers, so it sets the header itself: a layer costs more.
        .route("/authorize", any(authorize::authorize))
        .route("/authorize/{*path}", any(authorize::authorize))
        .with_state(Arc::new(Gate::new(store, settings)))
}

/// Returns the answer to a method that a path other than an operation's does not take.
fn wrong_method(format: GateFormat, headers: HeaderMap, allow: &str) -> Response {
    GateError::MethodNotAllowed { allow: allow.to_owned() }.into_response(format.of(&headers, ""))
}
