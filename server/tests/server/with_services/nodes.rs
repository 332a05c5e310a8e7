//! Two nodes on one `PostgreSQL` database, behind a real nginx.

use std::{
    num::NonZeroU32,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use domain::tokens::secret::Secret;
use http::{StatusCode, header};
use server::{gate::Settings, router::Services};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    support::test_app::{TestApp, basic, company_information},
    with_services::nginx::Nginx,
};

#[path = "../../../../app/store/tests/postgres/cluster.rs"]
mod cluster;

/// Creates an empty database and returns its URL.
pub async fn database() -> String {
    let name = format!("test_{}", Uuid::now_v7().simple());
    cluster::create(&name, "template1").await;
    cluster::url(&name)
}

/// Calls through nginx with that Auth Token, on either node, and returns the status.
async fn call(app: &TestApp, nginx: &Nginx, secret: &Secret) -> StatusCode {
    let sid = &app.issued.token.sid;
    let request = http::Request::builder().uri(format!("http://127.0.0.1:{}{}", nginx.port, company_information(sid)));
    app.send(request.header(header::AUTHORIZATION, basic(sid, secret)), []).await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reset_on_one_node_rejects_the_old_secret_on_every_node() {
    let settings = Settings { calls_per_hour: NonZeroU32::new(100_000), ..Settings::default() };
    let url = database().await;
    let app = Arc::new(TestApp::open_on(Some(url.clone()), false, &settings, Services::default()).await);
    let other = app.another_node(url, &settings).await;
    let nodes = format!("upstream nodes {{ server {}; server {}; }}", app.address, other.address);
    let folder = app.folder.path().join("nginx");
    let nginx = Arc::new(Nginx::serve(&folder, &nodes, "location / { proxy_pass http://nodes; }"));
    let (sid, mut secret) = (app.issued.token.sid.clone(), app.issued.secret.clone());
    let began = Instant::now();
    while !app.store.gate().remembers(&sid) || !other.store.gate().remembers(&sid) {
        assert_eq!(call(&app, &nginx, &secret).await, StatusCode::OK);
        assert!(began.elapsed() < Duration::from_mins(1), "both believe their caches");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let (current, ended) = (Arc::new(Mutex::new(secret.clone())), Arc::new(AtomicBool::new(false)));
    let passes = Arc::new(AtomicU64::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..8 {
        let (app, nginx, current) = (Arc::clone(&app), Arc::clone(&nginx), Arc::clone(&current));
        let (ended, passes) = (Arc::clone(&ended), Arc::clone(&passes));
        callers.spawn(async move {
            while !ended.load(Ordering::Acquire) {
                let secret = current.lock().unwrap().clone();
                passes.fetch_add((call(&app, &nginx, &secret).await == StatusCode::OK).into(), Ordering::Relaxed);
            }
        });
    }
    let mut revision = app.issued.token.revision;
    for reset in 0..40 {
        // The nodes take turns.
        let store = if reset % 2 == 0 { &app.store } else { &other.store };
        let issued = store.tokens().reset(&app.by, app.issued.token.id, revision).await.unwrap();
        let old = std::mem::replace(&mut secret, issued.secret);
        revision = issued.token.revision;
        for _ in 0..4 {
            assert_eq!(call(&app, &nginx, &old).await, StatusCode::UNAUTHORIZED, "a stale pass after reset {reset}");
        }
        assert_eq!(call(&app, &nginx, &secret).await, StatusCode::OK);
        *current.lock().unwrap() = secret.clone();
    }
    ended.store(true, Ordering::Release);
    callers.join_all().await;
    assert!(passes.load(Ordering::Relaxed) > 40, "calls went on meanwhile");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_on_two_nodes_are_counted_together() {
    // So few calls that none comes back during the test: one every 6 minutes.
    let settings = Settings { calls_per_hour: NonZeroU32::new(10), ..Settings::default() };
    let url = database().await;
    let app = TestApp::open_on(Some(url.clone()), false, &settings, Services::default()).await;
    let other = app.another_node(url, &settings).await;
    let (sid, secret) = (app.issued.token.sid.clone(), app.issued.secret.clone());
    let remaining = async |address: std::net::SocketAddr| {
        let request = http::Request::builder().uri(format!("http://{address}{}", company_information(&sid)));
        let answer = app.send(request.header(header::AUTHORIZATION, basic(&sid, &secret)), []).await;
        answer.header("x-ratelimit-remaining").parse::<u64>().unwrap()
    };
    let mut left = Vec::new();
    for _ in 0..3 {
        left.extend([remaining(app.address).await, remaining(other.address).await]);
    }
    // If the database takes too long, a node counts a call alone, and knows of half the calls only.
    assert!(*left.last().unwrap() < 10 - 3, "{left:?}");
}
