//! The calls of the last days in the list of access tokens: drawn by the server, so that they need no wasm.

use app::routes;
use domain::{members::role::Role, tokens::scope::Scope};
use http::StatusCode;

use crate::support::test_app::TestApp;

const LIST: &str = "/api/tokens/list";
const ALL: &str = r#"{"filter":{"name":"","created":null,"state":null,"sort":"created","place":"first"}}"#;
const BOTH: &str = "aria-label=\"Calls in the last 30 days: 1 succeeded, 1 failed\"";
const FAILED: &str = "Last call failed:";

/// Calls with the token of the app: one call passes, then one fails.
async fn call(app: &TestApp) {
    let (sid, secret) = (&app.issued.token.sid, &app.issued.secret);
    assert_eq!(app.company_information(sid, secret).await.status, StatusCode::OK);
    let jobs = app.call("GET", &format!("/Agencies/{sid}/Jobs"), sid, secret).await;
    assert_eq!(jobs.status, StatusCode::FORBIDDEN, "{}", jobs.text());
    app.store.gate().flush_calls().await.unwrap();
}

#[tokio::test]
async fn list_draws_the_calls_of_tokens_that_were_called() {
    let app = TestApp::open().await;
    app.issue(&[Scope::GET_COMPANY_INFORMATION]).await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    let page = async |view: &str| app.get_as(&format!("{}?view={view}", routes::TOKENS), &cookie).await.text();
    for view in ["cards", "table"] {
        let html = page(view).await;
        assert!(!html.contains("class=\"sparkline\"") && !html.contains(FAILED), "{view}: {html}");
    }
    call(&app).await;
    for view in ["cards", "table"] {
        let html = page(view).await;
        assert_eq!(html.matches("class=\"sparkline\"").count(), 1, "{view}: {html}");
        assert!(html.contains(BOTH) && html.matches(FAILED).count() == 1, "{view}: {html}");
    }
    app.company_information(&app.issued.token.sid, &app.issued.secret).await;
    app.store.gate().flush_calls().await.unwrap();
    let html = page("cards").await;
    assert!(html.contains("30 days: 2 succeeded, 1 failed") && !html.contains(FAILED), "{html}");
}

#[tokio::test]
async fn list_that_is_read_anew_brings_the_calls_along() {
    let app = TestApp::open().await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    let sparklines = async || app.function(LIST, Some(&cookie), ALL).await.json()["sparklines"].clone();
    assert_eq!(sparklines().await, serde_json::json!([]));
    call(&app).await;
    let sparklines = sparklines().await;
    assert_eq!(sparklines[0]["token"], serde_json::json!(app.issued.token.id));
    assert_eq!(
        (sparklines[0]["days"][29].clone(), sparklines.as_array().unwrap().len()),
        (serde_json::json!([2, 1]), 1)
    );
}

#[tokio::test]
async fn list_and_overview_are_shown_if_calls_can_not_be_read() {
    let app = TestApp::open().await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    call(&app).await;
    let url = format!("sqlite:{}", app.folder.path().join("data/kagitaba.db").display());
    let database = sqlx::SqlitePool::connect(&url).await.unwrap();
    sqlx::query("UPDATE call_packs SET pack = x'00'").execute(&database).await.unwrap();
    let list = app.get_as(routes::TOKENS, &cookie).await.text();
    assert!(list.contains("<article") && !list.contains("class=\"sparkline\""), "{list}");
    let overview = app.get_as(routes::OVERVIEW, &cookie).await.text();
    assert!(overview.contains("?condition=working") && overview.contains("class=\"note failed\""), "{overview}");
    assert!(!overview.contains("No calls in the last 30 days."), "{overview}");
}
