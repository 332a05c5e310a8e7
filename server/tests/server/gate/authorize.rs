//! Forward authentication: the answers to a proxy in front of other servers.

use http::{StatusCode, header};
use server::gate::Settings;
use std::num::NonZeroU32;

use crate::support::test_app::{Answer, TestApp, basic};

/// Asks about a call below the token's own SID, as nginx does.
async fn ask(app: &TestApp, method: &str, below: &str) -> Answer {
    let sid = &app.issued.token.sid;
    let request = app.own_request("GET", "/authorize");
    let request =
        request.header("X-Original-Method", method).header("X-Original-URI", format!("/Agencies/{sid}{below}"));
    app.send(request, []).await
}

#[tokio::test]
async fn authorize_answers_200_for_allowed_calls_and_403_for_others() {
    let app = TestApp::open().await;
    let passed = ask(&app, "GET", "/CompanyInformation?IrVersion=2").await;
    assert_eq!((passed.status, passed.body.len()), (StatusCode::OK, 0));
    assert_eq!(passed.header("cache-control"), "no-store");
    assert_eq!(passed.header("x-account-sid"), app.issued.token.sid.as_str());
    assert_eq!(passed.header("x-token-id"), app.issued.token.id.0.to_string());
    assert_eq!(passed.header("x-token-scopes"), "getCompanyInformation");
    assert_eq!(passed.header("x-api-version"), "2");
    assert_eq!(passed.header("x-ratelimit-remaining"), "999");

    for (method, below) in [
        ("GET", "/Jobs"),
        ("PUT", "/CompanyInformation"),
        ("GET", "/Nothing"),
        ("BREW", "/CompanyInformation"),
        ("GET", "/CompanyInformation?IrVersion=9"),
        ("GET", "/x/%2e%2e/CompanyInformation"),
    ] {
        let refused = ask(&app, method, below).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{method} {below}");
        assert_eq!(refused.json()["Status"], "ERROR");
        assert_eq!((refused.header("x-account-sid"), refused.header("cache-control")), ("", "no-store"));
    }
}

#[tokio::test]
async fn authorize_refuses_wrong_disabled_or_exhausted_tokens_at_once() {
    let app = TestApp::open_as(false, &Settings { calls_per_hour: NonZeroU32::new(3), ..Settings::default() }).await;
    let stranger = app.request("GET", "/authorize").header("X-Original-URI", "/Agencies/x/Jobs");
    let stranger = app.send(stranger, []).await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    assert!(stranger.header("www-authenticate").starts_with("Basic"));

    let token = &app.issued.token;
    app.store.tokens().disable(&app.by, token.id).await.unwrap();
    assert_eq!(ask(&app, "GET", "/CompanyInformation").await.status, StatusCode::FORBIDDEN);
    app.store.tokens().enable(&app.by, token.id).await.unwrap();
    for _ in 0..3 {
        assert_eq!(ask(&app, "GET", "/CompanyInformation").await.status, StatusCode::OK);
    }
    let refused = ask(&app, "GET", "/CompanyInformation").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_ne!(refused.header("retry-after"), "");
}

#[tokio::test]
async fn client_can_t_have_another_call_checked_than_its_own() {
    let app = TestApp::open().await;
    let sid = &app.issued.token.sid;
    let ask = async |below: &str, forged: &[(&str, String)]| {
        let request = app.own_request("GET", "/authorize").header("X-Forwarded-Method", "GET");
        let request = request.header("X-Forwarded-Uri", format!("/Agencies/{sid}{below}"));
        let request = forged.iter().fold(request, |request, (name, value)| request.header(*name, value));
        app.send(request, []).await.status
    };
    assert_eq!(ask("/CompanyInformation", &[]).await, StatusCode::OK);
    assert_eq!(ask("/Jobs", &[]).await, StatusCode::FORBIDDEN);
    let allowed = format!("/Agencies/{sid}/CompanyInformation");
    let forged = [("X-Original-URI", allowed.clone()), ("X-Original-Method", "GET".to_owned())];
    assert_eq!(ask("/Jobs", &forged).await, StatusCode::FORBIDDEN);
    assert_eq!(ask("/Jobs", &[("X-Original-URL", format!("https://x{allowed}"))]).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn envoy_asks_with_the_call_s_own_method_and_path() {
    let app = TestApp::open().await;
    let sid = &app.issued.token.sid;
    let credentials = basic(sid, &app.issued.secret);
    let ask = async |method: &str| {
        let request = app.request(method, &format!("/authorize/Agencies/{sid}/CompanyInformation"));
        app.send(request.header(header::AUTHORIZATION, &credentials), []).await.status
    };
    assert_eq!(ask("GET").await, StatusCode::OK);
    assert_eq!(ask("PUT").await, StatusCode::FORBIDDEN);
}
