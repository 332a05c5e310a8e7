//! The common behaviour of all operations, and Company Information.

use std::{num::NonZeroU32, pin::pin};

use axum::body::Body;
use domain::tokens::scope::Scope;
use futures_util::{FutureExt as _, stream};
use http::{StatusCode, header};
use serde_json::{Value, json};
use server::gate::{self, Settings};
use sqlx::{Connection as _, Executor as _, SqliteConnection};
use tokio::sync::oneshot;
use tower::ServiceExt as _;

use crate::support::test_app::{Answer, TestApp, basic, company_information};

/// Calls the gate with more headers and a body.
async fn call(app: &TestApp, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Answer {
    let mut request = app.own_request(method, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.send(request, body).await
}

/// Returns an app whose token may also update the company profile.
async fn open() -> TestApp {
    let mut app = TestApp::open().await;
    let scopes = ["getCompanyInformation", "updateCompanyInformation", "createComplianceContent"];
    app.issued = app.issue(&scopes.map(|id| Scope::find(id).unwrap())).await;
    app
}

#[tokio::test]
async fn the_profile_is_changed_in_part() {
    let app = open().await;
    let path = company_information(&app.issued.token.sid);
    let change = json!({ "Website": "https://agency.example", "BillingAddress": { "City": "Kyoto" } }).to_string();
    let answer = call(&app, "PUT", &path, &[("content-type", "application/json")], change).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.json(), json!({ "Status": "OK", "Uri": format!("{path}/") }));

    let profile = call(&app, "GET", &path, &[], []).await.json();
    assert_eq!((&profile["CompanyName"], &profile["Website"]), (&json!("Agency"), &json!("https://agency.example")));
    assert_eq!(profile["BillingAddress"]["City"], "Kyoto");
    // The profile that was read can be sent back.
    assert_eq!(call(&app, "PUT", &path, &[], profile.to_string()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn invalid_body_is_refused_by_field_and_changes_nothing() {
    let app = open().await;
    let path = company_information(&app.issued.token.sid);
    let before = call(&app, "GET", &path, &[], []).await.json();
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let secret = app.issued.secret.reveal();
    let bodies = [
        "{",
        "[]",
        "null",
        "5",
        "\"x\"",
        "{\"CompanyName\":",
        "\u{0}",
        &deep,
        r#"{"CompanyName":5}"#,
        r#"{"Website":"ok","MinimumContactRating":"9"}"#,
        r#"{"BillingAddress":[]}"#,
        r#"{"Unknown":""}"#,
        &json!({ secret: secret }).to_string(),
        &json!({ "Website": [secret] }).to_string(),
        secret,
    ];
    for body in bodies {
        let answer = call(&app, "PUT", &path, &[], body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body:.40}");
        let errors = answer.json()["Errors"].as_array().unwrap().clone();
        assert!(errors.len() == 1 && errors[0]["Message"].as_str().is_some_and(|text| !text.is_empty()), "{errors:?}");
        assert!(!answer.text().contains(secret));
    }
    let invalid = call(&app, "PUT", &path, &[], vec![0xff, 0xfe]).await;
    assert_eq!(invalid.status, StatusCode::BAD_REQUEST);
    assert_eq!(call(&app, "GET", &path, &[], []).await.json(), before);
}

#[tokio::test]
async fn answers_and_errors_are_xml_on_request() {
    let app = open().await;
    let path = company_information(&app.issued.token.sid);
    let answer = call(&app, "GET", &path, &[("accept", "application/xml")], []).await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/xml"));
    let text = answer.text();
    assert!(text.contains("<CompanyInformation><CompanyName>Agency</CompanyName>"), "{text}");
    assert!(text.contains("<BillingAddress><AddressLine1></AddressLine1>"), "{text}");

    let nowhere = call(&app, "GET", "/Agencies/x/Nothing", &[("accept", "text/xml")], []).await;
    assert_eq!((nowhere.status, nowhere.header("content-type")), (StatusCode::NOT_FOUND, "application/xml"));
    assert!(nowhere.text().contains("<Response><Status>ERROR</Status><Message>"), "{}", nowhere.text());
    let stranger = app.send(app.request("GET", &path).header("accept", "application/xml"), []).await;
    assert_eq!((stranger.status, stranger.header("content-type")), (StatusCode::UNAUTHORIZED, "application/xml"));
}

#[tokio::test]
async fn a_single_request_may_ask_for_another_version() {
    let app = open().await;
    let path = company_information(&app.issued.token.sid);
    for (headers, query) in
        [(vec![("ir-version", "2")], ""), (vec![], "?IrVersion=2"), (vec![("IrVersion", "v2.0")], "?IR-Version=2")]
    {
        let answer = call(&app, "GET", &format!("{path}{query}"), &headers, []).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}");
    }
    for (headers, query) in [
        (vec![("ir-version", "4")], ""),
        (vec![], "?IrVersion=x"),
        (vec![("IR-Version", "")], ""),
        (vec![("IR-Version", "3")], "?Ir-Version=2"),
    ] {
        let answer = call(&app, "GET", &format!("{path}{query}"), &headers, []).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(answer.json()["Errors"][0]["Field"], "IrVersion");
    }
}

#[tokio::test]
async fn deprecated_version_is_named_in_headers() {
    let settings = Settings {
        deprecation: vec!["2=2026-10-01".parse().unwrap()],
        sunset: vec!["2=2027-10-01".parse().unwrap()],
        ..Settings::default()
    };
    let app = TestApp::open_as(false, &settings).await;
    let path = company_information(&app.issued.token.sid);
    let two = call(&app, "GET", &path, &[("ir-version", "2")], []).await;
    assert_eq!((two.header("deprecation"), two.header("sunset")), ("@1790812800", "Fri, 01 Oct 2027 00:00:00 GMT"));
    let three = call(&app, "GET", &path, &[], []).await;
    assert_eq!((three.header("deprecation"), three.header("sunset")), ("", ""));
    // Refused calls and calls to unknown paths have the header as well.
    for (method, path) in [("PUT", path.clone()), ("GET", format!("{path}/x"))] {
        let refused = call(&app, method, &path, &[("ir-version", "2")], []).await;
        assert!(refused.status.is_client_error(), "{method} {path}");
        assert_eq!(refused.header("deprecation"), "@1790812800", "{method} {path}");
    }
    let original = [("x-original-method", "GET"), ("x-original-uri", path.as_str()), ("ir-version", "2")];
    assert_eq!(call(&app, "GET", "/authorize", &original, []).await.header("deprecation"), "@1790812800");
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_the_allowed_number_of_simultaneous_calls_passes() {
    let settings = Settings { calls_per_hour: NonZeroU32::new(20), ..Settings::default() };
    let app = TestApp::open_as(false, &settings).await;
    let (sid, secret) = (&app.issued.token.sid, &app.issued.secret);
    let first = app.company_information(sid, secret).await;
    assert_eq!((first.header("x-ratelimit-limit"), first.header("x-ratelimit-remaining")), ("20", "19"));
    assert_eq!(first.header("x-ratelimit-reset"), "180"); // one call comes back in three minutes

    let mut passed = 1;
    let mut answers = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let request = app.request("GET", &company_information(sid)).header(header::AUTHORIZATION, basic(sid, secret));
        let request = request.body(Vec::<u8>::new()).unwrap();
        answers.spawn_blocking(move || {
            let config = ureq::Agent::config_builder().http_status_as_error(false).build();
            ureq::Agent::new_with_config(config).run(request).unwrap().status()
        });
    }
    for status in answers.join_all().await {
        match status {
            StatusCode::OK => passed += 1,
            other => assert_eq!(other, StatusCode::TOO_MANY_REQUESTS),
        }
    }
    assert_eq!(passed, 20);

    let refused = app.company_information(sid, secret).await;
    assert_eq!((refused.status, refused.header("x-ratelimit-remaining")), (StatusCode::TOO_MANY_REQUESTS, "0"));
    let wait: u32 = refused.header("retry-after").parse().unwrap();
    assert!((1..=180).contains(&wait), "{wait}");
    assert_eq!(refused.json()["Status"], "ERROR");
}

#[tokio::test]
async fn operation_of_the_agency_s_own_servers_answers_404() {
    let app = open().await;
    let sid = &app.issued.token.sid;
    let answer = call(&app, "POST", &format!("/Agencies/{sid}/Compliance/Content"), &[], "{}").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.json()["Message"].as_str().unwrap().contains("own server"), "{}", answer.text());
}

#[tokio::test]
async fn openapi_document_is_public_and_names_every_operation() {
    let app = TestApp::open().await;
    let document: Value = app.get("/openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.values().flat_map(|path| path.as_object().unwrap().values());
    assert_eq!(operations.count(), Scope::all().count() + 1, "and who calls");
}

#[tokio::test]
async fn other_endpoints_refuse_other_methods_in_the_same_envelope() {
    let app = TestApp::open().await;
    let cases = [
        ("DELETE", "/downloads/x?expires=1", "GET, HEAD"),
        ("GET", "/oauth2/introspect", "POST"),
        ("PUT", "/openapi.json", "GET, HEAD"),
    ];
    for (method, path, allow) in cases {
        let answer = app.send(app.request(method, path), []).await;
        assert_eq!((answer.status, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, allow), "{path}");
        assert_eq!(answer.headers.get_all("allow").iter().count(), 1, "{path}");
        assert_eq!(answer.json()["Status"], "ERROR", "{path}");
        let xml = app.send(app.request(method, path).header("accept", "application/xml"), []).await;
        assert!(xml.text().contains("<Response><Status>ERROR</Status>"), "{path}: {}", xml.text());
    }
}

#[tokio::test]
async fn every_call_is_recorded_with_its_status() {
    let app = open().await;
    let path = company_information(&app.issued.token.sid);
    call(&app, "GET", &path, &[], []).await;
    call(&app, "GET", &path, &[], []).await;
    call(&app, "PUT", &path, &[], "{").await;
    call(&app, "PUT", &path, &[], " ".repeat(300_000)).await;
    assert_eq!(
        usage(&app).await,
        [
            ("getCompanyInformation".to_owned(), 200, 2),
            ("updateCompanyInformation".to_owned(), 400, 1),
            ("updateCompanyInformation".to_owned(), 413, 1)
        ]
    );
}

#[tokio::test]
async fn a_call_whose_client_hangs_up_is_recorded_too() {
    let app = open().await;
    let path = company_information(&app.issued.token.sid);
    call(&app, "GET", &path, &[], []).await; // from now on the token is known
    let request = app.own_request("PUT", &path).body(Body::from("{}")).unwrap();
    let router = gate::router(app.store.clone(), &Settings::default());
    // While another connection writes, the change must wait.
    let file = app.folder.path().join("data/kagitaba.db");
    let mut somebody = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.unwrap();
    somebody.execute("BEGIN IMMEDIATE").await.unwrap();
    let answer = router.oneshot(request).now_or_never();
    assert!(answer.is_none(), "it waits for the database, and is dropped as a connection drops it that has ended");
    somebody.execute("ROLLBACK").await.unwrap();
    let hung_up = ("updateCompanyInformation".to_owned(), 499, 1);
    assert_eq!(usage(&app).await, [("getCompanyInformation".to_owned(), 200, 1), hung_up]);
}

#[tokio::test]
async fn reset_rejects_a_call_whose_body_is_on_its_way() {
    let app = open().await;
    let token = &app.issued.token;
    let (send, body) = oneshot::channel::<&str>();
    let body = Body::from_stream(stream::once(body));
    let request = app.own_request("PUT", &company_information(&token.sid)).body(body).unwrap();
    let mut answer = pin!(gate::router(app.store.clone(), &Settings::default()).oneshot(request));
    // From now on the token is known, so that only the body is waited for.
    call(&app, "GET", &company_information(&token.sid), &[], []).await;
    assert!(answer.as_mut().now_or_never().is_none());
    app.store.tokens().reset(&app.by, token.id, token.revision).await.unwrap();
    send.send("{}").unwrap();
    assert_eq!(answer.await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

/// Returns today's calls: the operation, the status and the count.
async fn usage(app: &TestApp) -> Vec<(String, u16, u64)> {
    app.store.gate().flush_calls().await.unwrap();
    let today = app.store.clock().now().date_naive();
    let usage = app.store.tokens().usage(app.account(), today - chrono::TimeDelta::days(1), today).await.unwrap();
    let mut usage: Vec<_> = usage.into_iter().map(|one| (one.scope, one.status, one.calls)).collect();
    usage.sort_unstable();
    usage
}
