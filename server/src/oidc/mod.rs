//! Signing in at an identity provider by `OpenID` Connect: the way there, and back with a code.
//!
//! It is the authorization code flow with PKCE. What one sign-in needs at its end is in a cookie of the browser that
//! began it, sealed: state, nonce, code verifier and where to go on. It is good for ten minutes, and once.

mod attempt;
mod claims;
mod provider;
mod settings;

use std::{collections::HashMap, sync::Arc};

use app::{
    api::session,
    path::{self, SignInFailure},
};
use axum::{
    Router,
    extract::{Extension, RawQuery, State},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use cookie::Cookie;
use domain::gate::client_address::{ClientAddress, UNKNOWN};
use http::{HeaderMap, HeaderValue, header};
use store::{Client, PendingSignIn, SealingKey, SessionToken, Store};

use self::attempt::Attempts;
use self::provider::Provider;
pub use self::settings::{ClientAuth, Settings};

/// Longest path to go on to, in bytes. Longer ones lead to the settings.
const NEXT_MAX: usize = 1024;

/// Signing in at one identity provider.
pub struct IdentityProvider {
    /// What people know it by.
    pub name: String,
    provider: Provider,
    attempts: Attempts,
    /// Whether cookies are for TLS only.
    secure: bool,
}

impl std::fmt::Debug for IdentityProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdentityProvider").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What the routes work with.
#[derive(Clone)]
struct Door {
    store: Store,
    identity_provider: Arc<IdentityProvider>,
}

impl Door {
    /// What the cookies of sign-ins are sealed with.
    fn key(&self) -> SealingKey {
        self.store.sealing_key("sign-ins at the identity provider")
    }
}

/// The routes.
pub fn router(store: Store, identity_provider: Arc<IdentityProvider>) -> Router {
    Router::new()
        .route(path::IDENTITY_PROVIDER, get(begin))
        .route(path::IDENTITY_PROVIDER_CALLBACK, get(end))
        .with_state(Door { store, identity_provider })
}

/// Sends the browser to the provider, with what it needs on its way back.
async fn begin(State(door): State<Door>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let IdentityProvider { provider, secure, .. } = &*door.identity_provider;
    // A longer one would make the cookie larger than browsers keep.
    let next = values(query).remove("next").filter(|next| next.len() <= NEXT_MAX);
    let next = session::path_within(&next.unwrap_or_default());
    match provider.begin(next).await {
        Ok((address, attempt)) => {
            let (key, now) = (door.key(), door.store.clock().now());
            let mut cookies = Attempts::surplus(&key, &headers, now, *secure);
            cookies.push(Attempts::cookie(&key, &attempt, now, *secure));
            cookies.iter().fold(Redirect::to(address.as_str()).into_response(), with_cookie)
        }
        Err(failure) => failed(failure),
    }
}

/// Signs in whom the provider vouches for, if they are somebody here.
async fn end(
    State(door): State<Door>,
    client: Option<Extension<ClientAddress>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let IdentityProvider { attempts, secure, .. } = &*door.identity_provider;
    let values = values(query);
    let state = values.get("state").map(String::as_str).unwrap_or_default();
    // The cookie of another sign-in, which this is not the end of, stays.
    let Some(attempt) = attempts.take(&door.key(), &headers, state, door.store.clock().now()) else {
        return failed(SignInFailure::Over);
    };
    let address = client.map_or(UNKNOWN, |Extension(ClientAddress(address))| address);
    let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let client = Client { address, user_agent: user_agent.to_owned(), session: crate::session::token_of(&headers) };
    let answer = match sign_in(&door, &values, &attempt, client).await {
        Ok(SignedIn::Wholly(session)) => {
            let cookie = session::cookie::with(session.reveal(), *secure);
            with_cookie(Redirect::to(&attempt.next).into_response(), &cookie)
        }
        Ok(SignedIn::ByFirstStep(pending)) => {
            let cookie = session::cookie::pending_with(pending.reveal(), *secure);
            with_cookie(Redirect::to(&path::second_step_then(&attempt.next)).into_response(), &cookie)
        }
        Err(failure) => failed(failure),
    };
    with_cookie(answer, &Attempts::no_cookie(state, *secure))
}

/// How far a person has come.
enum SignedIn {
    Wholly(SessionToken),
    ByFirstStep(PendingSignIn),
}

async fn sign_in(
    door: &Door,
    values: &HashMap<String, String>,
    attempt: &attempt::Attempt,
    client: Client,
) -> Result<SignedIn, SignInFailure> {
    let provider = &door.identity_provider.provider;
    let code = match (values.get("code"), values.get("error").map(String::as_str)) {
        (Some(code), None) => code,
        (_, Some("access_denied")) => return Err(SignInFailure::Cancelled),
        (_, error) => {
            tracing::warn!(?error, "the identity provider refused a sign-in");
            return Err(SignInFailure::Rejected);
        }
    };
    let store = door.store.asked_from(client.address);
    let vouched = provider.redeem(code, attempt).await?;
    let begun = match store.sign_in_by_identity(&vouched.identity, client.clone()).await {
        Ok(None) => {
            let person = provider.verified_person(&vouched).await?;
            store.link_identity(&vouched.identity, &person, client).await
        }
        Ok(Some(session)) => Ok(session),
        Err(error) => Err(error),
    };
    match begun {
        Ok(session) => Ok(SignedIn::Wholly(session)),
        Err(store::Error::SecondStepNeeded(pending)) => Ok(SignedIn::ByFirstStep(pending)),
        Err(error) => Err(not_let_in(error)),
    }
}

fn not_let_in(error: store::Error) -> SignInFailure {
    match error {
        store::Error::NotInvited | store::Error::WrongCredentials => SignInFailure::NotInvited,
        store::Error::LinkedOtherwise => SignInFailure::LinkedOtherwise,
        fault => {
            tracing::error!(error = %fault, "the store failed");
            SignInFailure::Fault
        }
    }
}

fn failed(failure: SignInFailure) -> Response {
    Redirect::to(&path::sign_in_failed(failure)).into_response()
}

/// The query's values by name; of several of one name, the last.
fn values(query: Option<String>) -> HashMap<String, String> {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect()
}

fn with_cookie(mut answer: Response, cookie: &Cookie<'_>) -> Response {
    let value = HeaderValue::try_from(cookie.to_string()).ok();
    answer.headers_mut().extend(value.map(|value| (header::SET_COOKIE, value)));
    answer
}
