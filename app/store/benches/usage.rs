//! Benchmarks of the use of a token with 10,000,000 recorded calls, and of the sparklines of a page of such tokens, on
//! both databases. `make bench` runs it; its tables are its only output.
//!
//! `PostgreSQL` is a throwaway cluster, as in the tests.

use std::{
    fmt,
    net::IpAddr,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use domain::{
    gate::api_version::ApiVersion,
    members::{role::Role, user::CurrentUser},
    tokens::{
        client_name::ClientName,
        overlap::TokenValue,
        recent_call::CallFilter,
        rehearsal::{AccountChange, TokenChange},
        scope::{Scope, Scopes},
        token::{TokenId, TokenSettings},
        usage::{DAYS, RefusedFor, SPARKLINES_MAX},
    },
};
use store::{Call, Clock, NewUser, RefusedCall, ServerKey, Store};
use uuid::Uuid;

#[allow(dead_code)]
#[path = "../tests/postgres/cluster.rs"]
mod cluster;

/// The number of calls of the first token; the others of the page have a tenth of it together.
const CALLS: u32 = 10_000_000;
/// The number of calls that are written together.
const TOGETHER: u32 = 10_000;
/// The number of times that each query is measured.
const TIMES: usize = 10;

#[tokio::main]
async fn main() {
    // Fewer, to try out the benchmark itself.
    let calls = std::env::var("KAGITABA_BENCH_CALLS").ok().and_then(|calls| calls.parse().ok()).unwrap_or(CALLS);
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("bench.db").display());
    measure("SQLite", calls, &url).await;
    cluster::create("bench_usage", "template1").await;
    measure("PostgreSQL", calls, &cluster::url("bench_usage")).await;
}

async fn open(url: &str) -> (Store, CurrentUser) {
    let store = Store::open(url, ServerKey::from_bytes([1; 32]), Clock::system()).await.expect("a database");
    let account = store.account().add("Agency").await.expect("an account");
    let role = Role::AccountAdministrator;
    let [name, email, password] = ["A", "a@agency.example", "correct horse"].map(str::to_owned);
    store.members().add(account, NewUser { name, email, password, role }).await.expect("a user");
    let user = store.members().people(account).await.expect("people").remove(0);
    (store, CurrentUser { user, account, account_name: "Agency".to_owned(), role })
}

async fn tokens(store: &Store, by: &CurrentUser) -> Vec<TokenId> {
    let mut tokens = Vec::new();
    for number in 0..SPARKLINES_MAX {
        let settings = TokenSettings {
            name: format!("Export {number}"),
            description: String::new(),
            api_version: ApiVersion::NEWEST,
            primary_contact: by.user.id,
            developers: Vec::new(),
            scopes: Scopes::from_iter([Scope::GET_COMPANY_INFORMATION]),
            expires_at: None,
        };
        let issued = store.tokens().create(by, settings, Uuid::now_v7()).await.expect("a token");
        tokens.push(issued.token.id);
    }
    tokens
}

/// Records the calls over the last 30 days, from 100 addresses and 10 clients, one in ten failed, and refused calls.
async fn record(store: &Store, by: &CurrentUser, tokens: &[TokenId], calls: u32) {
    let now = store.clock().now();
    let apart = TimeDelta::days(i64::from(DAYS) - 1) / i32::try_from(calls).expect("fewer calls");
    let scopes: Vec<_> = Scope::all().take(20).collect();
    for number in (0..calls).rev() {
        let at = now - apart * i32::try_from(number).expect("fewer calls");
        let (of_ten, of_hundred) = (number % 10, number % 100);
        let token = if of_ten == 5 { tokens[number as usize / 10 % tokens.len()] } else { tokens[0] };
        let address = IpAddr::from([192, 0, 2, u8::try_from(of_hundred).unwrap_or_default()]);
        store.gate().record_call(Call {
            account: by.account,
            token,
            scope: scopes[number as usize % scopes.len()],
            version: Some(ApiVersion::NEWEST),
            value: TokenValue::Current.number(),
            client: ClientName::of_user_agent(format!("client/{of_ten}").as_bytes()),
            status: if of_ten == 1 { 404 } else { 200 },
            at,
            address,
            latency: Duration::from_micros(1_500),
        });
        if of_hundred == 0 {
            let reason = RefusedFor::WrongAuthToken;
            store.gate().record_refused(RefusedCall { account: by.account, token, reason, address, at });
        }
        if number % TOGETHER == 0 {
            store.gate().flush_calls().await.expect("to write");
        }
    }
}

async fn measure(database: &str, calls: u32, url: &str) {
    let (store, by) = open(url).await;
    let tokens = tokens(&store, &by).await;
    let began = Instant::now();
    record(&store, &by, &tokens, calls).await;
    let written = f64::from(calls) / began.elapsed().as_secs_f64();
    let began = Instant::now();
    store.tokens().add_up_calls().await.expect("to add up");
    let added = f64::from(calls) / began.elapsed().as_secs_f64();
    println!("\n{database}, {calls} calls: written {written:.0} a second, added up {added:.0} a second; in ms");
    println!("{:<40}{:>10}{:>10}", "", "p50", "p99");
    let (account, token) = (by.account, tokens[0]);
    let summary = times(async || drop(store.tokens().usage_of(account, token, DAYS).await.expect("a summary"))).await;
    println!("{:<40}{summary}", "summary of a token");
    let hours = times(async || drop(store.tokens().usage_by_hour(account, token).await.expect("hours"))).await;
    println!("{:<40}{hours}", "hours of a token");
    let lines = times(async || drop(store.tokens().sparklines(account, &tokens).await.expect("sparklines"))).await;
    println!("{:<40}{lines}", "sparklines of a page");
    let scopes: Scopes = Scope::all().take(1).collect();
    let update = TokenChange::Update { scopes, ends_earlier: false, upgrades: false };
    for (name, change) in [("rehearsal of a reset", TokenChange::Reset), ("rehearsal of an update", update)] {
        let rehearsed =
            times(async || drop(store.tokens().rehearse(account, token, change).await.expect("a rehearsal"))).await;
        println!("{name:<40}{rehearsed}");
    }
    let off = AccountChange::ApiAccessOff;
    let rehearsed = times(async || drop(store.tokens().rehearse_all(account, &off).await.expect("a rehearsal"))).await;
    println!("{:<40}{rehearsed}", "rehearsal of API access off");
    let all = times(async || drop(store.tokens().account_usage(account).await.expect("the account's use"))).await;
    println!("{:<40}{all}", "use of the account");
    let any = CallFilter::default();
    let failed = CallFilter { status: Some(404), ..any.clone() };
    // Only the calls themselves tell that: as many are looked through as ever are.
    let none = CallFilter { client: Some("nobody".to_owned()), ..any.clone() };
    for (name, filter) in [("last calls", any), ("last calls that failed", failed), ("last calls, none matches", none)]
    {
        let recent =
            times(async || drop(store.tokens().recent_calls(account, token, &filter).await.expect("calls"))).await;
        println!("{name:<40}{recent}");
    }
}

struct Times(Vec<Duration>);

async fn times(mut work: impl AsyncFnMut()) -> Times {
    work().await; // loads what it needs into memory
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let began = Instant::now();
        work().await;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    Times(times)
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |share: usize| self.0[(self.0.len() - 1) * share / 100].as_secs_f64() * 1000.0;
        write!(f, "{:>10.2}{:>10.2}", at(50), at(99))
    }
}
