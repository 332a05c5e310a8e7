//! Live changes: the events sent to a listening page, and the end of the stream.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    time::Duration,
};

use chrono::{DateTime, TimeDelta};
use domain::{
    members::{role::Role, user::UserId},
    tokens::{filter::TokenFilter, scope::Scope},
};
use http::StatusCode;
use serde_json::{Value, json};
use store::{Clock, SESSION_IDLE};

use crate::support::test_app::{TestApp, issue};

/// An open connection to the stream of events.
struct Listener(BufReader<TcpStream>);

impl Listener {
    /// Listens to the changes after that audit entry.
    fn open(app: &TestApp, cookie: &str, after: i64) -> Self {
        let mut stream = TcpStream::connect(app.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let path = app::routes::LIVE;
        write!(stream, "GET {path}?after={after} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n").unwrap();
        let mut listener = Self(BufReader::new(stream));
        assert_eq!(listener.line(), "HTTP/1.1 200 OK");
        listener
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "the stream has ended");
        line.trim_end().to_owned()
    }

    /// Waits for the next event, and returns its name, and its data if that is JSON.
    fn event(&mut self) -> (String, Value) {
        let mut name = String::new();
        loop {
            let line = self.line();
            if let Some(event) = line.strip_prefix("event: ") {
                event.clone_into(&mut name);
            } else if let Some(data) = line.strip_prefix("data:") {
                return (name, serde_json::from_str(data.trim()).unwrap_or_default());
            }
        }
    }

    /// Waits for the end of the answer: its last, empty chunk.
    fn end(mut self) {
        while self.line() != "0" {}
    }
}

async fn last(app: &TestApp) -> i64 {
    app.store.audit().last_entry(app.account()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn page_gets_changes_of_others_and_misses_none_on_reconnect() {
    let app = TestApp::open().await;
    let (cookie, token) = (app.sign_in(Role::ImplementationSpecialist).await, app.issued.token.id);
    let from = last(&app).await;
    let mut listener = Listener::open(&app, &cookie, from);
    app.store.tokens().disable(&app.by, token).await.unwrap();
    let (name, change) = tokio::task::block_in_place(|| listener.event());
    assert_eq!(
        (name.as_str(), &change["action"], &change["token"]),
        ("change", &"token_disabled".into(), &token.0.to_string().into())
    );
    assert_eq!(change["user"]["name"], app.by.user.name);
    drop(listener);

    app.store.tokens().enable(&app.by, token).await.unwrap();
    app.store.tokens().delete(&app.by, token).await.unwrap();
    let mut again = Listener::open(&app, &cookie, change["sequence"].as_i64().unwrap());
    let heard = tokio::task::block_in_place(|| [again.event(), again.event()]);
    assert_eq!(heard.map(|(_, change)| change["action"].clone()), ["token_enabled", "token_deleted"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn page_gets_no_changes_of_other_accounts() {
    let app = TestApp::open().await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    let mut listener = Listener::open(&app, &cookie, last(&app).await);
    let account = app.store.account().add("Another agency").await.unwrap();
    let user = store::NewUser {
        name: "Otto".to_owned(),
        email: "otto@other.example".to_owned(),
        password: crate::support::test_app::PASSWORD.to_owned(),
        role: Role::AccountAdministrator,
    };
    let id = app.store.members().add(account, user).await.unwrap();
    let user = app.store.members().people(account).await.unwrap().into_iter().find(|person| person.id == id).unwrap();
    let other = domain::members::user::CurrentUser {
        account,
        account_name: "Another agency".to_owned(),
        user,
        ..app.by.clone()
    };
    issue(&app.store, &other, &[Scope::GET_COMPANY_INFORMATION]).await;
    app.store.tokens().disable(&app.by, app.issued.token.id).await.unwrap();
    let (_, first) = tokio::task::block_in_place(|| listener.event());
    assert_eq!(first["action"], "token_disabled");
}

#[tokio::test(flavor = "multi_thread")]
async fn role_change_deactivation_and_sign_out_end_the_stream() {
    let app = TestApp::open().await;
    let member = async |role: Role| {
        let people = app.store.members().people(app.account()).await.unwrap();
        people.into_iter().find(|person| person.email == crate::support::test_app::email(role)).unwrap().id
    };
    let specialist: UserId = member(Role::ImplementationSpecialist).await;
    let listen = async |role| {
        let cookie = app.sign_in(role).await;
        (Listener::open(&app, &cookie, last(&app).await), cookie)
    };

    let (mut listener, _) = listen(Role::ImplementationSpecialist).await;
    app.store.members().change_role(&app.by, specialist, Role::Analyst).await.unwrap();
    assert_eq!(tokio::task::block_in_place(|| listener.event()).0, "end");
    tokio::task::block_in_place(|| listener.end());

    app.store.members().change_role(&app.by, specialist, Role::ImplementationSpecialist).await.unwrap();
    let (mut listener, _) = listen(Role::ImplementationSpecialist).await;
    app.store.members().deactivate(&app.by, specialist).await.unwrap();
    assert_eq!(tokio::task::block_in_place(|| listener.event()).0, "end");

    let (mut listener, cookie) = listen(Role::AccountAdministrator).await;
    let sign_out = app.request("POST", "/api/session/sign_out").header("sec-fetch-site", "same-origin");
    let form = sign_out.header(http::header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    assert_eq!(app.send(form.header(http::header::COOKIE, &cookie), []).await.status, StatusCode::OK);
    assert_eq!(tokio::task::block_in_place(|| listener.event()).0, "end");
}

#[tokio::test]
async fn live_stream_needs_the_right_to_see_tokens() {
    let app = TestApp::open().await;
    let path = format!("{}?after=0", app::routes::LIVE);
    assert_eq!(app.get(&path).await.status, StatusCode::UNAUTHORIZED);
    let listen = async |cookie: &str, path: &str| {
        let request = app.request("GET", path).header(http::header::COOKIE, cookie);
        app.send(request, []).await.status
    };
    for role in [Role::Analyst, Role::Finance, Role::PerformanceMarketingManager] {
        assert_eq!(listen(&app.sign_in(role).await, &path).await, StatusCode::FORBIDDEN, "{role:?}");
    }
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    for nonsense in ["", "?after=", "?after=x", "?after=99999999999999999999"] {
        let path = format!("{}{nonsense}", app::routes::LIVE);
        assert_eq!(listen(&cookie, &path).await, StatusCode::BAD_REQUEST, "{nonsense}");
    }
}

#[tokio::test]
async fn automatic_refresh_of_a_page_is_no_use_of_its_session() {
    let mut app = TestApp::open().await;
    let clock = Clock::fixed(DateTime::from_timestamp(2_000_000_000, 0).unwrap());
    app.address = app.at(&clock).await;
    let list = json!({ "filter": TokenFilter::default() }).to_string();
    let token = json!({ "id": app.issued.token.id }).to_string();
    // Our pages send the marker with an ampersand.
    let by_itself = [
        ("/api/tokens/list?again&", &list),
        ("/api/tokens/editable?again", &token),
        ("/api/tokens/history?again", &token),
        ("/api/account?again", &"{}".to_owned()),
    ];
    for (path, body) in by_itself {
        let cookie = app.sign_in(Role::AccountAdministrator).await;
        let ask = async |path, body: &str| app.function(path, Some(&cookie), body).await.status;
        for _ in 0..3 {
            clock.advance(SESSION_IDLE / 3 - TimeDelta::seconds(1));
            assert_eq!(ask(path, body).await, StatusCode::OK, "{path}");
        }
        // A user's action is a use of the session.
        assert_eq!(ask("/api/tokens/list", &list).await, StatusCode::OK);
        for _ in 0..3 {
            clock.advance(SESSION_IDLE / 3 - TimeDelta::seconds(1));
            assert_eq!(ask(path, body).await, StatusCode::OK, "{path}");
        }
        clock.advance(TimeDelta::seconds(4));
        assert_eq!(ask(path, body).await, StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(ask("/api/tokens/list", &list).await, StatusCode::UNAUTHORIZED, "{path} has kept the session alive");
    }
}
