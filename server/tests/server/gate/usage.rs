//! The record of calls and refused calls at the gate: clients, addresses and reasons.

use std::{fs, net::IpAddr, num::NonZeroU32};

use axum::{Router, body::Body};
use chrono::TimeDelta;
use domain::{
    gate::client_address::ClientAddress,
    tokens::{
        client_name::{CLIENTS_MAX, LENGTH_MAX},
        overlap::{Handover, Overlap, TokenValue},
        recent_call::{CallFilter, RecentCalls},
        scope::Scope,
        secret::{AccountSid, Secret},
        token::{Token, TokenSettings},
        usage::{Client, DAYS, REFUSED_ADDRESSES_MAX, RefusedFor, UsageSummary},
    },
};
use http::{StatusCode, header};
use server::gate::{self, Settings};
use store::{Clock, IssuedToken};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::support::test_app::{TestApp, basic, company_information};

/// Returns the use of the token, once everything is written.
async fn summary(app: &TestApp, token: &Token) -> UsageSummary {
    app.store.gate().flush_calls().await.unwrap();
    app.store.tokens().usage_of(app.account(), token.id, DAYS).await.unwrap()
}

/// Returns the last calls of the app's own token with this one of its Auth Tokens, once everything is written.
async fn recent(app: &TestApp, value: Option<TokenValue>) -> RecentCalls {
    app.store.gate().flush_calls().await.unwrap();
    let filter = CallFilter { value, ..CallFilter::default() };
    app.store.tokens().recent_calls(app.account(), app.issued.token.id, &filter).await.unwrap()
}

/// Returns the reasons for which calls of the token were refused, and their numbers.
async fn refused(app: &TestApp, token: &Token) -> Vec<(RefusedFor, u64)> {
    let mut refused: Vec<_> =
        summary(app, token).await.refused.into_iter().map(|from| (from.reason, from.seen.calls)).collect();
    refused.sort_unstable();
    refused
}

/// Calls with this `User-Agent`, byte for byte.
async fn call_as(app: &TestApp, user_agent: &[u8]) {
    let (token, secret) = (&app.issued.token, &app.issued.secret);
    let path = company_information(&token.sid);
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: gate\r\nConnection: close\r\nAuthorization: {}\r\nUser-Agent: ",
        basic(&token.sid, secret)
    );
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    stream.write_all(&[head.as_bytes(), user_agent, b"\r\n\r\n"].concat()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", answer[..100.min(answer.len())].escape_ascii());
}

/// Calls the gate's router from this address, without a network.
async fn call_from(router: &Router, app: &TestApp, address: IpAddr, credentials: &str) -> StatusCode {
    let path = company_information(&app.issued.token.sid);
    let request = app.request("GET", &path).header(header::AUTHORIZATION, credentials);
    let request = request.extension(ClientAddress(address)).body(Body::empty()).unwrap();
    router.clone().oneshot(request).await.unwrap().status()
}

/// Issues a token that has expired an hour ago.
async fn expired(app: &TestApp) -> IssuedToken {
    let then = Clock::system().now() - TimeDelta::days(2);
    let settings = app.issued.token.settings.clone();
    let settings = TokenSettings { expires_at: Some(then + TimeDelta::hours(47)), ..settings };
    app.store.at(Clock::fixed(then)).tokens().create(&app.by, settings, Uuid::now_v7()).await.unwrap()
}

#[tokio::test]
async fn any_user_agent_is_kept_as_a_short_clean_text() {
    let app = TestApp::open().await;
    let long = "x".repeat(64 << 10);
    let clients: [(&[u8], &str); 6] = [
        (long.as_bytes(), &long[..LENGTH_MAX]),
        (b"a\xff\xfeb", "a\u{fffd}\u{fffd}b"),
        (b"<script>alert(1)</script>", "<script>alert(1)</script>"),
        (b"=HYPERLINK(\"https://attacker.example\")", "=HYPERLINK(\"https://attacker.example\")"),
        ("夜間\u{202e}エクスポート\u{85}/2".as_bytes(), "夜間エクスポート/2"),
        (b"nightly-export/1.0", "nightly-export/1.0"),
    ];
    for (user_agent, _) in clients {
        call_as(&app, user_agent).await;
    }
    call_as(&app, b"").await;
    app.store.gate().flush_calls().await.unwrap();
    let tokens = app.store.tokens();
    let recent = tokens.recent_calls(app.account(), app.issued.token.id, &CallFilter::default()).await.unwrap();
    let found: Vec<_> = recent.calls.iter().rev().map(|call| call.client.clone()).collect();
    let named = clients.map(|(_, name)| Client::Named(name.to_owned()));
    assert_eq!(found, [&named[..], &[Client::Unnamed]].concat());
    assert!(recent.calls.iter().all(|call| call.version == 3 && call.status == 200));
}

#[tokio::test]
async fn version_asked_for_is_recorded() {
    let app = TestApp::open().await;
    let path = company_information(&app.issued.token.sid);
    for version in ["2", "3", "9"] {
        app.send(app.own_request("GET", &format!("{path}?IrVersion={version}")), []).await;
    }
    let versions: Vec<_> = summary(&app, &app.issued.token).await.versions;
    let versions: Vec<_> = versions.into_iter().map(|(version, tally)| (version, tally.calls)).collect();
    assert_eq!(versions, [(3, 1), (2, 1), (0, 1)], "9 is none");
}

#[tokio::test]
async fn call_in_an_overlap_says_which_auth_token_it_used() {
    let app = TestApp::open().await;
    let (token, old) = (&app.issued.token, &app.issued.secret);
    let handover = Handover { overlap: Overlap::OneHour, close_when_moved: false };
    app.company_information(&token.sid, old).await;
    let before = recent(&app, None).await;
    assert_eq!((before.calls[0].used, before.in_overlap), (None, false), "there is only one");
    let tokens = app.store.tokens();
    let new = tokens.reset_with_overlap(&app.by, token.id, token.revision, handover).await.unwrap().secret;
    for secret in [old, old, &new] {
        assert_eq!(app.company_information(&token.sid, secret).await.status, StatusCode::OK);
    }
    let all = recent(&app, None).await;
    let used: Vec<_> = all.calls.iter().map(|call| (call.used, call.value)).collect();
    let (is_new, is_old) = ((Some(TokenValue::Current), 0), (Some(TokenValue::Old), 1));
    assert_eq!(used, [is_new, is_old, is_old, (None, 0)], "the last one came before the reset");
    assert!(all.in_overlap);
    let lengths = [recent(&app, Some(TokenValue::Current)).await, recent(&app, Some(TokenValue::Old)).await];
    assert_eq!(lengths.map(|recent| recent.calls.len()), [1, 2]);
    let from = summary(&app, token).await.addresses;
    let by_value: Vec<_> = from.iter().map(|from| (from.value, from.seen.calls)).collect();
    assert_eq!(by_value, [(0, 2), (1, 2)]);

    tokens.stop_old_value(&app.by, token.id).await.unwrap();
    assert!(!recent(&app, None).await.in_overlap);
    assert!(recent(&app, Some(TokenValue::Old)).await.calls.is_empty(), "there is only one again");
}

#[tokio::test]
async fn each_reason_to_refuse_a_known_token_is_counted() {
    let app = TestApp::open().await;
    let (sid, secret) = (&app.issued.token.sid, &app.issued.secret);
    let wrong = Secret::generate(&mut rand::rng());
    let malformed = app.request("GET", &company_information(sid));
    let encoded = basic_text(&format!("{sid}:not an Auth Token"));
    app.send(malformed.header(header::AUTHORIZATION, encoded), []).await;
    assert_eq!(app.company_information(sid, &wrong).await.status, StatusCode::UNAUTHORIZED);
    let own = format!("/Agencies/{sid}/Jobs");
    assert_eq!(app.call("GET", &own, sid, secret).await.status, StatusCode::FORBIDDEN, "without the scope");
    app.store.tokens().disable(&app.by, app.issued.token.id).await.unwrap();
    assert_eq!(app.company_information(sid, secret).await.status, StatusCode::FORBIDDEN);
    let of_first = [(RefusedFor::WrongAuthToken, 2), (RefusedFor::Disabled, 1), (RefusedFor::ScopeMissing, 1)];
    assert_eq!(refused(&app, &app.issued.token).await, of_first);

    let over = expired(&app).await;
    assert_eq!(app.company_information(&over.token.sid, &over.secret).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(refused(&app, &over.token).await, [(RefusedFor::Expired, 1)]);

    let other = app.issue(&[Scope::GET_COMPANY_INFORMATION]).await;
    let (mut policy, revision) = app.store.account().security_policy(app.account()).await.unwrap();
    policy.allowed_addresses = ["192.0.2.0/24".parse().unwrap()].into();
    app.store.account().update_security_policy(&app.by, &policy, revision).await.unwrap();
    assert_eq!(app.company_information(&other.token.sid, &other.secret).await.status, StatusCode::FORBIDDEN);
    app.store.account().disable_api_access(&app.by).await.unwrap();
    let forward = app.call("GET", "/authorize/Agencies/x/Jobs", &other.token.sid, &other.secret).await;
    assert_eq!(forward.status, StatusCode::FORBIDDEN, "asked by a proxy");
    let of_other = [(RefusedFor::ApiAccessOff, 1), (RefusedFor::AddressNotAllowed, 1)];
    assert_eq!(refused(&app, &other.token).await, of_other);
}

/// Returns the header of HTTP Basic with this pair.
fn basic_text(pair: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    format!("Basic {}", STANDARD.encode(pair))
}

#[tokio::test]
async fn call_beyond_the_limit_is_counted_as_refused() {
    let settings = Settings { calls_per_hour: NonZeroU32::new(1), ..Settings::default() };
    let app = TestApp::open_as(false, &settings).await;
    let (sid, secret) = (&app.issued.token.sid, &app.issued.secret);
    assert_eq!(app.company_information(sid, secret).await.status, StatusCode::OK);
    assert_eq!(app.company_information(sid, secret).await.status, StatusCode::TOO_MANY_REQUESTS);
    let summary = summary(&app, &app.issued.token).await;
    assert_eq!((summary.refused[0].reason, summary.refused[0].seen.calls), (RefusedFor::RateLimited, 1));
    assert_eq!(summary.statuses, [(200, 1), (429, 1)], "it is among the calls, too");
}

#[tokio::test]
async fn unknown_sid_and_what_was_sent_as_auth_token_leave_no_trace() {
    let app = TestApp::open().await;
    let mut random = rand::rng();
    let (unknown, wrong) = (AccountSid::generate(&mut random), Secret::generate(&mut random));
    assert_eq!(app.company_information(&unknown, &wrong).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(app.company_information(&app.issued.token.sid, &wrong).await.status, StatusCode::UNAUTHORIZED);
    let odd = basic_text(&format!("{}:hunter2-hunter2", app.issued.token.sid));
    let router = gate::router(app.store.clone(), &Settings::default());
    assert_eq!(call_from(&router, &app, IpAddr::from([192, 0, 2, 9]), &odd).await, StatusCode::UNAUTHORIZED);
    assert_eq!(refused(&app, &app.issued.token).await.iter().map(|(_, calls)| calls).sum::<u64>(), 2);
    let account = app.store.tokens().account_usage(app.account()).await.unwrap();
    assert_eq!(account.days.last().unwrap().tally.refused, 2, "that of an unknown Account SID is not counted");

    let files = fs::read_dir(app.folder.path().join("data")).unwrap().map(|file| file.unwrap().path());
    let stored: Vec<u8> = files.filter(|path| path.is_file()).flat_map(|path| fs::read(path).unwrap()).collect();
    let holds = |text: &str| stored.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds(app.issued.token.sid.as_str()), "the search finds what is there");
    let half = &wrong.reveal()[..wrong.reveal().len() / 2];
    for text in [unknown.as_str(), half, "hunter2"] {
        assert!(!holds(text), "{text}");
    }
}

#[tokio::test]
async fn clients_and_refused_addresses_of_a_day_are_bounded() {
    let app = TestApp::open().await;
    let (sid, secret) = (&app.issued.token.sid, &app.issued.secret);
    let wrong = basic(sid, &Secret::generate(&mut rand::rng()));
    let router = gate::router(app.store.clone(), &Settings::default());
    for number in 0..2_000_u32 {
        let address = IpAddr::from(number.to_be_bytes());
        assert_eq!(call_from(&router, &app, address, &wrong).await, StatusCode::UNAUTHORIZED);
    }
    for number in 0..CLIENTS_MAX + 5 {
        call_as(&app, format!("client {number}").as_bytes()).await;
    }
    assert_eq!(call_from(&router, &app, IpAddr::from([192, 0, 2, 1]), &basic(sid, secret)).await, StatusCode::OK);
    let summary = summary(&app, &app.issued.token).await;
    let others = summary.clients.iter().find(|from| from.client == Client::Others).unwrap();
    assert_eq!((summary.clients.len(), others.seen.calls), (CLIENTS_MAX + 2, 5), "and one without a name");
    let database = format!("sqlite:{}", app.folder.path().join("data/kagitaba.db").display());
    let database = sqlx::SqlitePool::connect(&database).await.unwrap();
    let rows = sqlx::query_as::<_, (i64, i64)>("SELECT COUNT(*), SUM(calls) FROM refused_calls");
    let most = i64::try_from(REFUSED_ADDRESSES_MAX).unwrap() + 1;
    assert_eq!(rows.fetch_one(&database).await.unwrap(), (most, 2_000));
}
