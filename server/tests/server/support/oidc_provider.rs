//! An identity provider in this process, which can behave like several real ones.

use std::sync::{Arc, Mutex};

use axum::{
    Form, Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub const CLIENT: &str = "kagitaba";
pub const SECRET: &str = "a secret: for tests";

/// The behaviour of a provider.
#[derive(Debug, Clone)]
pub struct Manner {
    /// The end of its issuer after the origin, such as a slash.
    pub issuer_ends: &'static str,
    /// Whether it takes the client secret in the body only, or in the header only. Its description offers both.
    pub secret_in_body: bool,
    /// The claims of the ID token besides those that every ID token has; `aud` and `azp` may be among them.
    pub claims: Value,
    /// The answer of its user info endpoint; `None` if it has no such endpoint.
    pub user_info: Option<Value>,
    /// The HTTP status of its description (`OpenID` Connect Discovery).
    pub status: StatusCode,
}

/// A running provider.
pub struct OidcProvider {
    pub origin: String,
    said: Arc<Mutex<(Manner, String)>>,
}

impl OidcProvider {
    pub async fn open(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let said = Arc::new(Mutex::new((manner, String::new())));
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(describe))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/userinfo", get(user_info))
            .with_state((origin.clone(), Arc::clone(&said)));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { origin, said }
    }

    /// Sets the nonce that the next ID token names.
    pub fn expect(&self, nonce: &str) {
        nonce.clone_into(&mut self.said.lock().unwrap().1);
    }

    /// Changes the provider's behaviour from now on.
    pub fn change(&self, change: impl FnOnce(&mut Manner)) {
        change(&mut self.said.lock().unwrap().0);
    }
}

type Shared = State<(String, Arc<Mutex<(Manner, String)>>)>;

async fn describe(State((origin, said)): Shared) -> Response {
    let (manner, _) = said.lock().unwrap().clone();
    let mut description = json!({
        "issuer": format!("{origin}{}", manner.issuer_ends),
        "authorization_endpoint": format!("{origin}/authorize"),
        "token_endpoint": format!("{origin}/token"),
        "jwks_uri": format!("{origin}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    });
    if manner.user_info.is_some() {
        description["userinfo_endpoint"] = json!(format!("{origin}/userinfo"));
    }
    (manner.status, Json(description)).into_response()
}

fn key() -> SigningKey {
    SigningKey::from_slice(&[9; 32]).unwrap()
}

async fn keys() -> Json<Value> {
    let point = key().verifying_key().to_sec1_point(false);
    let [x, y] = [point.x().unwrap(), point.y().unwrap()].map(|part| URL_SAFE_NO_PAD.encode(part));
    Json(
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "one", "x": x, "y": y }] }),
    )
}

async fn token(
    State((origin, said)): Shared,
    headers: HeaderMap,
    Form(form): Form<std::collections::HashMap<String, String>>,
) -> Response {
    let (manner, nonce) = said.lock().unwrap().clone();
    // RFC 6749, section 2.3.1: both parts are encoded as in a form.
    let basic =
        format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{}", SECRET.replace(':', "%3A").replace(' ', "+"))));
    let in_head = headers.get(header::AUTHORIZATION).is_some_and(|given| given.as_bytes() == basic.as_bytes());
    let in_body = form.get("client_secret").is_some_and(|given| given == SECRET);
    if form.get("code").map(String::as_str) != Some("a-code") || in_body != manner.secret_in_body || in_head == in_body
    {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "error": "invalid_client" }))).into_response();
    }
    let now = store::Clock::system().now().timestamp();
    let mut claims = json!({
        "iss": format!("{origin}{}", manner.issuer_ends), "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce,
    });
    claims.as_object_mut().unwrap().extend(manner.claims.as_object().unwrap().clone());
    let parts = [json!({ "alg": "ES256", "kid": "one" }), claims];
    let [head, payload] = parts.map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let signature: Signature = key().sign(format!("{head}.{payload}").as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(signature.to_bytes());
    let answer = json!({
        "access_token": "an-access-token", "token_type": "Bearer", "expires_in": 300,
        "id_token": format!("{head}.{payload}.{signature}"),
    });
    Json(answer).into_response()
}

async fn user_info(State((_, said)): Shared) -> Json<Value> {
    Json(said.lock().unwrap().0.user_info.clone().unwrap_or_default())
}
