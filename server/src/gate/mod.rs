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
//! A call is checked in this order: the body's size (413), credentials (401), the body's encoding (415), path (404),
//! method (405), version (400), the token's permission (403), the query's parameters (400); and, whatever their
//! outcome, the rate limit (429). Errors come in the API's envelope, in JSON or XML as the client asked. All answers
//! but 401 say how many calls are left, if the caller is known, and all say when the caller's Auth Token expires, if it
//! does.

mod admission;
mod answer;
mod authorize;
mod credentials;
mod downloads;
mod error;
pub mod exports;
mod input;
mod introspect;
mod openapi;
mod operations;
mod parameters;
mod query;
mod rate_limit;
mod read_only;
mod recording;
mod records;
mod target;
mod version;

use std::{net::IpAddr, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    response::Response,
    routing::{any, get, post},
};
use http::{HeaderMap, HeaderValue, header};
use store::Store;
use tower_http::set_header::SetResponseHeaderLayer;

pub use self::{admission::Settings, answer::GateFormat};
use self::{
    admission::{Admitted, Gate, ParsedCall, address},
    answer::{Answer, Format},
    error::GateError,
    input::Input,
    operations::Call,
    query::Query,
    target::{Target, effective_method},
};

/// Forbids caches to keep any answer.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

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
        .route("/Agencies", any(agencies))
        .route("/Agencies/", any(agencies))
        .route("/Agencies/{*path}", any(agencies))
        .route("//Agencies/{*path}", any(agencies)) // below a base URL that ends with a slash: nothing is there
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

/// Admits a call to `/Agencies/…` and carries it out.
async fn agencies(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let format = gate.format.of(request.headers(), request.uri().path());
    let (head, caller, body) = gate.receive(request).await;
    let address = address(&head);
    let caller = match (caller, &body) {
        (Ok(caller), _) => caller,
        (Err(_), Err(error)) => return GateError::from(*error).into_response(format),
        (Err(error), Ok(_)) => return error.into_response(format),
    };
    let mut query = Query::read(head.uri.query().unwrap_or_default());
    let input = body.map_err(GateError::from).and_then(|body| Input::read(&head.headers, body));
    let (taken, mut input) = match input {
        Ok(input) => (Ok(()), input),
        Err(error) => (Err(error), Input::Other),
    };
    let version = version::requested(&head.headers, &query, caller.api_version);
    let announced = version.as_ref().ok().copied();
    let method = effective_method(head.method.as_str(), &mut query, input.form());
    let target = method.and_then(|method| Target::read(method, head.uri.path()));
    let asked = ParsedCall { body: taken, target, version, address };
    let carry_out = async |admitted| carry_out(&gate, address, admitted, query, input, format).await;
    let refuse = |error: GateError| error.into_response(format);
    let mut response = gate.answer(caller, asked, carry_out, refuse).await;
    gate.lifecycle.announce(announced, response.headers_mut());
    response
}

/// Carries out the admitted call.
async fn carry_out(
    gate: &Gate,
    address: IpAddr,
    admitted: Admitted,
    query: Query,
    input: Input,
    format: Format,
) -> Result<Response, GateError> {
    let call = Call { store: gate.store.asked_from(address), admitted, query, input };
    let answer: Answer = match call.admitted.target.scope {
        Some(scope) => operations::carry_out(&call, scope).await?,
        None => operations::agency(&call, gate.left(call.caller().account).await).await?,
    };
    Ok(answer.into_response(format))
}
