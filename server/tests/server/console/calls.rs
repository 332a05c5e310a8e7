//! The use of a token: who may see it, and the files of its last calls.

use app::routes::{self, CALLS_CSV, CALLS_JSON_LINES};
use domain::{
    members::role::Role,
    tokens::{recent_call::CallFilter, scope::Scope, token::TokenId, usage::PERMISSION},
};
use http::{StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::test_app::{TestApp, company_information};

/// Calls twice as two clients, and once without the scope.
async fn open() -> TestApp {
    let app = TestApp::open().await;
    let sid = &app.issued.token.sid;
    for (path, client) in [
        (company_information(sid), "nightly-export"),
        (company_information(sid), "=HYPERLINK(1)"),
        (format!("/Agencies/{sid}/Jobs"), "nightly-export"),
    ] {
        app.send(app.own_request("GET", &path).header(header::USER_AGENT, client), []).await;
    }
    app.store.gate().flush_calls().await.unwrap();
    app
}

#[tokio::test]
async fn members_who_see_a_token_see_its_use() {
    let app = open().await;
    let id = app.issued.token.id;
    for role in Role::ALL {
        let cookie = app.sign_in(role).await;
        let expected = if role.may(PERMISSION) { StatusCode::OK } else { StatusCode::FORBIDDEN };
        for (function, body) in [
            ("usage", json!({ "id": id, "days": 30 })),
            ("usage_by_hour", json!({ "id": id })),
            ("recent_calls", json!({ "id": id, "filter": {} })),
            ("account_usage", json!({})),
        ] {
            let answer = app.function(&format!("/api/tokens/{function}"), Some(&cookie), &body.to_string()).await;
            assert_eq!(answer.status, expected, "{role:?} {function}: {}", answer.text());
        }
        for path in [CALLS_CSV, CALLS_JSON_LINES] {
            let file = app.get_as(&routes::calls(path, id, &CallFilter::default()), &cookie).await;
            assert_eq!((file.status, file.header("cache-control")), (expected, "no-store"), "{role:?} {path}");
        }
    }
    let signed_out = app.get(&routes::calls(CALLS_CSV, id, &CallFilter::default())).await;
    assert_eq!(signed_out.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn files_of_calls_hold_those_that_match() {
    let app = open().await;
    let (id, cookie) = (app.issued.token.id, app.sign_in(Role::AccountAdministrator).await);
    let file = app.get_as(&routes::calls(CALLS_CSV, id, &CallFilter::default()), &cookie).await;
    assert!(file.header("content-type").starts_with("text/csv"));
    let name = file.header("content-disposition");
    assert!(name.starts_with("attachment; filename=\"calls_IR") && name.ends_with(".csv\""), "{name}");
    let text = file.text();
    assert!(text.starts_with("\u{feff}Time,Operation,Version,Status,Address,Client,Value,"), "{text}");
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(text.contains(",getCompanyInformation,3,200,127.0.0.1,'=HYPERLINK(1),0,"), "{text}");
    let lines = async |filter: CallFilter| {
        let file = app.get_as(&routes::calls(CALLS_JSON_LINES, id, &filter), &cookie).await;
        assert_eq!(file.status, StatusCode::OK);
        file.text().lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>()
    };
    let refused = lines(CallFilter { status: Some(403), ..CallFilter::default() }).await;
    assert_eq!((refused.len(), &refused[0]["operation"]), (1, &json!("listJobs")));
    let named = lines(CallFilter { client: Some("=HYPERLINK(1)".to_owned()), ..CallFilter::default() }).await;
    assert_eq!((named.len(), &named[0]["client"]), (1, &json!("=HYPERLINK(1)")));
    let elsewhere = CallFilter { address: Some([192, 0, 2, 7].into()), ..CallFilter::default() };
    assert!(lines(elsewhere).await.is_empty());
}

#[tokio::test]
async fn file_of_calls_needs_a_token_of_the_account() {
    let app = open().await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    let unknown = routes::calls(CALLS_CSV, TokenId(Uuid::now_v7()), &CallFilter::default());
    for path in [CALLS_CSV, &unknown, &format!("{CALLS_CSV}?token=x")] {
        assert_eq!(app.get_as(path, &cookie).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let other = app.issue(&[Scope::GET_COMPANY_INFORMATION]).await;
    let none = app.get_as(&routes::calls(CALLS_CSV, other.token.id, &CallFilter::default()), &cookie).await;
    assert_eq!((none.status, none.text().lines().count()), (StatusCode::OK, 1), "a token without calls");
}
