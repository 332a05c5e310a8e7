//! Sign-in at an identity provider by `OpenID` Connect: the redirect there, and the return with a code.
//!
//! It is the authorization code flow with PKCE. State, nonce, code verifier and the path to go to afterwards are in a
//! sealed cookie of the browser that began the sign-in. The cookie is valid for ten minutes, and once.

mod attempt;
mod claims;
mod customs;
mod identity_provider;
mod provider;
mod settings;

use std::{collections::HashMap, sync::Arc};

use app::{
    routes::{self, SignInFailure},
    sign_in::api::session,
};
use axum::{
    Router,
    extract::{Extension, RawQuery, State},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use cookie::Cookie;
use domain::Refusal;
use domain::gate::{address_range::UNKNOWN, client_address::ClientAddress};
use http::{HeaderMap, HeaderValue, header};
use store::{Client, SealingKey, SignIn, Store};

pub use crate::oidc::{customs::ClientAuth, identity_provider::IdentityProvider, settings::Settings};
use crate::{
    console::session::token_of,
    oidc::attempt::{Attempt, Attempts},
};

/// The longest path to go to afterwards, in bytes. Longer ones lead to the settings.
const NEXT_MAX: usize = 1024;

/// The state of the routes.
#[derive(Clone)]
struct OidcState {
    store: Store,
    identity_provider: Arc<IdentityProvider>,
}

impl OidcState {
    /// Returns the key that seals the cookies of sign-ins.
    fn key(&self) -> SealingKey {
        self.store.keys().sealing_key("sign-ins at the identity provider")
    }
}

/// Returns the routes.
pub fn router(store: Store, identity_provider: Arc<IdentityProvider>) -> Router {
    Router::new()
        .route(routes::IDENTITY_PROVIDER, get(begin))
        .route(routes::IDENTITY_PROVIDER_CALLBACK, get(end))
        .with_state(OidcState { store, identity_provider })
}

/// Sends the browser to the provider, with the cookie that its return needs.
async fn begin(State(oidc): State<OidcState>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let IdentityProvider { provider, secure, .. } = &*oidc.identity_provider;
    // A longer path would make the cookie larger than browsers keep.
    let next = values(query).remove("next").filter(|next| next.len() <= NEXT_MAX);
    let next = session::path_within(&next.unwrap_or_default());
    match provider.begin(next).await {
        Ok((address, attempt)) => {
            let (key, now) = (oidc.key(), oidc.store.clock().now());
            let mut cookies = Attempts::surplus(&key, &headers, now, *secure);
            cookies.push(Attempts::cookie(&key, &attempt, now, *secure));
            cookies.iter().fold(Redirect::to(address.as_str()).into_response(), with_cookie)
        }
        Err(failure) => failed(failure),
    }
}

/// Signs in the person that the provider vouches for, if they are a user here.
async fn end(
    State(oidc): State<OidcState>,
    client: Option<Extension<ClientAddress>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let IdentityProvider { attempts, secure, .. } = &*oidc.identity_provider;
    let values = values(query);
    let state = values.get("state").map(String::as_str).unwrap_or_default();
    // If the state belongs to another sign-in, that one's cookie stays.
    let Some(attempt) = attempts.take(&oidc.key(), &headers, state, oidc.store.clock().now()) else {
        return failed(SignInFailure::Over);
    };
    let address = client.map_or(UNKNOWN, |Extension(ClientAddress(address))| address);
    let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let client = Client { address, user_agent: user_agent.to_owned(), session: token_of(&headers) };
    let answer = match sign_in(&oidc, &values, &attempt, client).await {
        Ok(SignIn::Session(session)) => {
            let cookie = session::cookie::with(session.reveal(), *secure);
            with_cookie(Redirect::to(&attempt.next).into_response(), &cookie)
        }
        Ok(SignIn::SecondStep(pending)) => {
            let cookie = session::cookie::pending_with(pending.reveal(), *secure);
            with_cookie(Redirect::to(&routes::second_step_then(&attempt.next)).into_response(), &cookie)
        }
        Err(failure) => failed(failure),
    };
    with_cookie(answer, &Attempts::no_cookie(state, *secure))
}

async fn sign_in(
    oidc: &OidcState,
    values: &HashMap<String, String>,
    attempt: &Attempt,
    client: Client,
) -> Result<SignIn, SignInFailure> {
    let provider = &oidc.identity_provider.provider;
    let code = match (values.get("code"), values.get("error").map(String::as_str)) {
        (Some(code), None) => code,
        (_, Some("access_denied")) => return Err(SignInFailure::Cancelled),
        (_, error) => {
            tracing::warn!(?error, "the identity provider refused a sign-in");
            return Err(SignInFailure::Rejected);
        }
    };
    let store = oidc.store.asked_from(client.address);
    let vouched = provider.redeem(code, attempt).await?;
    let known = store.sign_in().with_identity(&vouched.identity, client.clone()).await.map_err(not_let_in)?;
    if let Some(begun) = known {
        return Ok(begun);
    }
    let person = provider.verified_person(&vouched).await?;
    store.sign_in().link_identity(&vouched.identity, &person, client).await.map_err(not_let_in)
}

fn not_let_in(error: store::Error) -> SignInFailure {
    match error {
        store::Error::Refused(Refusal::NotInvited | Refusal::WrongCredentials) => SignInFailure::NotInvited,
        store::Error::Refused(Refusal::LinkedOtherwise) => SignInFailure::LinkedOtherwise,
        fault => {
            tracing::error!(error = %fault, "the store failed");
            SignInFailure::Fault
        }
    }
}

fn failed(failure: SignInFailure) -> Response {
    Redirect::to(&routes::sign_in_failed(failure)).into_response()
}

/// Returns the query's values by name; of several values of one name, the last.
fn values(query: Option<String>) -> HashMap<String, String> {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect()
}

fn with_cookie(mut answer: Response, cookie: &Cookie<'_>) -> Response {
    let value = HeaderValue::try_from(cookie.to_string()).ok();
    answer.headers_mut().extend(value.map(|value| (header::SET_COOKIE, value)));
    answer
}
