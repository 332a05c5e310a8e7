//! Server functions and pages: the roles and sites that may call them, and the security headers of their answers.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use app::routes;
use domain::members::role::{Permission, Role};
use http::{StatusCode, header};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::log;
use crate::support::test_app::{TestApp, company_information, sign_in_form};

const LIST: &str = "/api/tokens/list";
const ALL_TOKENS: &str = r#"{"filter":{"name":"","created":null,"state":null,"sort":"created","place":"first"}}"#;

#[tokio::test]
async fn only_roles_that_may_see_tokens_get_the_list() {
    let app = TestApp::open().await;
    let nobody = app.function(LIST, None, ALL_TOKENS).await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED, "{}", nobody.text());
    for role in Role::ALL {
        let cookie = app.sign_in(role).await;
        let answer = app.function(LIST, Some(&cookie), ALL_TOKENS).await;
        let may = role.may(Permission::SeeTokens);
        assert_eq!(
            answer.status,
            if may { StatusCode::OK } else { StatusCode::FORBIDDEN },
            "{role:?} {}",
            answer.text()
        );
        assert_eq!(answer.text().contains(app.issued.token.sid.as_str()), may);
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn only_roles_that_may_see_tokens_get_their_numbers() {
    let app = TestApp::open().await;
    for role in Role::ALL {
        let cookie = app.sign_in(role).await;
        let may = role.may(Permission::SeeTokens);
        let numbers = app.function("/api/tokens/overview", Some(&cookie), "{}").await;
        let status = if may { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(numbers.status, status, "{role:?}: {}", numbers.text());
        let page = app.get_as(routes::OVERVIEW, &cookie).await;
        assert_eq!(page.status, StatusCode::OK, "{role:?}");
        assert_eq!(page.text().contains("?condition=working"), may, "{role:?}");
    }
}

#[tokio::test]
async fn session_cookie_is_http_only_and_ends_with_the_session() {
    let app = TestApp::open().await;
    let answer = app.send(app.sign_in_request(), sign_in_form(Role::AccountAdministrator)).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");

    let cookie = app.sign_in(Role::AccountAdministrator).await;
    assert_eq!(app.function(LIST, Some(&cookie), ALL_TOKENS).await.status, StatusCode::OK);
    app.function("/api/session/sign_out", Some(&cookie), "").await;
    assert_eq!(app.function(LIST, Some(&cookie), ALL_TOKENS).await.status, StatusCode::UNAUTHORIZED);
    for forged in ["kagitaba_session=", "kagitaba_session=x", "kagitaba_session=\"", "other=1; kagitaba_session=é"] {
        assert_eq!(app.function(LIST, Some(forged), ALL_TOKENS).await.status, StatusCode::UNAUTHORIZED, "{forged}");
    }
}

#[tokio::test]
async fn a_wrong_password_opens_nothing() {
    let app = TestApp::open().await;
    let form = sign_in_form(Role::Analyst).replace("horse", "zebra");
    let answer = app.send(app.sign_in_request(), form).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.header("set-cookie"), "");
}

#[tokio::test]
async fn a_plain_form_is_sent_on_without_the_new_token_s_secret() {
    let app = TestApp::open().await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    let (id, revision) = (app.issued.token.id.0, app.issued.token.revision);
    let create = |request| {
        format!(
            "form[name]=Plain&form[description]=&form[api_version]=3&form[primary_contact]={}&form[developers]=\
             &form[scopes][0]=getJob&request={request}",
            app.by.user.id.0
        )
    };
    let (form, json) = ("application/x-www-form-urlencoded", "application/json");
    let duplicate = |request| format!(r#"{{"id":"{id}","request":"{request}"}}"#);
    let reset = |revision| format!(r#"{{"id":"{id}","revision":{revision}}}"#);
    let ids = [(); 4].map(|()| Uuid::now_v7());
    let calls = [
        ("tokens/create", form, [create(ids[0]), create(ids[1])]),
        ("tokens/duplicate", json, [duplicate(ids[2]), duplicate(ids[3])]),
        ("tokens/reset", json, [reset(revision), reset(revision + 1)]),
    ];
    for (path, content_type, bodies) in calls {
        for (accept, body) in ["application/json", "text/html,*/*"].into_iter().zip(bodies) {
            let request = app.request("POST", &format!("/api/{path}")).header("sec-fetch-site", "same-origin");
            let request = request.header(header::CONTENT_TYPE, content_type).header(header::COOKIE, &cookie);
            let answer = app.send(request.header(header::ACCEPT, accept), body).await;
            let plain = accept != "application/json";
            let status = if plain { StatusCode::FOUND } else { StatusCode::OK };
            assert_eq!(answer.status, status, "{path} {accept}: {}", answer.text());
            assert_eq!(answer.text().contains("kgt_"), !plain, "{path} {accept}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn another_site_s_page_can_not_act_in_a_person_s_name() {
    let app = TestApp::open().await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    let own = format!("http://{}", app.address);
    let cases: [(&[(&str, &str)], StatusCode); 8] = [
        (&[("sec-fetch-site", "same-origin")], StatusCode::OK),
        (&[("origin", &own)], StatusCode::OK),
        (&[("sec-fetch-site", "cross-site")], StatusCode::FORBIDDEN),
        (&[("sec-fetch-site", "same-site"), ("origin", &own)], StatusCode::FORBIDDEN),
        (&[("origin", "https://evil.example")], StatusCode::FORBIDDEN),
        (&[("origin", "http://127.0.0.1")], StatusCode::FORBIDDEN),
        (&[("origin", "null")], StatusCode::FORBIDDEN),
        (&[], StatusCode::FORBIDDEN),
    ];
    for (headers, status) in cases {
        let mut request = app.request("POST", "/api/account").header(header::COOKIE, &cookie);
        request = request.header(header::CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = app.send(request, "{}").await;
        assert_eq!(answer.status, status, "{headers:?}: {}", answer.text());
    }
}

#[tokio::test]
async fn each_kind_of_answer_has_its_security_headers() {
    let app = TestApp::open().await;
    let paths = [
        routes::SIGN_IN,
        routes::OVERVIEW,
        routes::SETTINGS,
        "/no-such-page",
        "/icon.svg",
        "/pkg/kagitaba.0123.js",
        "/pkg/none.js",
        "/healthz",
        "/api/none",
        "/Agencies/x/y",
    ];
    for path in paths {
        let answer = app.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{path}: {policy}");
        assert_eq!(answer.headers.get_all("content-security-policy").iter().count(), 1, "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert!(answer.headers.contains_key("permissions-policy"), "{path}");
        assert!(!answer.headers.contains_key("strict-transport-security"), "{path}");
    }
    let production = TestApp::open_as(true, &server::gate::Settings::default()).await;
    assert_eq!(production.get("/healthz").await.header("strict-transport-security"), "max-age=31536000");
}

#[tokio::test]
async fn page_s_scripts_have_the_nonce_of_its_policy_new_each_time() {
    let app = TestApp::open().await;
    let mut seen = Vec::new();
    for _ in 0..2 {
        let page = app.get(routes::SIGN_IN).await;
        assert_eq!((page.status, page.header("cache-control")), (StatusCode::OK, "no-store"));
        assert!(page.header("content-type").starts_with("text/html"));
        let policy = page.header("content-security-policy");
        let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap().to_owned();
        let html = page.text();
        let scripts = html.split("<script").skip(1).filter(|script| !script.starts_with("></script>"));
        assert!(scripts.clone().count() > 0);
        for script in scripts {
            assert!(script.split('>').next().unwrap().contains(&format!("nonce=\"{nonce}\"")), "{script}");
        }
        assert!(!seen.contains(&nonce));
        seen.push(nonce);
    }
}

#[tokio::test]
async fn pages_and_lists_are_compressed_for_browsers_that_take_it() {
    let app = TestApp::open().await;
    for (accepted, encoding) in [("br", "br"), ("gzip, deflate", "gzip"), ("identity", "")] {
        let answer = app.send(app.request("GET", routes::SIGN_IN).header("accept-encoding", accepted), []).await;
        assert_eq!(answer.header("content-encoding"), encoding);
    }
}

#[tokio::test]
async fn an_unknown_server_function_is_not_found_and_says_so_in_json() {
    let app = TestApp::open().await;
    for path in ["/api", "/api/", "/api/none", "/api/tokens/list/", "/api/tokens%2flist", "/api/%ff"] {
        let answer = app.function(path, None, "{}").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.json()["error"].is_string());
    }
    let wrong_method = app.get(LIST).await;
    assert_eq!((wrong_method.status, wrong_method.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST"));
}

#[tokio::test]
async fn malformed_requests_are_refused_without_server_errors() {
    let app = TestApp::open().await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    for body in ["", "{", "null", "[]", r#"{"filter":7}"#, "\u{0}"] {
        let answer = app.function(LIST, Some(&cookie), body).await;
        assert!(answer.status.is_client_error(), "{body:?}: {} {}", answer.status, answer.text());
    }
    let large = app.function(LIST, Some(&cookie), &" ".repeat(10_000_000)).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);

    for path in [
        "//",
        "//Agencies/x",
        "/%00",
        "/%ff",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/pkg/%2e%2e/data/server.key",
        "/data%5cserver.key",
        &routes::TOKEN.replace(":id", "x"),
        "/?%ff=%",
        &format!("{}?page=-1&name=%00", routes::SETTINGS),
    ] {
        let answer = app.get(path).await;
        assert!(!answer.status.is_server_error(), "{path}: {}", answer.status);
    }
    // A path that is meant for the gate gets the gate's answer.
    for method in ["GET", "POST"] {
        let path = format!("/{}", company_information(&app.issued.token.sid));
        let answer = app.send(app.own_request(method, &path), []).await;
        assert_eq!((answer.status, &answer.json()["Status"]), (StatusCode::NOT_FOUND, &"ERROR".into()), "{method}");
    }
}

#[tokio::test]
async fn a_request_that_names_no_path_is_refused() {
    let app = TestApp::open().await;
    for target in ["OPTIONS *", "GET *", "CONNECT a.example:80", "GET a.example:80"] {
        let mut connection = std::net::TcpStream::connect(app.address).unwrap();
        write!(connection, "{target} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n").unwrap();
        let read = move || {
            let mut answer = Vec::new();
            connection.read_to_end(&mut answer).unwrap();
            String::from_utf8_lossy(&answer).into_owned()
        };
        let answer = tokio::task::spawn_blocking(read).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400"), "{target}: {answer}");
    }
}

#[tokio::test]
async fn log_shows_requests_without_secrets_passwords_or_sessions() {
    let app = TestApp::open().await;
    let (token, secret) = (&app.issued.token, app.issued.secret.reveal());
    app.company_information(&token.sid, &app.issued.secret).await;
    app.get(&format!("/Agencies/{secret}/x?token={secret}")).await;
    app.get(&format!("/{secret}?token={secret}")).await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    let body = format!(r#"{{"id":"{}","revision":{}}}"#, token.id.0, token.revision);
    let reset = app.function("/api/tokens/reset", Some(&cookie), &body).await;
    assert_eq!(reset.status, StatusCode::OK, "{}", reset.text());

    let log = log::text();
    assert!(log.contains("getCompanyInformation"));
    let session = cookie.split('=').nth(1).unwrap();
    for hidden in [secret, "kgt_", "battery", session] {
        let line = log.lines().find(|line| line.contains(hidden));
        assert_eq!(line, None);
    }
}

#[tokio::test]
async fn signing_in_again_ends_the_session_that_the_browser_had() {
    let app = TestApp::open().await;
    let session = async |cookie: &str| app.function("/api/account", Some(cookie), "{}").await.status;
    let before = app.sign_in(Role::AccountAdministrator).await;
    let elsewhere = app.sign_in(Role::AccountAdministrator).await;
    let again = app.sign_in_request().header("sec-fetch-site", "same-origin").header(header::COOKIE, &before);
    let again = app.send(again, sign_in_form(Role::Analyst)).await;
    let cookie = again.header("set-cookie").split(';').next().unwrap();
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(session(&before).await, StatusCode::UNAUTHORIZED, "whoever has copied it is out, too");
    assert_ne!(session(cookie).await, StatusCode::UNAUTHORIZED);
    assert_eq!(session(&elsewhere).await, StatusCode::OK, "another browser's goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_rendered_at_once_equal_those_rendered_alone() {
    let app = Arc::new(TestApp::open().await);
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    let token = routes::token(app.issued.token.id);
    for path in [routes::OVERVIEW, routes::TOKENS, routes::TIPS, &token] {
        let alone = page(app.clone(), path.to_owned(), cookie.clone()).await;
        for _ in 0..25 {
            let mut pages = JoinSet::new();
            for _ in 0..8 {
                pages.spawn(page(app.clone(), path.to_owned(), cookie.clone()));
            }
            assert!(pages.join_all().await.iter().all(|page| *page == alone), "{path}");
        }
    }
}

/// Returns the page without the parts that are new each time.
async fn page(app: Arc<TestApp>, path: String, cookie: String) -> String {
    let answer = app.get_as(&path, &cookie);
    let answer =
        tokio::time::timeout(Duration::from_mins(1), answer).await.unwrap_or_else(|_| panic!("{path} is not rendered"));
    assert_eq!(answer.status, StatusCode::OK);
    let policy = answer.header("content-security-policy");
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
    // A time in a page's data has 16 digits: microseconds since the Unix epoch.
    let text = answer.text().replace(nonce, "NONCE");
    let is_time = |part: &&str| part.len() == 16 && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split(|c: char| !c.is_ascii_digit())
        .filter(is_time)
        .fold(text.clone(), |text, time| text.replace(time, "TIME"))
}
