//! The session cookie, which is looked up once for each request.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, StatusCode, header};
use store::{SessionToken, Store};

use app::request::{
    CurrentUserUnknown, SettingUp,
    cookies::{SESSION, cookie_of},
};
use app::routes;

/// Middleware that adds the signed-in user's [`domain::members::user::CurrentUser`] and preferences to the request's extensions; or
/// [`SettingUp`], which allows next to nothing, if they first have to set up a second factor; or [`CurrentUserUnknown`],
/// which allows nothing, if the database does not answer. Any other fault of the look-up is answered here.
pub async fn look_up(State(store): State<Store>, mut request: Request, next: Next) -> Response {
    if let Some(session) = token_of(request.headers()) {
        // A page that is merely open does not use its session, not even by the data that it reads again on its own.
        let mut query = request.uri().query().unwrap_or_default().split('&');
        let again = request.uri().path().starts_with("/api/") && query.any(|one| one == routes::AGAIN);
        let open = again || request.uri().path() == routes::LIVE;
        let known = if open {
            store.sign_in().peek_session(&session).await
        } else {
            store.sign_in().known_session(&session).await
        };
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
            // Treating the request as signed out would send people to the sign-in page without need.
            Err(error) => {
                tracing::error!(%error, "the session could not be looked up");
                if !error.is_unavailable() {
                    let text = "something went wrong on the server; see its log for details";
                    return (StatusCode::INTERNAL_SERVER_ERROR, text).into_response();
                }
                request.extensions_mut().insert(CurrentUserUnknown);
            }
        }
    }
    next.run(request).await
}

/// Middleware below [`look_up`] that says in plain text that it is unknown who is signed in. Pages and server functions
/// say it in their own way.
pub async fn require_known(request: Request, next: Next) -> Response {
    if request.extensions().get::<CurrentUserUnknown>().is_none() {
        return next.run(request).await;
    }
    let mut answer = (StatusCode::SERVICE_UNAVAILABLE, "the database isn't responding; try again").into_response();
    answer.headers_mut().insert(header::RETRY_AFTER, store::Error::RETRY_AFTER.into());
    answer
}

/// Returns the session token in a request's cookie.
#[must_use]
pub fn token_of(headers: &HeaderMap) -> Option<SessionToken> {
    SessionToken::parse(&cookie_of(headers, SESSION)?)
}
