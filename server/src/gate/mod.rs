//! The gate: what access tokens open, `/Agencies/{AccountSID}/…`, and the questions that other servers ask about them.
//!
//! | Path | What answers |
//! | --- | --- |
//! | `/Agencies/…` | the operations of the Agency API that Kagitaba serves |
//! | `/authorize` | whether a call to another server may go on (forward authentication) |
//! | `/downloads/…` | the results of jobs, under signed addresses |
//! | `/oauth2/introspect` | what an access token is worth (RFC 7662) |
//! | `/openapi.json` | what the gate serves, as an `OpenAPI` document |
//!
//! A call passes, in this order: the body's size (413), credentials (401), path (404), method (405), version (400), what
//! the token may do (403); and whatever comes of these, how often (429). Errors come in the API's envelope, in JSON or XML
//! as the client asked. All answers but 401 say how many calls are left, as far as the caller is known.

mod admission;
mod answer;
mod authorize;
mod credentials;
mod downloads;
mod envelope;
pub mod exports;
mod introspect;
mod openapi;
mod operations;
mod query;
mod rate_limit;
mod recording;
mod records;
mod target;
mod version;
mod xml;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    response::Response,
    routing::{any, get, post},
};
use http::{HeaderMap, HeaderValue, header};
use store::Store;
use tower_http::set_header::SetResponseHeaderLayer;

pub use self::admission::Settings;
use self::{
    admission::{Asked, Gate, address},
    answer::Format,
    envelope::GateError,
    operations::Call,
    query::Query,
    target::Target,
};
use crate::request_body;

/// No answer is kept by anybody on its way.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Whether a path is one of the gate's.
#[must_use]
pub fn has_path(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next();
    matches!(first, Some("Agencies" | "authorize" | "downloads" | "oauth2" | "openapi.json"))
}

/// The gate's routes.
pub fn router(store: Store, settings: &Settings) -> Router {
    Router::new()
        .route("/Agencies", any(agencies))
        .route("/Agencies/", any(agencies))
        .route("/Agencies/{*path}", any(agencies))
        .route("//Agencies/{*path}", any(agencies)) // below a base URL that ends with a slash: nothing is there
        .route("/downloads/{job}", get(downloads::download).fallback(async |head| wrong_method(head, "GET, HEAD")))
        .route("/oauth2/introspect", post(introspect::introspect).fallback(async |head| wrong_method(head, "POST")))
        .route("/openapi.json", get(openapi::document).fallback(async |head| wrong_method(head, "GET, HEAD")))
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, NO_STORE))
        // Asked before every call to other servers, it says so itself: a layer costs more.
        .route("/authorize", any(authorize::authorize))
        .route("/authorize/{*path}", any(authorize::authorize))
        .with_state(Arc::new(Gate::new(store, settings)))
}

/// The answer to another method than those that there are, of what is no operation.
fn wrong_method(headers: HeaderMap, allow: &str) -> Response {
    GateError::MethodNotAllowed { allow: allow.to_owned() }.into_response(Format::accepted(&headers))
}

/// `/Agencies/…`: admits the call and carries it out.
async fn agencies(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let format = Format::accepted(request.headers());
    let (head, body) = request_body::take(request).await;
    let address = address(&head);
    let caller = match (gate.identify(&head.headers, address).await, &body) {
        (Ok(caller), _) => caller,
        (Err(_), Err(error)) => return GateError::from(*error).into_response(format),
        (Err(error), Ok(_)) => return error.into_response(format),
    };
    let (taken, body) = match body {
        Ok(body) => (Ok(()), body),
        Err(error) => (Err(error), Vec::new()),
    };
    let query = Query::read(head.uri.query().unwrap_or_default());
    let version = version::requested(&head.headers, &query, caller.api_version);
    let announced = version.as_ref().ok().copied();
    let target = Target::read(head.method.as_str(), head.uri.path());
    let asked = Asked { body: taken, target, version, address };
    let carry_out = async |admitted| {
        let call = Call { store: gate.store.asked_from(address), admitted, query, body };
        Ok(operations::carry_out(call).await?.into_response(format))
    };
    let refuse = |error: GateError| error.into_response(format);
    let mut response = gate.answer(caller, asked, carry_out, refuse).await;
    gate.lifecycle.announce(announced, response.headers_mut());
    response
}
