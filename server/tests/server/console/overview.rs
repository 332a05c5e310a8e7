//! The overview's calls, tokens that fail and open overlaps: shown by the server, so that they need no wasm.

use app::routes;
use domain::{
    members::role::Role,
    tokens::overlap::{Handover, Overlap},
};
use http::StatusCode;

use crate::support::test_app::TestApp;

const CALM: &str = "Nothing needs your attention";
const NONE: &str = "No calls in the last 30 days.";
const FAILING: &str = "Failing access tokens";
const OVERLAPS: &str = "Old Auth Tokens that still work";

#[tokio::test]
async fn overview_shows_calls_and_says_if_there_are_none() {
    let app = TestApp::open().await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    let page = async || app.get_as(routes::OVERVIEW, &cookie).await.text();
    let html = page().await;
    assert!(html.contains(CALM) && html.contains(NONE) && !html.contains("class=\"chart-bars\""), "{html}");
    assert!(!html.contains(FAILING) && !html.contains(OVERLAPS), "{html}");

    app.company_information(&app.issued.token.sid, &app.issued.secret).await;
    app.store.gate().flush_calls().await.unwrap();
    let html = page().await;
    assert!(html.contains("class=\"chart-bars\"") && html.contains(": 1 succeeded, 0 failed."), "{html}");
    assert!(html.contains(CALM) && !html.contains(NONE), "{html}");
}

#[tokio::test]
async fn overview_names_tokens_that_fail_until_a_call_passes() {
    let app = TestApp::open().await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    let (sid, secret) = (&app.issued.token.sid, &app.issued.secret);
    let page = async || {
        app.store.gate().flush_calls().await.unwrap();
        app.get_as(routes::OVERVIEW, &cookie).await.text()
    };
    let jobs = app.call("GET", &format!("/Agencies/{sid}/Jobs"), sid, secret).await;
    assert_eq!(jobs.status, StatusCode::FORBIDDEN, "{}", jobs.text());
    let html = page().await;
    let link = format!("href=\"{}#usage\"", routes::token(app.issued.token.id));
    assert!(html.contains(FAILING) && html.contains(&link) && html.contains(": 0 succeeded, 1 failed."), "{html}");
    assert!(!html.contains(CALM), "{html}");

    app.company_information(sid, secret).await;
    let html = page().await;
    assert!(!html.contains(FAILING) && html.contains(CALM), "{html}");
}

#[tokio::test]
async fn overview_names_open_overlaps_with_their_end() {
    let app = TestApp::open().await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    let token = &app.issued.token;
    let handover = Handover { overlap: Overlap::OneDay, close_when_moved: false };
    app.store.tokens().reset_with_overlap(&app.by, token.id, token.revision, handover).await.unwrap();
    let html = app.get_as(routes::OVERVIEW, &cookie).await.text();
    let link = format!("href=\"{}#usage\"", routes::token(token.id));
    assert!(html.contains(OVERLAPS) && html.contains(&link) && html.contains("Old Auth Token works until"), "{html}");
}
