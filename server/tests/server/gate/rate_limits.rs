//! Rate limits of an account, and the headers that report them.

use std::num::NonZeroU32;

use domain::tokens::{
    scope::Scope,
    secret::{AccountSid, Secret},
};
use http::{StatusCode, header};
use serde_json::json;
use server::gate::Settings;

use crate::{
    gate::{
        jobs::{ended, export, work},
        reports::{self, call, get},
    },
    support::test_app::{Answer, TestApp, company_information},
};

/// Returns the limit and the remaining calls that the answer gives.
fn left(answer: &Answer) -> (&str, &str) {
    assert_eq!(answer.header("x-ratelimit-limit").is_empty(), answer.header("x-ratelimit-reset").is_empty());
    (answer.header("x-ratelimit-limit"), answer.header("x-ratelimit-remaining"))
}

async fn open(calls_per_hour: u32) -> TestApp {
    let settings = Settings { calls_per_hour: NonZeroU32::new(calls_per_hour), ..Settings::default() };
    TestApp::open_as(false, &settings).await
}

#[tokio::test]
async fn failed_call_counts_too_and_gives_the_remaining_calls() {
    let app = open(12).await;
    let sid = &app.issued.token.sid;
    let own = company_information(sid);
    let other = app.issue(&[Scope::GET_COMPANY_INFORMATION]).await.token.sid;
    let large = vec![b'x'; 300_000];
    let calls = [
        ("GET", own.clone(), StatusCode::OK),
        ("GET", company_information(&other), StatusCode::FORBIDDEN),
        ("GET", format!("/Agencies/{sid}/ReportExport/audit_log"), StatusCode::FORBIDDEN),
        ("GET", format!("/Agencies/{sid}/Nothing"), StatusCode::NOT_FOUND),
        ("GET", "/Agencies".to_owned(), StatusCode::NOT_FOUND),
        ("POST", own.clone(), StatusCode::METHOD_NOT_ALLOWED),
        ("GET", format!("{own}?IrVersion=9"), StatusCode::BAD_REQUEST),
        ("HEAD", format!("{own}?IrVersion=9"), StatusCode::BAD_REQUEST),
        ("PUT", own.clone(), StatusCode::PAYLOAD_TOO_LARGE),
        ("GET", "/authorize".to_owned(), StatusCode::FORBIDDEN),
        ("GET", "/authorize/Agencies/x/Jobs".to_owned(), StatusCode::FORBIDDEN),
    ];
    let mut rest = 12;
    for (method, path, status) in calls {
        let body = if status == StatusCode::PAYLOAD_TOO_LARGE { large.clone() } else { Vec::new() };
        let answer = app.send(app.own_request(method, &path), body).await;
        rest -= 1;
        assert_eq!((answer.status, left(&answer)), (status, ("12", &*rest.to_string())), "{method} {path}");
        assert_eq!(answer.header("retry-after"), "");
    }
    let introspected = app.send(app.own_request("POST", "/oauth2/introspect"), "token=x").await;
    assert_eq!((introspected.status, left(&introspected)), (StatusCode::FORBIDDEN, ("12", "0")));
    for path in [own, "/Agencies".to_owned(), "/authorize".to_owned()] {
        let refused = app.send(app.own_request("GET", &path), []).await;
        assert_eq!((refused.status, left(&refused)), (StatusCode::TOO_MANY_REQUESTS, ("12", "0")), "{path}");
        assert_ne!(refused.header("retry-after"), "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_and_passed_calls_share_one_exact_limit() {
    let app = open(20).await;
    let sid = &app.issued.token.sid;
    let mut answers = tokio::task::JoinSet::new();
    for number in 0..60 {
        let path = if number % 2 == 0 { company_information(sid) } else { format!("/Agencies/{sid}/Nothing") };
        let request = app.own_request("GET", &path).body(Vec::<u8>::new()).unwrap();
        answers.spawn_blocking(move || {
            let config = ureq::Agent::config_builder().http_status_as_error(false).build();
            ureq::Agent::new_with_config(config).run(request).unwrap().status()
        });
    }
    let limited = StatusCode::TOO_MANY_REQUESTS;
    assert_eq!(answers.join_all().await.into_iter().filter(|status| *status != limited).count(), 20);
}

#[tokio::test]
async fn wrong_credentials_cost_no_call_and_get_no_limit_headers() {
    let app = open(2).await;
    let sid = &app.issued.token.sid;
    let wrong = Secret::generate(&mut rand::rng());
    for path in [company_information(sid), "/authorize".to_owned(), "/Agencies".to_owned()] {
        for request in [app.request("GET", &path), app.request_with("GET", &path, sid, &wrong)] {
            let answer = app.send(request, []).await;
            assert_eq!((answer.status, left(&answer)), (StatusCode::UNAUTHORIZED, ("", "")), "{path}");
        }
    }
    let large = app.send(app.request("PUT", &company_information(sid)), vec![b'x'; 300_000]).await;
    assert_eq!((large.status, left(&large)), (StatusCode::PAYLOAD_TOO_LARGE, ("", "")));
    let passed = app.company_information(sid, &app.issued.secret).await;
    assert_eq!((passed.status, left(&passed)), (StatusCode::OK, ("2", "1")));
}

#[tokio::test]
async fn disabled_token_or_api_access_costs_the_account_no_call() {
    let app = open(3).await;
    let disabled = app.issue(&[Scope::GET_COMPANY_INFORMATION]).await;
    let ask = async |sid: &AccountSid, secret: &Secret, expected: (StatusCode, &str)| {
        for path in [company_information(sid), format!("/authorize{}", company_information(sid))] {
            let answer = app.call("GET", &path, sid, secret).await;
            assert_eq!((answer.status, left(&answer)), (expected.0, ("3", expected.1)), "{path}");
        }
    };
    app.store.tokens().disable(&app.by, disabled.token.id).await.unwrap();
    ask(&disabled.token.sid, &disabled.secret, (StatusCode::FORBIDDEN, "3")).await;
    let nowhere = app.call("GET", "/Agencies/x/Nothing", &disabled.token.sid, &disabled.secret).await;
    assert_eq!((nowhere.status, left(&nowhere)), (StatusCode::NOT_FOUND, ("3", "3")));

    let (sid, secret) = (&app.issued.token.sid, &app.issued.secret);
    app.store.account().disable_api_access(&app.by).await.unwrap();
    ask(sid, secret, (StatusCode::FORBIDDEN, "3")).await;
    app.store.account().enable_api_access(&app.by).await.unwrap();
    for rest in ["2", "1", "0"] {
        assert_eq!(left(&app.company_information(sid, secret).await), ("3", rest));
    }
    ask(&disabled.token.sid, &disabled.secret, (StatusCode::FORBIDDEN, "0")).await;
}

#[tokio::test]
async fn replay_counts_as_an_export_and_a_refused_export_does_not() {
    let settings = Settings { exports_per_day: NonZeroU32::new(2), ..Settings::default() };
    let app = reports::open_as(&settings).await;
    work(&app);
    let (own, secret) = (&app.issued.token.sid, &app.issued.secret);
    let other = app.issue(&[Scope::GET_COMPANY_INFORMATION]).await.token;
    let beside = format!("/Agencies/{}/ReportExport/audit_log", other.sid);
    let refused = app.call("GET", &beside, own, secret).await;
    assert_eq!((refused.status, left(&refused).0), (StatusCode::FORBIDDEN, "1000"));

    let job = export(&app, "").await;
    ended(&app, &job).await;
    let replay = async || call(&app, "PUT", &format!("{job}/Replay"), ("accept", "*/*")).await;
    let replayed = replay().await;
    assert_eq!((replayed.status, left(&replayed)), (StatusCode::OK, ("2", "0")));
    for refused in [replay().await, get(&app, "/ReportExport/audit_log").await] {
        assert_eq!((refused.status, left(&refused)), (StatusCode::TOO_MANY_REQUESTS, ("2", "0")));
        let wait: u32 = refused.header("retry-after").parse().unwrap();
        assert!((1..=43_200).contains(&wait), "{wait}");
    }
    let jobs = get(&app, "/Jobs").await;
    assert_eq!((left(&jobs).0, jobs.json().as_array().unwrap().len()), ("1000", 2));
}

#[tokio::test]
async fn an_introspection_is_a_call_of_the_service_s_own_token() {
    let app = open(2).await;
    let service = app.issue(&[Scope::GET_ACCESS_TOKEN]).await;
    let ask = async || {
        let request = app.request_with("POST", "/oauth2/introspect", &service.token.sid, &service.secret);
        app.send(request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"), "token=x").await
    };
    for rest in ["1", "0"] {
        let answer = ask().await;
        assert_eq!((answer.json(), left(&answer)), (json!({ "active": false }), ("2", rest)));
    }
    assert_eq!(ask().await.status, StatusCode::TOO_MANY_REQUESTS);
    app.store.gate().flush_calls().await.unwrap();
    assert!(app.store.tokens().get(app.account(), service.token.id).await.unwrap().last_used_at.is_some());
}
