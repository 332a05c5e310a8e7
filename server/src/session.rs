//! Who is signed in: the session cookie, looked up once for each request.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use cookie::Cookie;
use http::{HeaderMap, StatusCode, header};
use store::{SessionToken, Store};

use app::api::session::SESSION_COOKIE;

/// Middleware: hands the [`domain::user::Asker`] on in the request's extensions, where somebody is signed in.
pub async fn look_up(State(store): State<Store>, mut request: Request, next: Next) -> Response {
    if let Some(session) = session(request.headers()) {
        match store.session(&session).await {
            Ok(Some(asker)) => {
                request.extensions_mut().insert(asker);
            }
            Ok(None) => {}
            // To go on as if nobody were signed in would send people to the sign-in page for nothing.
            Err(error) => {
                tracing::error!(%error, "the session could not be looked up");
                return (StatusCode::SERVICE_UNAVAILABLE, "The database does not answer; try again.").into_response();
            }
        }
    }
    next.run(request).await
}

fn session(headers: &HeaderMap) -> Option<SessionToken> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = values.flat_map(Cookie::split_parse).flatten();
    SessionToken::parse(cookies.find(|cookie| cookie.name() == SESSION_COOKIE)?.value())
}
