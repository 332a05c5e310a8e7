//! `/readyz`: whether the server can do its work, for load balancers and monitors. `/healthz` says only that it runs.

use std::time::Duration;

use axum::{
    Router,
    extract::State,
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::{HeaderValue, StatusCode, header};
use store::Store;
use tokio::time::timeout;

/// The time that the database may take. Load balancers and monitors wait only some seconds.
const WITHIN: Duration = Duration::from_secs(2);

/// Returns the route.
pub fn router(store: Store) -> Router {
    Router::new().route("/readyz", get(is_ready)).with_state(store)
}

async fn is_ready(State(store): State<Store>) -> Response {
    let answered = timeout(WITHIN, store.ping()).await;
    let mut response = if let Ok(Ok(())) = answered {
        "ok".into_response()
    } else {
        let why = answered.map_or("it took too long".to_owned(), |answer| {
            answer.err().map_or(String::new(), |error| error.to_string())
        });
        tracing::warn!(why, "not ready: the database does not answer");
        let text = "the database isn't responding; see the log for details";
        ([(header::RETRY_AFTER, store::Error::RETRY_AFTER.to_string())], (StatusCode::SERVICE_UNAVAILABLE, text))
            .into_response()
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
