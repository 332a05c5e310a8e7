//! Pages and server functions go on to their end, whether or not the client still waits.
//!
//! A page is rendered by several tasks, which share its reactive values. Were the request dropped midway, as hyper does
//! when a client hangs up, those values would go while other tasks read them, and each such task panics; some would wait
//! for them for ever.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::StatusCode;
use tracing::{Instrument as _, Span};

/// Middleware: has the request answered by a task of its own, up to the last byte of the body. For bodies that end.
pub async fn to_the_end(request: Request, next: Next) -> Response {
    let answer = async move {
        let (head, body) = next.run(request).await.into_parts();
        to_bytes(body, usize::MAX).await.map(|body| Response::from_parts(head, Body::from(body)))
    };
    match tokio::spawn(answer.instrument(Span::current())).await {
        Ok(Ok(answer)) => answer,
        failed => {
            let error = failed.map(Result::err);
            tracing::error!(?error, "an answer broke off");
            (StatusCode::INTERNAL_SERVER_ERROR, "something went wrong on the server; its log says more").into_response()
        }
    }
}
