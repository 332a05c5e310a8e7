//! A real nginx, configured as the manual says, before a server of the agency's own.

use std::{
    net::{SocketAddr, TcpListener},
    num::NonZeroU32,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use axum::{Router, extract::Request, routing::any};
use http::{StatusCode, header};
use server::{gate::Settings, router::Services};

use crate::{
    support::test_app::{Answer, TestApp, basic, company_information},
    with_services::{faults::wire::Wire, nodes::database},
};

/// A running nginx, which ends when it is dropped.
pub struct Nginx {
    process: Child,
    pub port: u16,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

impl Nginx {
    /// Starts it with the manual's lines, before this app and this other server.
    fn start(app: &TestApp, other: &str) -> Self {
        Self::start_asking(app.address, app, other)
    }

    /// Starts nginx with the manual's lines and the gate at this address.
    fn start_asking(gate: SocketAddr, app: &TestApp, other: &str) -> Self {
        let manual = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("manual/proxies.md")).unwrap();
        let lines = manual.split("```nginx\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let lines = lines.replace("http://your-server", other).replace("127.0.0.1:3000", &gate.to_string());
        Self::serve(&app.folder.path().join("nginx"), "", &lines)
    }

    /// Starts nginx in this new folder, with the lines `all` in the `http` block and `lines` in its `server` block.
    pub fn serve(folder: &Path, all: &str, lines: &str) -> Self {
        std::fs::create_dir(folder).unwrap();
        let serving = (0..10).find_map(|_| Self::try_to_serve(folder, all, lines));
        serving
            .unwrap_or_else(|| panic!("nginx does not start: {:?}", std::fs::read_to_string(folder.join("start.log"))))
    }

    /// Starts nginx on a free port; returns `None` if another process has taken the port before nginx listens.
    fn try_to_serve(folder: &Path, all: &str, lines: &str) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {}/{kind};", folder.display()))
            .concat();
        let config = format!(
            "daemon off; master_process off; pid {0}/pid; error_log {0}/error.log; events {{}} \
             http {{ access_log off; {temporary} {all} server {{ listen 127.0.0.1:{port};\n{lines}\n}} }}",
            folder.display()
        );
        let file = folder.join("nginx.conf");
        std::fs::write(&file, config).unwrap();
        let nginx = if Path::new("/usr/sbin/nginx").exists() { "/usr/sbin/nginx" } else { "nginx" };
        let mut command = Command::new(nginx);
        command.arg("-p").arg(folder).arg("-c").arg(&file).arg("-e").arg(folder.join("start.log"));
        let process = command.stderr(Stdio::null()).spawn().expect("nginx is installed; `make test` sees to it");
        let mut nginx = Self { process, port };
        let began = Instant::now();
        // The `pid` file shows that nginx itself listens; a test of the port could reach another process.
        while !folder.join("pid").exists() {
            if nginx.process.try_wait().unwrap().is_some() {
                return None;
            }
            assert!(began.elapsed() < Duration::from_mins(1), "nginx does not listen");
            std::thread::yield_now();
        }
        Some(nginx)
    }

    async fn get(&self, app: &TestApp, path: &str) -> Answer {
        let request = http::Request::builder().uri(format!("http://127.0.0.1:{}{path}", self.port));
        let credentials = basic(&app.issued.token.sid, &app.issued.secret);
        app.send(request.header(header::AUTHORIZATION, credentials), []).await
    }
}

/// Starts a server that echoes the requests that reach it, and returns its URL.
async fn other_server() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let echo = async |request: Request| {
        let header = |name: &str| request.headers().get(name).map_or("-", |value| value.to_str().unwrap()).to_owned();
        format!("{} {} {}", request.uri(), header("x-account-sid"), header("authorization"))
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(any(echo))).await });
    format!("http://{address}")
}

#[tokio::test]
async fn nginx_passes_only_calls_that_the_gate_allows() {
    let app = TestApp::open().await;
    let nginx = Nginx::start(&app, &other_server().await);
    let token = app.issued.token.clone();
    let path = company_information(&token.sid);

    let passed = nginx.get(&app, &format!("{path}?a=b")).await;
    assert_eq!(passed.status, StatusCode::OK, "{}", passed.text());
    assert_eq!(passed.text(), format!("{path}?a=b {} -", token.sid));

    assert_eq!(nginx.get(&app, &format!("/Agencies/{}/Jobs", token.sid)).await.status, StatusCode::FORBIDDEN);
    // nginx resolves the dots before it passes the call on, but the path as requested is checked.
    let dressed_up = format!("/Agencies/{}/CompanyInformation/../Jobs", token.sid);
    assert_eq!(nginx.get(&app, &dressed_up).await.status, StatusCode::FORBIDDEN);

    app.store.tokens().disable(&app.by, token.id).await.unwrap();
    assert_eq!(nginx.get(&app, &path).await.status, StatusCode::FORBIDDEN);
    let enabled = app.store.tokens().enable(&app.by, token.id).await.unwrap();
    assert_eq!(nginx.get(&app, &path).await.status, StatusCode::OK);
    app.store.tokens().reset(&app.by, token.id, enabled.revision).await.unwrap();
    let refused = nginx.get(&app, &path).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert!(refused.header("www-authenticate").starts_with("Basic"), "{:?}", refused.headers);
}

#[tokio::test]
async fn nginx_answers_429_with_retry_after_if_no_calls_are_left() {
    let app = TestApp::open_as(false, &Settings { calls_per_hour: NonZeroU32::new(2), ..Settings::default() }).await;
    let nginx = Nginx::start(&app, &other_server().await);
    let path = company_information(&app.issued.token.sid);
    for _ in 0..2 {
        let passed = nginx.get(&app, &path).await;
        assert_eq!((passed.status, passed.header("retry-after")), (StatusCode::OK, ""));
    }
    let refused = nginx.get(&app, &path).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    let wait: u32 = refused.header("retry-after").parse().unwrap();
    assert!((1..=1800).contains(&wait), "{wait}");
}

#[tokio::test]
async fn nginx_answers_503_with_retry_after_without_a_database() {
    let wire = Wire::to(&database().await);
    let (settings, services) = (Settings::default(), Services::default());
    let app = TestApp::open_on(Some(wire.url().to_owned()), false, &settings, services).await;
    let nginx = Nginx::start(&app, &other_server().await);
    wire.cut();
    let answer = nginx.get(&app, &company_information(&app.issued.token.sid)).await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"));
}

#[tokio::test]
async fn nginx_lets_nothing_through_if_the_gate_does_not_answer() {
    let app = TestApp::open().await;
    // The port stays bound, so no other process gets it; each connection is closed at once.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let nowhere = silent.local_addr().unwrap();
    std::thread::spawn(move || silent.incoming().for_each(drop));
    let nginx = Nginx::start_asking(nowhere, &app, &other_server().await);
    let answer = nginx.get(&app, &company_information(&app.issued.token.sid)).await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::INTERNAL_SERVER_ERROR, ""));
}

#[tokio::test]
async fn nginx_replaces_the_client_s_claim_of_its_address() {
    let app = TestApp::open_as(true, &Settings::default()).await;
    let (mut policy, revision) = app.store.account().security_policy(app.account()).await.unwrap();
    policy.allowed_addresses = ["192.0.2.0/24".parse().unwrap()].into();
    app.store.account().update_security_policy(&app.by, &policy, revision).await.unwrap();
    let nginx = Nginx::start(&app, &other_server().await);
    let path = company_information(&app.issued.token.sid);
    for claimed in ["192.0.2.1", "192.0.2.1, 192.0.2.2", ""] {
        let request = http::Request::builder().uri(format!("http://127.0.0.1:{}{path}", nginx.port));
        let credentials = basic(&app.issued.token.sid, &app.issued.secret);
        let request = request.header(header::AUTHORIZATION, credentials).header("x-forwarded-for", claimed);
        assert_eq!(app.send(request, []).await.status, StatusCode::FORBIDDEN, "{claimed}");
    }
}
