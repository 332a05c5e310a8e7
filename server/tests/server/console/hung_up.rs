//! Requests whose client hangs up at any moment: the work begun for them ends without a panic.

use std::{
    env,
    future::poll_fn,
    panic,
    pin::pin,
    sync::{
        Once,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    thread,
    time::Duration,
};

use app::routes::{self, SignInFailure};
use axum::{Router, body::Body};
use domain::members::role::Role;
use http::{Request, header};
use http_body_util::BodyExt as _;
use tokio::{runtime, task, time};
use tower::ServiceExt as _;

use crate::support::test_app::{TestApp, plain_pages};

/// The name of the threads whose panics are counted: other tests run at the same time.
const THREADS: &str = "hung-up";
/// The number of rounds, each of which drops a page's request at every await; [`MORE_ROUNDS`] sets more for a long run.
const ROUNDS: usize = 4;
const MORE_ROUNDS: &str = "HUNG_UP_ROUNDS";
/// More awaits than any page has.
const AWAITS_MAX: usize = 200;

static PANICS: AtomicUsize = AtomicUsize::new(0);

#[test]
fn requests_dropped_at_any_await_never_panic() {
    count_panics();
    let runtime = runtime::Builder::new_multi_thread().worker_threads(4).thread_name(THREADS).enable_all().build();
    let rounds = env::var(MORE_ROUNDS).map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let (dropped, whole) = runtime.unwrap().block_on(async { tokio::spawn(drop_requests(rounds)).await.unwrap() });
    println!("{dropped} requests were dropped midway, {whole} were not");
    assert_eq!(PANICS.load(Ordering::SeqCst), 0, "panics in {dropped} requests");
    assert!(dropped >= whole, "only {dropped} requests were dropped midway");
}

/// Counts the panics of [`THREADS`], which `tokio` would catch.
fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if thread::current().name() == Some(THREADS) {
                PANICS.fetch_add(1, Ordering::SeqCst);
            }
            before(panic);
        }));
    });
}

/// Drops requests at each await. Returns how many were dropped, and how many were answered.
async fn drop_requests(rounds: usize) -> (usize, usize) {
    let app = TestApp::open().await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    let idle = runtime::Handle::current().metrics().num_alive_tasks();
    let (mut dropped, mut whole) = (0, 0);
    for round in 0..rounds {
        for path in pages(&app) {
            for cookie in [None, Some(cookie.as_str())] {
                dropped += drop_at_each_await(&app.router(), &path, cookie, round).await;
                whole += 1;
            }
        }
        settle(idle).await;
    }
    (dropped, whole)
}

fn pages(app: &TestApp) -> Vec<String> {
    let built = [
        "/no-such-page".to_owned(),
        routes::sign_in_then(routes::SETTINGS),
        routes::sign_in_failed(SignInFailure::Over),
        routes::invitation("0123456789012345678901234567890123456789012"),
        routes::token(app.issued.token.id),
    ];
    plain_pages().map(str::to_owned).chain(built).collect()
}

/// Asks for the page repeatedly, giving up one await later each time, until it is answered. Returns the number of
/// requests dropped.
async fn drop_at_each_await(router: &Router, path: &str, cookie: Option<&str>, round: usize) -> usize {
    for awaits in 1..AWAITS_MAX {
        if answered_within(awaits, router.clone(), request(path, cookie), round).await {
            return awaits - 1;
        }
    }
    panic!("{path} has more than {AWAITS_MAX} awaits");
}

fn request(path: &str, cookie: Option<&str>) -> Request<Body> {
    let request = Request::get(path).header(header::HOST, "127.0.0.1");
    let request = if let Some(cookie) = cookie { request.header(header::COOKIE, cookie) } else { request };
    request.body(Body::empty()).unwrap()
}

/// Returns whether the whole answer is there after that many polls; if not, the request is dropped.
async fn answered_within(polls: usize, router: Router, request: Request<Body>, round: usize) -> bool {
    let mut whole = pin!(async move {
        let body = router.oneshot(request).await.unwrap().into_body();
        body.collect().await.unwrap();
    });
    let mut left = polls;
    let answered = poll_fn(|context| match whole.as_mut().poll(context) {
        Poll::Ready(()) => Poll::Ready(true),
        Poll::Pending if left <= 1 => Poll::Ready(false),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await;
    // Depending on the round, tasks that the request has begun run before the drop or after it.
    for _ in 0..round {
        task::yield_now().await;
    }
    answered
}

/// Waits until all tasks that requests have begun have ended.
async fn settle(idle: usize) {
    let tasks = || runtime::Handle::current().metrics().num_alive_tasks();
    let settled = async {
        while tasks() > idle {
            task::yield_now().await;
        }
    };
    let waited = time::timeout(Duration::from_mins(1), settled).await;
    assert!(waited.is_ok(), "{} tasks are left of {idle}: what was begun for a dropped request goes on", tasks());
}
