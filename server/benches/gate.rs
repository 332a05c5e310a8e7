//! How many calls a second the gate checks, with 1, 10,000 and 1,000,000 tokens, beside a bare axum handler that
//! answers the same in the same run. `make bench` runs it; its table is all that it says.
//!
//! Clients and servers share this process and its cores. Each client keeps one connection and has one call under way.
//! What is measured is `/authorize`, the check alone. Each call is recorded, as always: first without, then with
//! somebody who writes the records down. Bytes are all that the process has grown by, the database's own cache too.

use std::{
    net::SocketAddr,
    num::NonZeroU32,
    time::{Duration, Instant},
};

use axum::{Router, routing::get, serve::ListenerExt as _};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use domain::{role::Role, scope::Scope, token::TokenForm, user::Asker};
use server::{config::Data, gate, housekeeping};
use store::{NewUser, Store};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use uuid::Uuid;

/// As the server itself has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Numbers of tokens in the database, all of them used before the clock starts.
const TOKENS: [usize; 3] = [1, 10_000, 1_000_000];
/// Connections at the same time.
const CLIENTS: usize = 16;
/// How long each is measured, after as long a warm-up as a tenth of it.
const TIME: Duration = Duration::from_secs(10);

/// What the gate answers, as far as its head goes; with other values of the same length.
const ANSWER: [(&str, &str); 8] = [
    ("cache-control", "no-store"),
    ("x-account-sid", "IR0000000000000000000000000000000000"),
    ("x-token-id", "00000000-0000-7000-8000-000000000000"),
    ("x-token-scopes", "getCompanyInformation"),
    ("x-api-version", "3"),
    ("x-ratelimit-limit", "4294967295"),
    ("x-ratelimit-remaining", "4294967294"),
    ("x-ratelimit-reset", "1"),
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Fewer, to try the benchmark itself out.
    let most = std::env::var("KAGITABA_BENCH_TOKENS").ok().and_then(|most| most.parse().ok()).unwrap_or(usize::MAX);
    println!("{:<40}{:>10}{:>10}{:>10}{:>10}{:>14}", "", "calls/s", "p50 µs", "p99 µs", "of bare", "bytes/token");
    for tokens in TOKENS.map(|tokens| tokens.min(most)) {
        let folder = tempfile::tempdir()?;
        let store = Data::within(folder.path()).open().await?;
        let before = resident_bytes();
        let calls = prepare(&store, tokens).await?;
        let bytes = resident_bytes().saturating_sub(before) / tokens;
        let bare = listen(Router::new().route("/authorize", get(async || ANSWER))).await?;
        let settings = gate::Settings { calls_per_hour: Some(NonZeroU32::MAX), ..gate::Settings::default() };
        let gate = listen(gate::router(store.clone(), &settings, false)).await?;
        let bare = measure(bare, &calls).await?;
        println!("{:<40}{bare}", format!("{tokens} tokens: bare handler"));
        let checked = measure(gate, &calls).await?;
        println!("{:<40}{checked}{}", "  gate, calls kept in memory", checked.share_of(&bare));
        let housekeeping = tokio::spawn(housekeeping::keep(store, TimeDelta::days(90)));
        let written = measure(gate, &calls).await?;
        println!("{:<40}{written}{}{bytes:>14}", "  gate, calls written down each second", written.share_of(&bare));
        housekeeping.abort();
    }
    Ok(())
}

/// Makes the tokens and lets each pass once. Answers a call with each of (at most 10,000) of them.
async fn prepare(store: &Store, tokens: usize) -> anyhow::Result<Vec<Vec<u8>>> {
    let account = store.add_account("Agency").await?;
    let user = NewUser {
        name: "A".into(),
        email: "a@agency.example".into(),
        password: "correct horse".into(),
        role: Role::AccountAdministrator,
    };
    store.add_user(account, user).await?;
    let user = store.people(account).await?.remove(0);
    let by = Asker { user, account, account_name: "Agency".into(), role: Role::AccountAdministrator };
    store.enable_api_access(&by).await?;
    let form = TokenForm {
        name: "Token".into(),
        scopes: vec![Scope::GET_COMPANY_INFORMATION.id().into()],
        ..TokenForm::blank(by.user.id)
    };
    let settings = form
        .validate(std::slice::from_ref(&by.user), None, &store.terms(account).await?)
        .map_err(|errors| anyhow::anyhow!("{errors:?}"))?;
    let mut calls = Vec::new();
    for _ in 0..tokens {
        let issued = store.create(&by, settings.clone(), Uuid::now_v7()).await?;
        let (sid, secret) = (&issued.token.sid, &issued.secret);
        store.authenticate(sid, secret).await?;
        if calls.len() < 10_000 {
            let credentials = STANDARD.encode(format!("{sid}:{}", secret.reveal()));
            calls.push(
                format!(
                    "GET /authorize HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {credentials}\r\n\
                     X-Original-Method: GET\r\nX-Original-URI: /Agencies/{sid}/CompanyInformation\r\n\r\n"
                )
                .into_bytes(),
            );
        }
    }
    Ok(calls)
}

async fn listen(router: Router) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let listener = listener.tap_io(|connection| _ = connection.set_nodelay(true));
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    Ok(address)
}

/// What came of a measurement.
struct Measured {
    per_second: f64,
    p50: Duration,
    p99: Duration,
}

impl Measured {
    fn share_of(&self, bare: &Self) -> String {
        format!("{:>8.0} %", 100.0 * self.per_second / bare.per_second)
    }
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:>10.0}{:>10}{:>10}", self.per_second, self.p50.as_micros(), self.p99.as_micros())
    }
}

async fn measure(address: SocketAddr, calls: &[Vec<u8>]) -> anyhow::Result<Measured> {
    run(address, calls, TIME / 10).await?;
    let mut times = run(address, calls, TIME).await?;
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    #[allow(clippy::cast_precision_loss)] // far fewer than 2⁵³
    let per_second = times.len() as f64 / TIME.as_secs_f64();
    Ok(Measured { per_second, p50: at(50), p99: at(99) })
}

async fn run(address: SocketAddr, calls: &[Vec<u8>], time: Duration) -> anyhow::Result<Vec<Duration>> {
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let calls: Vec<_> = calls.iter().cycle().skip(client * 7).step_by(CLIENTS).take(calls.len()).cloned().collect();
        clients.spawn(async move {
            let mut connection = TcpStream::connect(address).await?;
            connection.set_nodelay(true)?;
            let (mut times, mut answer, began) = (Vec::new(), [0; 4096], Instant::now());
            for call in calls.iter().cycle() {
                let sent = Instant::now();
                connection.write_all(call).await?;
                // Answers have no body and fit into one read; the first line tells that it was let through.
                let length = connection.read(&mut answer).await?;
                anyhow::ensure!(
                    answer.starts_with(b"HTTP/1.1 200") && answer[..length].ends_with(b"\r\n\r\n"),
                    "refused"
                );
                times.push(sent.elapsed());
                if began.elapsed() > time {
                    break;
                }
            }
            Ok(times)
        });
    }
    let times = clients.join_all().await.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    Ok(times.concat())
}

/// The memory that this process has in use, in bytes, by Linux's own account.
fn resident_bytes() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    pages.and_then(|pages| pages.split(' ').nth(1)?.parse::<usize>().ok()).unwrap_or(0) * 4096
}
