//! Crowds of connections, and requests that HTTP forbids: other clients are still answered.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use domain::members::role::Role;
use http::{StatusCode, header};
use server::http::connections;
use sqlx::{Connection as _, Executor as _, SqliteConnection};

use crate::support::test_app::TestApp;

/// Opens a connection and sends the text.
fn connect(app: &TestApp, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(app.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    stream
}

/// Sends the text and returns the whole answer until the connection ends.
fn exchange(app: &TestApp, text: &str) -> String {
    let mut answer = Vec::new();
    connect(app, text).read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn gate_answers_beside_2_000_half_sent_heads() {
    assert!(connections::raise_limit() > 5_000, "the hard limit of open files is too low for this test");
    for production in [false, true] {
        let app = TestApp::open_as(production, &server::gate::Settings::default()).await;
        let half = "GET /Agencies HTTP/1.1\r\nHost: x\r\nX-Half: ";
        let crowd: Vec<_> = (0..2_000).map(|_| connect(&app, half)).collect();
        let (token, secret) = (&app.issued.token, &app.issued.secret);
        for _ in 0..5 {
            assert_eq!(app.company_information(&token.sid, secret).await.status, StatusCode::OK);
        }
        assert_eq!(app.get("/healthz").await.status, StatusCode::OK);
        drop(crowd);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_session_has_no_more_live_streams_than_its_part() {
    let app = TestApp::open().await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    let path = format!("{}?after=0", app::routes::LIVE);
    let listen = format!("GET {path} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n");
    let mut listening: Vec<_> = (0..16).map(|_| connect(&app, &listen)).collect();
    for stream in &mut listening {
        let mut line = [0; 15];
        stream.read_exact(&mut line).unwrap();
        assert_eq!(&line, b"HTTP/1.1 200 OK");
    }
    let refused = app.send(app.request("GET", &path).header(header::COOKIE, &cookie), []).await;
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"));
    let again = app.sign_in(Role::AccountAdministrator).await;
    let mut another = connect(&app, &listen.replace(&cookie, &again));
    let mut line = [0; 15];
    another.read_exact(&mut line).unwrap();
    assert_eq!(&line, b"HTTP/1.1 200 OK", "another session still has places");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_http_forbids_are_answered_400() {
    let app = TestApp::open().await;
    for (what, head) in [
        ("two Host headers", "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b"),
        ("the same Host twice", "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: a"),
        ("two Host headers of HTTP/1.0", "GET /healthz HTTP/1.0\r\nHost: a\r\nHost: b"),
        ("no Host", "GET /healthz HTTP/1.1\r\nAccept: */*"),
        ("no Host at the gate", "GET /Agencies/x HTTP/1.1\r\nAccept: */*"),
        ("a Host with a path", "GET /healthz HTTP/1.1\r\nHost: a/b"),
        ("a Host with a user", "GET /healthz HTTP/1.1\r\nHost: a@b"),
        ("a Host with a blank", "GET /healthz HTTP/1.1\r\nHost: a b"),
        ("two hosts in one header", "GET /healthz HTTP/1.1\r\nHost: a:1, b:2"),
        ("a folded header", "GET /healthz HTTP/1.1\r\nHost: a\r\nX: b\r\n c"),
        ("a blank before the colon", "GET /healthz HTTP/1.1\r\nHost: a\r\nX : b"),
        ("a blank before the first header", "GET /healthz HTTP/1.1\r\n Host: a"),
        ("a header without a name", "GET /healthz HTTP/1.1\r\nHost: a\r\n: b"),
        ("a header without a colon", "GET /healthz HTTP/1.1\r\nHost: a\r\nX"),
        ("NUL in a value", "GET /healthz HTTP/1.1\r\nHost: a\r\nX: b\0c"),
        ("a bare CR in a value", "GET /healthz HTTP/1.1\r\nHost: a\r\nX: b\rc"),
        ("two lengths", "POST /Agencies HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2"),
        ("a list of lengths", "POST /Agencies HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1"),
        ("a signed length", "POST /Agencies HTTP/1.1\r\nHost: a\r\nContent-Length: +1"),
        ("a negative length", "POST /Agencies HTTP/1.1\r\nHost: a\r\nContent-Length: -1"),
        ("an unknown coding", "POST /Agencies HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip"),
        ("chunked not last", "POST /Agencies HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip"),
        ("chunks in HTTP/1.0", "POST /Agencies HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked"),
        ("no version", "GET /healthz"),
        ("an unknown version", "GET /healthz HTTP/3.0\r\nHost: a"),
        ("no path", "OPTIONS * HTTP/1.1\r\nHost: a"),
    ] {
        let answer = exchange(&app, &format!("{head}\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 400 ") || answer.starts_with("HTTP/1.0 400 "), "{what}: {answer}");
    }
    for host in ["keys.example", "keys.example:3000", "[::1]:3000", ""] {
        let answer = exchange(&app, &format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 200 "), "{host}: {answer}");
    }
}

/// RFC 9112, section 6.1, allows using the chunks alone if the connection is closed after the answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_length_and_chunks_smuggles_no_other() {
    let app = TestApp::open().await;
    for both in ["Content-Length: 4\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 4"] {
        let smuggled = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
        let answers =
            exchange(&app, &format!("POST /healthz HTTP/1.1\r\nHost: a\r\n{both}\r\n\r\n0\r\n\r\n{smuggled}"));
        assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{answers}");
    }
}

#[tokio::test]
async fn readiness_says_whether_the_database_answers() {
    let app = TestApp::open().await;
    let ready = app.get("/readyz").await;
    assert_eq!(
        (ready.status, ready.text().as_str(), ready.header("cache-control")),
        (StatusCode::OK, "ok", "no-store")
    );
    let file = app.folder.path().join("data/kagitaba.db");
    let mut somebody = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.unwrap();
    somebody.execute("ALTER TABLE accounts RENAME TO mislaid").await.unwrap();
    let away = app.get("/readyz").await;
    assert_eq!((away.status, away.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"));
    assert_eq!(app.get("/healthz").await.status, StatusCode::OK, "it runs all the same");
    somebody.execute("ALTER TABLE mislaid RENAME TO accounts").await.unwrap();
    assert_eq!(app.get("/readyz").await.status, StatusCode::OK);
}
