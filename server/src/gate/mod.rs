//! The gate: what access tokens open, `/Agencies/{AccountSID}/…`.
//!
//! Every answer is JSON, errors in the API's envelope. The checks run in this order: size of the body (413),
//! credentials (401), path (404), method (405), what the token may do (403).

mod company_information;
mod credentials;
mod envelope;

use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn, from_fn_with_state},
    response::Response,
    routing::{any, get},
};
use http::{HeaderValue, header};
use store::Store;
use tower_http::set_header::SetResponseHeaderLayer;

use self::envelope::GateError;
use crate::request_body;

/// The routes below `/Agencies`.
pub fn router(store: Store) -> Router {
    let resources = Router::new()
        .route("/{sid}/CompanyInformation", get(company_information::get))
        .method_not_allowed_fallback(async || GateError::MethodNotAllowed)
        .fallback(not_found);
    Router::new()
        .nest("/Agencies", resources)
        .route("/Agencies/", any(not_found)) // which `nest` leaves out
        .layer(from_fn_with_state(store.clone(), authenticate))
        .layer(from_fn(limit_body))
        .layer(SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .with_state(store)
}

async fn not_found() -> GateError {
    GateError::NotFound
}

/// Lets nobody on without credentials that are right, not even to learn which paths there are. Hands the
/// [`domain::access::Caller`] to the route.
async fn authenticate(State(store): State<Store>, mut request: Request, next: Next) -> Result<Response, GateError> {
    let (sid, secret) = credentials::read(request.headers())?;
    let caller = store.authenticate(&sid, &secret).await?.ok_or(GateError::WrongCredentials)?;
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

async fn limit_body(request: Request, next: Next) -> Result<Response, GateError> {
    Ok(next.run(request_body::read(request).await?).await)
}
