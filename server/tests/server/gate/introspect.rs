//! Introspection of callers' credentials by a service (RFC 7662).

use domain::tokens::{scope::Scope, secret::Secret};
use http::{StatusCode, header};
use serde_json::{Value, json};

use crate::support::test_app::{Answer, TestApp, basic};

/// Introspects with the credentials of a service that may do so.
async fn ask(app: &TestApp, form: &str) -> Answer {
    let service = app.issue(&[Scope::GET_ACCESS_TOKEN]).await;
    let request = app.request("POST", "/oauth2/introspect").header("content-type", "application/x-www-form-urlencoded");
    app.send(request.header(header::AUTHORIZATION, basic(&service.token.sid, &service.secret)), form).await
}

fn form(pair: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair("token", pair).finish()
}

#[tokio::test]
async fn introspection_of_right_credentials_is_active_with_scopes() {
    let app = TestApp::open().await;
    let (token, secret) = (&app.issued.token, &app.issued.secret);
    let pair = format!("{}:{}", token.sid, secret.reveal());
    let encoded = basic(&token.sid, secret).replace("Basic ", "");
    for asked in [&pair, &encoded] {
        let answer = ask(&app, &form(asked)).await;
        assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::OK, "no-store"));
        let expected = json!({
            "active": true, "scope": "getCompanyInformation", "client_id": token.sid, "token_type": "Basic",
            "sub": token.id, "api_version": 3,
        });
        assert_eq!(answer.json(), expected);
        assert!(!answer.text().contains(secret.reveal()));
    }
    app.store.tokens().disable(&app.by, token.id).await.unwrap();
    assert_eq!(ask(&app, &form(&pair)).await.json(), json!({ "active": false }));
}

#[tokio::test]
async fn introspection_of_anything_else_is_not_active() {
    let app = TestApp::open().await;
    let wrong = format!("{}:{}", app.issued.token.sid, Secret::generate(&mut rand::rng()).reveal());
    for asked in ["", ":", "x", &wrong, &"x".repeat(5_000), "鍵:束"] {
        assert_eq!(ask(&app, &form(asked)).await.json(), json!({ "active": false }), "{asked:.20}");
    }
}

#[tokio::test]
async fn introspection_needs_the_scope_to_retrieve_tokens() {
    let app = TestApp::open().await;
    let request =
        || app.request("POST", "/oauth2/introspect").header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(app.send(request(), "token=x").await.status, StatusCode::UNAUTHORIZED);
    let credentials = basic(&app.issued.token.sid, &app.issued.secret);
    let other = app.send(request().header(header::AUTHORIZATION, credentials), "token=x").await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
    let nothing: Value = ask(&app, "").await.json();
    assert_eq!(nothing["Errors"][0]["Field"], "token");
}
