//! Who is signed in: the session cookie, looked up once for each request.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, StatusCode};
use store::{SessionToken, Store};

use app::api::{SettingUp, cookie_of, session::SESSION_COOKIE};
use app::path;

/// Middleware: hands the [`domain::user::Asker`] and their preferences on in the request's extensions, where somebody is
/// signed in; or [`SettingUp`], which opens next to nothing, where they have to set up a second factor first.
pub async fn look_up(State(store): State<Store>, mut request: Request, next: Next) -> Response {
    if let Some(session) = token_of(request.headers()) {
        // A page that is merely open does not use its session.
        let open = request.uri().path() == path::LIVE;
        let known = if open { store.unused_session(&session).await } else { store.known_session(&session).await };
        match known {
            Ok(Some(known)) => {
                request.extensions_mut().insert(known.preferences);
                if known.second_factor_missing {
                    request.extensions_mut().insert(SettingUp(known.asker));
                } else {
                    request.extensions_mut().insert(known.asker);
                }
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

/// The session that a request names.
#[must_use]
pub fn token_of(headers: &HeaderMap) -> Option<SessionToken> {
    SessionToken::parse(&cookie_of(headers, SESSION_COOKIE)?)
}
