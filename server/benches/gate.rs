//! Measures how many calls a second the gate checks, with 1, 10,000 and 1,000,000 tokens, beside a bare axum handler
//! that gives the same answer in the same run. `make bench` runs it; its only output is a table.
//!
//! Clients and servers share this process and its cores. Each client keeps one connection and has one call under way.
//! The benchmark measures `/authorize`, the check alone. Each call is recorded, as always: first only in memory, then
//! also written to the database. The measurements take short turns, and "of bare" is the median share of each turn's
//! calls in those of the bare handler just before, so that other work of the machine affects all of them. Bytes are the
//! growth of the whole process, the database's own cache included.

use std::{
    net::SocketAddr,
    num::NonZeroU32,
    path::Path,
    time::{Duration, Instant},
};

use axum::{Router, routing::get, serve::ListenerExt as _};
use domain::{
    members::{role::Role, user::CurrentUser},
    tokens::{scope::Scope, secret::AccountSid, token::TokenForm},
};
use server::{config::Data, gate, housekeeping};
use sqlx::Connection as _;
use store::{IssuedToken, NewUser, Store};
use tokio::{net::TcpListener, task::JoinSet};
use uuid::Uuid;

use crate::client::Connection;

#[allow(dead_code)]
#[path = "support/client.rs"]
mod client;
#[path = "support/copies.rs"]
mod copies;
#[allow(dead_code)]
#[path = "support/work.rs"]
mod work;

/// The allocator of the server itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Numbers of tokens in the database, all of them used before the clock starts.
const TOKENS: [usize; 3] = [1, 10_000, 1_000_000];
/// The number of tokens that calls come from.
const CALLED: usize = 10_000;
/// The name of each token.
const TOKEN: &str = "Token";
/// Connections at the same time.
const CLIENTS: usize = 16;
/// The number of times each is measured.
const ROUNDS: u32 = 9;
/// The duration of each measurement.
const TIME: Duration = Duration::from_secs(2);
/// The duration of the warm-up: until the first calls have been written down, so that as many are written down as come
/// in.
const WARM_UP: Duration = Duration::from_secs(1);

/// The head of the gate's answer, with other values of the same length.
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
    // Limits the number of tokens, to try out the benchmark itself.
    let most = std::env::var("KAGITABA_BENCH_TOKENS").ok().and_then(|most| most.parse().ok()).unwrap_or(usize::MAX);
    println!(
        "{:<40}{:>10}{:>10}{:>10}{:>10}{:>10}{:>14}",
        "", "calls/s", "p50 µs", "p99 µs", "CPU µs", "of bare", "bytes/token"
    );
    for tokens in TOKENS.map(|tokens| tokens.min(most)) {
        let folder = tempfile::tempdir()?;
        let store = Data::within(folder.path()).open().await?;
        let before = resident_bytes();
        let calls = prepare(&store, folder.path(), tokens).await?;
        let bytes = resident_bytes().saturating_sub(before) / tokens;
        let bare = listen(Router::new().route("/authorize", get(async || ANSWER))).await?;
        let settings = gate::Settings { calls_per_hour: Some(NonZeroU32::MAX), ..gate::Settings::default() };
        let gate = listen(gate::router(store.clone(), &settings)).await?;
        let (mut plain, mut kept, mut written) = (Measured::default(), Measured::default(), Measured::default());
        for _ in 0..ROUNDS {
            plain.measure(bare, &calls).await?;
            kept.measure(gate, &calls).await?;
            store.gate().flush_calls().await?;
            tokio::select! {
                measured = written.measure(gate, &calls) => measured?,
                () = housekeeping::write_down(&store) => {}
            }
            store.gate().flush_calls().await?;
        }
        println!("{:<40}{plain}", format!("{tokens} tokens: bare handler"));
        println!("{:<40}{kept}{}", "  gate, calls kept in memory", kept.share_of(&plain));
        println!("{:<40}{written}{}{bytes:>14}", "  gate, calls written down each second", written.share_of(&plain));
    }
    Ok(())
}

/// Makes the tokens and lets each pass once. Returns a call with each of (at most [`CALLED`]) of them.
async fn prepare(store: &Store, folder: &Path, tokens: usize) -> anyhow::Result<Vec<Vec<u8>>> {
    let account = store.account().add("Agency").await?;
    let user = NewUser {
        name: "A".into(),
        email: "a@agency.example".into(),
        password: "correct horse".into(),
        role: Role::AccountAdministrator,
    };
    store.members().add(account, user).await?;
    let user = store.members().people(account).await?.remove(0);
    let by = CurrentUser { user, account, account_name: "Agency".into(), role: Role::AccountAdministrator };
    store.account().enable_api_access(&by).await?;
    let form = TokenForm {
        name: TOKEN.into(),
        scopes: vec![Scope::GET_COMPANY_INFORMATION.id().into()],
        ..TokenForm::blank(by.user.id)
    };
    let settings = form
        .validate(std::slice::from_ref(&by.user), None, &store.account().terms(account).await?)
        .map_err(|errors| anyhow::anyhow!("{errors:?}"))?;
    let mut issued = Vec::new();
    for _ in 0..tokens.min(CALLED) {
        issued.push(store.tokens().create(&by, settings.clone(), Uuid::now_v7()).await?);
    }
    anyhow::ensure!(tokens.is_multiple_of(issued.len()), "of more than {CALLED} tokens, take a multiple of that");
    let copies = tokens / issued.len() - 1;
    // Most of the 1,000,000 are copies of 10,000.
    copies::copy_tokens(folder, TOKEN, copies).await?.close().await?;
    for IssuedToken { token, secret, .. } in &issued {
        let sids = (1..=copies).map(|copy| AccountSid::try_from(format!("{}{copy:06}", &token.sid.as_str()[..29])));
        for sid in std::iter::once(Ok(token.sid.clone())).chain(sids) {
            anyhow::ensure!(store.gate().authenticate(&sid?, secret).await?.is_some(), "refused");
        }
    }
    Ok(issued.iter().map(call).collect())
}

/// Returns a request that asks whether a call with that token may go on.
fn call(IssuedToken { token, secret, .. }: &IssuedToken) -> Vec<u8> {
    client::authorize(token.sid.as_str(), secret.reveal())
}

async fn listen(router: Router) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let listener = listener.tap_io(|connection| _ = connection.set_nodelay(true));
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    Ok(address)
}

/// The results of all rounds of a measurement.
#[derive(Default)]
struct Measured {
    /// The latency of each call.
    times: Vec<Duration>,
    /// The number of calls in each round.
    calls: Vec<usize>,
    /// The machine's working time for all calls, clients included. Other users of the machine affect this the least.
    work: Duration,
}

impl Measured {
    /// Runs one more round.
    async fn measure(&mut self, address: SocketAddr, calls: &[Vec<u8>]) -> anyhow::Result<()> {
        run(address, calls, WARM_UP).await?;
        let before = work::of("self");
        let times = run(address, calls, TIME).await?;
        self.work += work::of("self").saturating_sub(before);
        self.calls.push(times.len());
        self.times.extend(times);
        self.times.sort_unstable();
        Ok(())
    }

    fn at(&self, percent: usize) -> Duration {
        self.times[(self.times.len() - 1) * percent / 100]
    }

    /// Returns the median share of all rounds, in percent.
    #[allow(clippy::cast_precision_loss)] // far fewer than 2⁵³
    fn share_of(&self, bare: &Self) -> String {
        let mut shares: Vec<_> = self.calls.iter().zip(&bare.calls).map(|(of, all)| *of as f64 / *all as f64).collect();
        shares.sort_unstable_by(f64::total_cmp);
        format!("{:>8.0} %", 100.0 * shares[shares.len() / 2])
    }
}

impl std::fmt::Display for Measured {
    #[allow(clippy::cast_precision_loss)] // far fewer than 2⁵³
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let calls = self.times.len() as f64;
        let (per_second, work) = (calls / (TIME * ROUNDS).as_secs_f64(), self.work.div_f64(calls));
        let [p50, p99, work] = [self.at(50), self.at(99), work].map(|time| time.as_secs_f64() * 1e6);
        write!(f, "{per_second:>10.0}{p50:>10.0}{p99:>10.0}{work:>10.1}")
    }
}

async fn run(address: SocketAddr, calls: &[Vec<u8>], time: Duration) -> anyhow::Result<Vec<Duration>> {
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let calls: Vec<_> = calls.iter().cycle().skip(client * 7).step_by(CLIENTS).take(calls.len()).cloned().collect();
        clients.spawn(async move {
            let (mut connection, mut times, began) = (Connection::open(address).await?, Vec::new(), Instant::now());
            for call in calls.iter().cycle() {
                let sent = Instant::now();
                anyhow::ensure!(connection.call(call).await?.status == 200, "refused");
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

/// Returns the memory that this process uses, in bytes, as Linux counts it.
fn resident_bytes() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    pages.and_then(|pages| pages.split(' ').nth(1)?.parse::<usize>().ok()).unwrap_or(0) * 4096
}
