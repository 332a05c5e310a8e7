//! The database is away, or locked by another process: no request hangs and no answered change is lost; requests are
//! answered with 503 and `Retry-After`, and the server recovers without help.

use std::{
    num::NonZeroU32,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use domain::{
    members::role::Role,
    tokens::{
        filter::TokenFilter,
        scope::Scope,
        token::{Token, TokenId},
    },
};
use futures_util::future::BoxFuture;
use http::{StatusCode, header};
use server::{config::Data, gate::Settings, housekeeping, router::Services};
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};
use store::{Clock, IssuedToken, LEASE};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    support::test_app::{Answer, TestApp, company_information},
    with_services::nodes::database,
};

#[path = "../../../../app/store/tests/postgres/wire.rs"]
pub mod wire;

use wire::Wire;

/// The length of the outage.
const OUTAGE: Duration = Duration::from_secs(30);
/// The longest wait of a request: for a connection, then for a lock, and as much again for a busy machine.
const ANSWERED_WITHIN: Duration = Duration::from_secs(26);
/// The longest wait until all requests are answered again.
const GOES_ON_WITHIN: Duration = Duration::from_mins(1);

const UNAVAILABLE: StatusCode = StatusCode::SERVICE_UNAVAILABLE;
/// Whether a transaction waits for a lock on the table of calls.
const CALLS_WAIT: &str =
    "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE relation = 'call_packs'::regclass AND NOT granted)";
/// Counts the tokens whose creation was refused.
const HELD: &str = "SELECT COUNT(*) FROM tokens WHERE name = 'Held'";
/// The list of tokens, as a page.
const PAGE: &str = app::routes::TOKENS;

/// A app and the cookie of a signed-in user.
struct Place {
    app: TestApp,
    cookie: String,
    /// Calls with the app's own token that were answered with 200.
    passed: AtomicU64,
    ended: AtomicBool,
}

impl Place {
    async fn on(database: Option<String>) -> Arc<Self> {
        let gate = Settings { calls_per_hour: NonZeroU32::new(1_000_000), ..Settings::default() };
        let app = TestApp::open_on(database, false, &gate, Services::default()).await;
        let cookie = app.sign_in(Role::AccountAdministrator).await;
        Arc::new(Self { app, cookie, passed: AtomicU64::default(), ended: AtomicBool::new(false) })
    }

    /// Asks the gate whether a call to another server may go on; that needs the database only to verify the token.
    async fn call(&self, issued: &IssuedToken) -> Answer {
        let IssuedToken { token, secret, .. } = issued;
        let request = self.app.request_with("GET", "/authorize", &token.sid, secret);
        let request = request.header("x-original-method", "GET");
        let answer = self.app.send(request.header("x-original-uri", company_information(&token.sid)), []).await;
        let passed = answer.status == StatusCode::OK && token.id == self.app.issued.token.id;
        self.passed.fetch_add(passed.into(), Ordering::AcqRel);
        answer
    }

    async fn page(&self) -> Answer {
        self.app.send(self.app.request("GET", PAGE).header(header::COOKIE, &self.cookie), []).await
    }

    async fn list(&self) -> Answer {
        let filter = serde_json::json!({ "filter": TokenFilter::default() }).to_string();
        self.app.function("/api/tokens/list", Some(&self.cookie), &filter).await
    }

    async fn token(&self, id: TokenId) -> Answer {
        let id = serde_json::json!({ "id": id }).to_string();
        self.app.function("/api/tokens/editable", Some(&self.cookie), &id).await
    }

    async fn create(&self, name: &str) -> Answer {
        self.form("tokens/create", &format!("{}&request={}", self.fields(name, ""), Uuid::now_v7())).await
    }

    async fn update(&self, id: TokenId, revision: i64, description: &str) -> Answer {
        let fields = self.fields("Updated", description);
        self.form("tokens/update", &format!("id={}&revision={revision}&{fields}", id.0)).await
    }

    fn fields(&self, name: &str, description: &str) -> String {
        let contact = self.app.by.user.id.0;
        format!(
            "form[name]={name}&form[description]={description}&form[api_version]=3&form[primary_contact]={contact}\
             &form[scopes][0]=getJob"
        )
    }

    async fn form(&self, function: &str, body: &str) -> Answer {
        let request = self.app.request("POST", &format!("/api/{function}")).header("sec-fetch-site", "same-origin");
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.app.send(request.header(header::COOKIE, &self.cookie), body).await
    }

    fn ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }
}

/// Asserts that the answer has one `Retry-After`.
fn assert_come_back(answer: &Answer) {
    assert_eq!(answer.headers.get_all("retry-after").iter().collect::<Vec<_>>(), ["5"]);
}

/// Asserts that the gate answers 503 as its documentation says.
fn assert_unavailable(answer: &Answer) {
    assert_eq!(answer.status, UNAVAILABLE, "{}", answer.text());
    assert_come_back(answer);
    let envelope = answer.json();
    assert_eq!((&envelope["Status"], &envelope["Errors"]), (&"ERROR".into(), &serde_json::json!([])));
    assert!(envelope["Message"].as_str().unwrap().contains("the database isn't responding"));
}

/// Asserts that the page says that the database is away, and offers to try again.
fn assert_page_says_so(answer: &Answer) {
    assert_eq!(answer.status, UNAVAILABLE, "{}", answer.text());
    assert_come_back(answer);
    assert!(answer.header("content-type").starts_with("text/html"));
    let text = answer.text();
    assert!(text.contains("The service is unavailable because its database"), "{text}");
    assert!(text.contains(&format!("href=\"{PAGE}\"")) && text.contains("Try again"), "{text}");
}

/// Asserts that the server function answers 503.
fn assert_function_says_so(answer: &Answer) {
    assert_eq!((answer.status, answer.text().as_str()), (UNAVAILABLE, "\"Unavailable\""));
    assert_come_back(answer);
}

/// Asks until the answer is 200; until then it may be 503.
async fn until_answered(ask: impl AsyncFn() -> Answer) {
    let began = Instant::now();
    loop {
        let answer = ask().await;
        match answer.status {
            StatusCode::OK => return,
            UNAVAILABLE => assert!(began.elapsed() < GOES_ON_WITHIN, "it does not go on: {}", answer.text()),
            other => panic!("{other}: {}", answer.text()),
        }
    }
}

/// The requests made during an outage, and those of them that were answered with 200.
#[derive(Default)]
struct Load {
    passes: AtomicU64,
    pages: AtomicU64,
    created: Mutex<Vec<TokenId>>,
    /// The description whose update was answered last, and the one that was sent last.
    updated: Mutex<(u64, u64)>,
}

impl Load {
    fn counts(&self) -> [u64; 4] {
        let created = self.created.lock().unwrap().len() as u64;
        [
            self.passes.load(Ordering::Acquire),
            self.pages.load(Ordering::Acquire),
            created,
            self.updated.lock().unwrap().0,
        ]
    }

    /// Waits until each kind of request has been answered three times more.
    async fn goes_on(&self) {
        let before = self.counts();
        let began = Instant::now();
        while self.counts().iter().zip(before).any(|(now, before)| *now < before + 3) {
            assert!(began.elapsed() < GOES_ON_WITHIN, "{before:?}, and now {:?}", self.counts());
            tokio::task::yield_now().await;
        }
    }

    fn begin(self: &Arc<Self>, place: &Arc<Place>, token: &Token) -> JoinSet<()> {
        let mut load = JoinSet::new();
        for _ in 0..3 {
            let (load_, place) = (Arc::clone(self), Arc::clone(place));
            load.spawn(async move { load_.call(&place).await });
        }
        let (load_, place_) = (Arc::clone(self), Arc::clone(place));
        load.spawn(async move { load_.read(&place_).await });
        let (load_, place_) = (Arc::clone(self), Arc::clone(place));
        load.spawn(async move { load_.create(&place_).await });
        let (load_, place_, id, revision) = (Arc::clone(self), Arc::clone(place), token.id, token.revision);
        load.spawn(async move { load_.update(&place_, id, revision).await });
        load
    }

    async fn call(&self, place: &Place) {
        while !place.ended() {
            let answer = place.call(&place.app.issued).await;
            assert!([StatusCode::OK, UNAVAILABLE].contains(&answer.status), "{}", answer.text());
            self.passes.fetch_add((answer.status == StatusCode::OK).into(), Ordering::AcqRel);
        }
    }

    async fn read(&self, place: &Place) {
        while !place.ended() {
            for answer in [place.page().await, place.list().await] {
                assert!([StatusCode::OK, UNAVAILABLE].contains(&answer.status), "{}", answer.text());
                self.pages.fetch_add((answer.status == StatusCode::OK).into(), Ordering::AcqRel);
            }
        }
    }

    async fn create(&self, place: &Place) {
        while !place.ended() {
            let answer = place.create("Created").await;
            if answer.status == StatusCode::OK {
                let id = serde_json::from_value(answer.json()["token"]["id"].clone()).unwrap();
                self.created.lock().unwrap().push(id);
            } else {
                assert_function_says_so(&answer);
            }
        }
    }

    async fn update(&self, place: &Place, id: TokenId, mut revision: i64) {
        while !place.ended() {
            let sent = {
                let mut updated = self.updated.lock().unwrap();
                updated.1 += 1;
                updated.1
            };
            let answer = place.update(id, revision, &sent.to_string()).await;
            match answer.status {
                StatusCode::OK => {
                    self.updated.lock().unwrap().0 = sent;
                    revision = answer.json()["token"]["revision"].as_i64().unwrap();
                }
                // The update may have been made nevertheless.
                UNAVAILABLE | StatusCode::CONFLICT => {
                    let now = place.token(id).await;
                    if now.status == StatusCode::OK {
                        revision = now.json()["token"]["revision"].as_i64().unwrap();
                    }
                }
                other => panic!("{other}: {}", answer.text()),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn outage_of_half_a_minute_loses_nothing_that_was_answered() {
    let direct = database().await;
    let wire = Wire::to(&direct);
    let place = Place::on(Some(wire.url().to_owned())).await;
    let app = &place.app;
    let keeping = tokio::spawn(housekeeping::keep(app.store.clone(), TimeDelta::days(30)));
    let [known, stranger, edited] = [
        app.issued.clone(),
        app.issue(&[Scope::GET_COMPANY_INFORMATION]).await,
        app.issue(&[Scope::GET_COMPANY_INFORMATION]).await,
    ];
    let load = Arc::new(Load::default());
    let mut under_way = load.begin(&place, &edited.token);
    load.goes_on().await;
    let began = Instant::now();
    while !app.store.gate().remembers(&known.token.sid) {
        assert!(began.elapsed() < GOES_ON_WITHIN, "it has no lease");
        tokio::task::yield_now().await;
    }

    // The next share of calls is a new one: it outlasts the first call of the outage.
    app.store.gate().give_back_shares(true).await.unwrap();
    assert_eq!(place.call(&known).await.status, StatusCode::OK);
    wire.cut();
    let cut = Instant::now();
    assert_eq!(place.call(&known).await.status, StatusCode::OK, "by its memory");
    assert_unavailable(&place.call(&stranger).await);
    assert_page_says_so(&place.page().await);
    assert_function_says_so(&place.list().await);
    loop {
        let began = cut.elapsed();
        let answer = place.call(&known).await;
        if answer.status == StatusCode::OK {
            assert!(began < LEASE, "it goes by its memory after {began:?}");
            continue;
        }
        assert_unavailable(&answer);
        // Or else its share of the account's calls is used up.
        if !app.store.gate().remembers(&known.token.sid) {
            assert!(cut.elapsed() > LEASE / 2, "it has forgotten after {:?}", cut.elapsed());
            break;
        }
    }
    while cut.elapsed() < OUTAGE {
        assert_unavailable(&place.call(&known).await);
        assert_page_says_so(&place.page().await);
        assert_function_says_so(&place.list().await);
    }

    wire.mend();
    until_answered(async || place.call(&known).await).await;
    until_answered(async || place.call(&stranger).await).await;
    until_answered(async || place.page().await).await;
    load.goes_on().await;
    place.ended.store(true, Ordering::Release);
    while let Some(ended) = under_way.join_next().await {
        ended.unwrap();
    }
    keeping.abort();
    app.store.gate().flush_calls().await.unwrap();

    let data = Data { database: Some(direct), ..Data::within(&app.folder.path().join("data")) };
    let behind = data.open().await.unwrap();
    let created = load.created.lock().unwrap().clone();
    for id in created {
        assert!(behind.tokens().get(app.account(), id).await.is_ok(), "{id:?} was created");
    }
    let description = behind.tokens().get(app.account(), edited.token.id).await.unwrap().settings.description;
    let (answered, sent) = *load.updated.lock().unwrap();
    assert!((answered..=sent).contains(&description.parse().unwrap()), "{description}, of {answered} to {sent}");
    let today = behind.clock().now().date_naive();
    let usage = behind.tokens().usage(app.account(), today - TimeDelta::days(1), today).await.unwrap();
    let recorded: u64 = usage
        .iter()
        .filter(|usage| usage.token == known.token.id && usage.status == 200)
        .map(|usage| usage.calls)
        .sum();
    let passed = place.passed.load(Ordering::Acquire);
    assert!(passed > load.passes.load(Ordering::Acquire), "those of this test, too");
    assert_eq!(recorded, passed, "each is recorded once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn deleted_tokens_go_for_good_while_calls_can_not_be_added_up() {
    let direct = database().await;
    let place = Place::on(Some(direct.clone())).await;
    let (store, by, id) = (&place.app.store, &place.app.by, place.app.issued.token.id);
    let mut somebody = PgConnection::connect(&direct).await.unwrap();
    somebody.execute("BEGIN; LOCK TABLE call_packs IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let keeping = tokio::spawn(housekeeping::keep(store.clone(), TimeDelta::days(30)));
    while !sqlx::query_scalar::<_, bool>(CALLS_WAIT).fetch_one(&mut somebody).await.unwrap() {}
    let earlier = Clock::fixed(store.clock().now() - TimeDelta::minutes(1));
    store.at(earlier).tokens().delete(by, id).await.unwrap();
    let there = "SELECT EXISTS (SELECT 1 FROM tokens WHERE id = $1)";
    while sqlx::query_scalar::<_, bool>(there).bind(id.0).fetch_one(&mut somebody).await.unwrap() {
        assert!(sqlx::query_scalar::<_, bool>(CALLS_WAIT).fetch_one(&mut somebody).await.unwrap(), "it has waited");
    }
    keeping.abort();
}

/// Sends 24 requests at once, and asserts that each is answered in time and passes the assertion.
async fn all_are_told<F: Future<Output = Answer> + Send + 'static>(
    place: &Arc<Place>,
    ask: impl Fn(Arc<Place>) -> F,
    assert: impl Fn(&Answer),
) {
    let began = Instant::now();
    let mut asking: JoinSet<_> = (0..24).map(|_| ask(Arc::clone(place))).collect();
    while let Some(answer) = asking.join_next().await {
        assert(&answer.unwrap());
        assert!(began.elapsed() < ANSWERED_WITHIN, "it took {:?}", began.elapsed());
    }
}

/// Returns a function that calls the gate with that token.
fn calling(issued: &IssuedToken) -> impl Fn(Arc<Place>) -> BoxFuture<'static, Answer> {
    let issued = issued.clone();
    move |place| {
        let issued = issued.clone();
        Box::pin(async move { place.call(&issued).await })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_waiting_for_a_lock_get_503_while_readers_go_on() {
    let direct = database().await;
    let place = Place::on(Some(direct.clone())).await;
    let mut somebody = PgConnection::connect(&direct).await.unwrap();
    somebody.execute("SELECT pg_advisory_lock(1801545577, 0)").await.unwrap(); // the lock of all writers
    all_are_told(&place, async |place: Arc<Place>| place.create("Held").await, assert_function_says_so).await;
    for answer in [place.call(&place.app.issued).await, place.list().await, place.page().await] {
        assert_eq!(answer.status, StatusCode::OK);
    }
    somebody.execute("SELECT pg_advisory_unlock(1801545577, 0)").await.unwrap();
    until_answered(async || place.create("Done").await).await;
    let refused: i64 = sqlx::query_scalar(HELD).fetch_one(&mut somebody).await.unwrap();
    assert_eq!(refused, 0, "what was refused was not done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn blocked_readers_and_those_behind_them_are_answered_in_time() {
    let direct = database().await;
    let place = Place::on(Some(direct.clone())).await;
    let stranger = place.app.issue(&[Scope::GET_COMPANY_INFORMATION]).await;
    let mut somebody = PgConnection::connect(&direct).await.unwrap();
    somebody.execute("BEGIN; LOCK TABLE tokens IN ACCESS EXCLUSIVE MODE").await.unwrap();
    tokio::join!(
        all_are_told(&place, calling(&stranger), assert_unavailable),
        all_are_told(&place, async |place: Arc<Place>| place.list().await, assert_function_says_so),
        all_are_told(
            &place,
            async |place: Arc<Place>| place.page().await,
            |page| assert_eq!(page.status, UNAVAILABLE, "{}", page.text())
        ),
    );
    assert_eq!(place.app.get("/healthz").await.status, StatusCode::OK);
    somebody.execute("ROLLBACK").await.unwrap();
    until_answered(async || place.call(&stranger).await).await;
    until_answered(async || place.page().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn file_locked_by_another_process_is_unavailable_to_writers() {
    let place = Place::on(None).await;
    let file = place.app.folder.path().join("data/kagitaba.db");
    let mut somebody = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.unwrap();
    somebody.execute("BEGIN IMMEDIATE").await.unwrap();
    all_are_told(&place, async |place: Arc<Place>| place.create("Held").await, assert_function_says_so).await;
    for answer in [place.call(&place.app.issued).await, place.list().await, place.page().await] {
        assert_eq!(answer.status, StatusCode::OK);
    }
    somebody.execute("ROLLBACK").await.unwrap();
    until_answered(async || place.create("Done").await).await;
    let refused: i64 = sqlx::query_scalar(HELD).fetch_one(&mut somebody).await.unwrap();
    assert_eq!(refused, 0, "what was refused was not done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn silent_database_gives_every_request_503_in_time() {
    let wire = Wire::to(&database().await);
    let place = Place::on(Some(wire.url().to_owned())).await;
    let stranger = place.app.issue(&[Scope::GET_COMPANY_INFORMATION]).await;
    until_answered(async || place.page().await).await;
    wire.silence();
    tokio::join!(
        all_are_told(&place, calling(&stranger), assert_unavailable),
        all_are_told(&place, async |place: Arc<Place>| place.create("Held").await, assert_function_says_so),
        all_are_told(
            &place,
            async |place: Arc<Place>| place.page().await,
            |page| assert_eq!(page.status, UNAVAILABLE, "{}", page.text())
        ),
    );
    wire.mend();
    until_answered(async || place.call(&stranger).await).await;
    until_answered(async || place.create("Done").await).await;
    until_answered(async || place.page().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn connections_lost_in_use_are_replaced() {
    let direct = database().await;
    let wire = Wire::to(&direct);
    let place = Place::on(Some(wire.url().to_owned())).await;
    let mut somebody = PgConnection::connect(&direct).await.unwrap();
    somebody.execute("SELECT pg_advisory_lock(1801545577, 0)").await.unwrap(); // makes all writers wait
    let lost = async {
        let waiting = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut somebody).await.unwrap() < 8 {}
        wire.lose();
        somebody.execute("SELECT pg_advisory_unlock(1801545577, 0)").await.unwrap();
    };
    let held = async |place: Arc<Place>| place.create("Held").await;
    tokio::join!(all_are_told(&place, held, assert_function_says_so), lost);
    // Lost connections that were idle are noticed only when a request gets one; each costs one request.
    let began = Instant::now();
    let done = async |place: Arc<Place>| place.create("Done").await.status == StatusCode::OK;
    while !(0..24).map(|_| done(Arc::clone(&place))).collect::<JoinSet<_>>().join_all().await.contains(&true) {
        assert!(began.elapsed() < GOES_ON_WITHIN, "it does not go on");
    }
}

#[tokio::test]
async fn failed_session_lookup_is_a_500_if_the_database_answers() {
    let place = Place::on(None).await;
    let file = place.app.folder.path().join("data/kagitaba.db");
    let mut somebody = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.unwrap();
    somebody.execute("ALTER TABLE sessions RENAME TO mislaid").await.unwrap();
    for answer in [place.page().await, place.list().await] {
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", answer.text());
        assert!(answer.headers.get("retry-after").is_none());
        assert!(answer.text().contains("something went wrong"), "{}", answer.text());
    }
    somebody.execute("ALTER TABLE mislaid RENAME TO sessions").await.unwrap();
    assert_eq!(place.page().await.status, StatusCode::OK);
}
