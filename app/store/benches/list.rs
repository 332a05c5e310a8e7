//! Benchmarks of listing an account's 1,000,000 tokens by filter, order and page, and of a write, on both databases;
//! beside the same queries as one would write them by hand, with the driver alone, in the same run: the page from its
//! key on, and the counts up to their limit. `make bench` runs it; its tables are its only output.
//!
//! `PostgreSQL` is a throwaway cluster, as in the tests: its writes are not certain to reach the disk.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use domain::{
    gate::api_version::ApiVersion,
    members::{role::Role, user::CurrentUser},
    paging::{Count, PagePosition},
    tokens::{
        condition::{Condition, EXPIRING_WITHIN, IN_USE_WITHIN, NEW_FOR, UNUSED_AFTER},
        filter::{COUNTED, CreatedOn, PAGE_SIZE, Sort, SortValue, TokenFilter, TokenKey},
        scope::{Scope, Scopes},
        token::{TokenId, TokenSettings, TokenState},
    },
};
use sqlx::{AssertSqlSafe, Executor as _, PgPool, Row as _, SqlitePool};
use store::{Clock, NewUser, ServerKey, Store};
use uuid::Uuid;

#[allow(dead_code)]
#[path = "../tests/postgres/cluster.rs"]
mod cluster;

/// The number of tokens in the account.
const TOKENS: i64 = 1_000_000;
/// The number of times that each query is measured.
const TIMES: usize = 10;
/// The number of writes that are measured.
const WRITES: u32 = 300;

/// A connection to the database without the store.
enum Driver {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

#[tokio::main]
async fn main() {
    // Fewer, to try out the benchmark itself.
    let tokens = std::env::var("KAGITABA_BENCH_TOKENS").ok().and_then(|tokens| tokens.parse().ok()).unwrap_or(TOKENS);
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("bench.db").display());
    let (store, by) = open(&url).await;
    let driver = Driver::Sqlite(SqlitePool::connect(&url).await.expect("SQLite"));
    measure("SQLite", tokens, &store, &by, &driver).await;
    drop(store);

    cluster::create("bench", "template1").await;
    let url = cluster::url("bench");
    let (store, by) = open(&url).await;
    let driver = Driver::Postgres(PgPool::connect(&url).await.expect("PostgreSQL"));
    measure("PostgreSQL", tokens, &store, &by, &driver).await;
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

async fn measure(database: &str, tokens: i64, store: &Store, by: &CurrentUser, driver: &Driver) {
    let settings = TokenSettings {
        name: "Export 日本 0".to_owned(),
        description: String::new(),
        api_version: ApiVersion::NEWEST,
        primary_contact: by.user.id,
        developers: Vec::new(),
        scopes: Scopes::from_iter([Scope::GET_COMPANY_INFORMATION]),
        expires_at: None,
    };
    store.tokens().create(by, settings.clone(), Uuid::now_v7()).await.expect("a token");
    driver.fill(tokens).await;
    println!("\n{database}, {tokens} tokens, in ms");
    println!("{:<58}{:>10}{:>10}{:>10}{:>14}{:>10}", "", "found", "p50", "p99", "by hand: p50", "p99");
    for (name, filter) in cases() {
        let (_, found) = store.tokens().numbered_page(by.account, &filter, 1, PAGE_SIZE).await.expect("a list");
        let middle = driver.key(by.account.0, &filter, found / 2).await;
        let middle = middle.filter(|_| found > 10 * u64::from(PAGE_SIZE));
        let mut pages = vec![("first", PagePosition::First, None)];
        pages.extend(middle.map(|key| ("middle", PagePosition::After(key.cursor()), Some(key))));
        for (page, place, key) in pages {
            let filter = filter.at(place.clone());
            let list = store.tokens().list(by.account, &filter).await.expect("a list");
            assert_eq!(list.position.place, place);
            let expected = driver.list(by.account.0, &filter, key.as_ref()).await;
            assert_eq!((list.tokens.len(), list.position.before, list.position.total), expected);
            let ours = times(async || drop(store.tokens().list(by.account, &filter).await.expect("a list"))).await;
            let by_hand = times(async || _ = driver.list(by.account.0, &filter, key.as_ref()).await).await;
            println!("{:<58}{found:>10}{ours}{:>4}{by_hand}", format!("{name}, {page} page"), "");
        }
    }
    let numbers = times(async || drop(store.tokens().overview(by.account).await.expect("an overview"))).await;
    println!("{:<68}{numbers}", "the overview's numbers");
    let began = Instant::now();
    for _ in 0..WRITES {
        store.tokens().create(by, settings.clone(), Uuid::now_v7()).await.expect("a token");
    }
    let ours = f64::from(WRITES) / began.elapsed().as_secs_f64();
    let began = Instant::now();
    for _ in 0..WRITES {
        driver.write().await;
    }
    let by_hand = f64::from(WRITES) / began.elapsed().as_secs_f64();
    println!("Tokens created one after the other, each with its entry in the audit trail: {ours:.0} a second");
    println!("Rows copied by hand, token and entry in one transaction: {by_hand:.0} a second");
}

/// Returns each filter, and all of them together, in each order.
fn cases() -> Vec<(String, TokenFilter)> {
    let all = TokenFilter::default();
    let named = |name: &str| TokenFilter { name: name.to_owned(), ..TokenFilter::default() };
    let mut filters = vec![("all".to_owned(), all.clone())];
    for name in ["export", "port 4711", "日本"] {
        filters.push((format!("named “{name}”"), named(name)));
    }
    for created in CreatedOn::ALL {
        filters.push((created.as_str().to_owned(), TokenFilter { created: Some(created), ..all.clone() }));
    }
    for state in TokenState::ALL {
        filters.push((state.as_str().to_owned(), TokenFilter { state: Some(state), ..all.clone() }));
    }
    for condition in Condition::ALL {
        filters.push((condition.as_str().to_owned(), TokenFilter { condition: Some(condition), ..all.clone() }));
    }
    let (created, state) = (Some(CreatedOn::Last30Days), Some(TokenState::Disabled));
    filters.push(("“export”, last 30 days, disabled".to_owned(), TokenFilter { created, state, ..named("export") }));
    let sorted = |(name, filter): &(String, TokenFilter)| {
        Sort::ALL.map(|sort| (format!("{name}, by {}", sort.as_str()), TokenFilter { sort, ..filter.clone() }))
    };
    filters.iter().flat_map(sorted).collect()
}

/// Returns the condition that the filter demands.
fn condition(filter: &TokenFilter) -> String {
    let now = Clock::system().now();
    let mut condition = "account_id = $1 AND deleted_at IS NULL".to_owned();
    if !filter.name.is_empty() {
        condition += &format!(" AND name_folded LIKE '%{}%'", filter.name);
    }
    if let Some(from) = filter.created.and_then(|created| created.from(now)) {
        condition += &format!(" AND created_at >= {}", from.timestamp_micros());
    }
    if let Some(before) = filter.created.and_then(|created| created.before(now)) {
        condition += &format!(" AND created_at < {}", before.timestamp_micros());
    }
    if let Some(state) = filter.state {
        condition += &format!(" AND state = '{}'", state.as_str());
    }
    if let Some(wanted) = filter.condition {
        condition += &format!(" AND state = 'enabled' AND {}", narrowed(wanted));
    }
    condition
}

/// Returns what the condition demands of an enabled token in an account without a longest lifetime.
fn narrowed(condition: Condition) -> String {
    let now = Clock::system().now();
    let at = |time: DateTime<Utc>| time.timestamp_micros();
    match condition {
        Condition::Working => format!("(expires_at IS NULL OR expires_at > {})", at(now)),
        Condition::ExpiredInUse => {
            let since = at(now - IN_USE_WITHIN);
            format!("expires_at <= {} AND (last_used_at >= {since} OR last_failed_at >= {since})", at(now))
        }
        Condition::Expiring => {
            format!("expires_at > {} AND expires_at <= {}", at(now), at(now + EXPIRING_WITHIN))
        }
        Condition::ContactDeactivated => {
            let deactivated = "SELECT user_id FROM memberships WHERE account_id = $1 AND state = 'deactivated'";
            format!("primary_contact IN ({deactivated})")
        }
        Condition::OldVersion => format!("api_version < {}", ApiVersion::NEWEST),
        Condition::Unused => format!("last_used_at <= {}", at(now - UNUSED_AFTER)),
        Condition::NeverUsed => format!("last_used_at IS NULL AND created_at <= {}", at(now - NEW_FOR)),
    }
}

/// Returns the column of an order, and the order.
fn by(sort: Sort) -> (&'static str, &'static str) {
    match sort {
        Sort::Created => ("created_at", "created_at DESC, id DESC"),
        Sort::Name => ("name_folded", "name_folded, id"),
        Sort::LastUsed => ("last_used_at", "last_used_at DESC NULLS LAST, id DESC"),
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

impl std::fmt::Display for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = |share: usize| self.0[(self.0.len() - 1) * share / 100].as_secs_f64() * 1000.0;
        write!(f, "{:>10.2}{:>10.2}", at(50), at(99))
    }
}

impl Driver {
    /// Copies the one token until there are `tokens`, over 400 days, one in ten disabled, one in three never used, one
    /// in four with an expiry, one in 1,000 of an old version.
    async fn fill(&self, tokens: i64) {
        let (numbers, id, hash) = match self {
            Self::Sqlite(_) => (
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)",
                "randomblob(16)",
                "printf('%06d', i)",
            ),
            Self::Postgres(_) => {
                ("WITH n (i) AS (SELECT * FROM generate_series(1, $1))", "gen_random_uuid()", "lpad(i::text, 6, '0')")
            }
        };
        let day = 86_400_000_000_i64;
        let fill = AssertSqlSafe(format!(
            "{numbers}
             INSERT INTO tokens (id, account_id, sid, secret_hash, name, name_folded, description, api_version,
                primary_contact, developers, scopes, state, created_at, last_used_at, secret_issued_at, expires_at)
             SELECT {id}, account_id, substr(sid, 1, 29) || {hash}, secret_hash,
                CASE i % 5 WHEN 0 THEN '日本 ' ELSE 'Export ' END || i, CASE i % 5 WHEN 0 THEN '日本 ' ELSE 'export ' END || i,
                description, CASE i % 1000 WHEN 1 THEN 2 ELSE api_version END, primary_contact, developers, scopes,
                CASE i % 10 WHEN 0 THEN 'disabled' ELSE 'enabled' END, created_at - i % 400 * {day} - i,
                CASE i % 3 WHEN 0 THEN NULL ELSE created_at + i END, created_at,
                CASE i % 4 WHEN 0 THEN created_at + (i % 800 - 400) * {day} END
             FROM tokens, n"
        ));
        match self {
            Self::Sqlite(pool) => {
                pool.execute(sqlx::query(fill).bind(tokens - 1)).await.expect("tokens");
                pool.execute("ANALYZE").await.expect("statistics");
            }
            Self::Postgres(pool) => {
                pool.execute(sqlx::query(fill).bind(tokens - 1)).await.expect("tokens");
                pool.execute("VACUUM ANALYZE").await.expect("statistics");
            }
        }
    }

    /// Returns the key of the row that `before` others come before.
    async fn key(&self, account: Uuid, filter: &TokenFilter, before: u64) -> Option<TokenKey> {
        let (value, order) = by(filter.sort);
        let key = AssertSqlSafe(format!(
            "SELECT {value}, id FROM tokens WHERE {} ORDER BY {order} LIMIT 1 OFFSET {before}",
            condition(filter)
        ));
        macro_rules! read {
            ($pool:ident) => {{
                let row = $pool.fetch_optional(sqlx::query(key).bind(account)).await.expect("a key")?;
                let value = match filter.sort {
                    Sort::Name => SortValue::Name(row.get(0)),
                    _ => row.get::<Option<i64>, _>(0).map_or(SortValue::Never, SortValue::Time),
                };
                Some(TokenKey { value, id: TokenId(row.get(1)) })
            }};
        }
        match self {
            Self::Sqlite(pool) => read!(pool),
            Self::Postgres(pool) => read!(pool),
        }
    }

    /// Returns the list as one would query it by hand: the length of a page, the number of tokens before it, and the
    /// total.
    async fn list(&self, account: Uuid, filter: &TokenFilter, key: Option<&TokenKey>) -> (usize, Count, Count) {
        let condition = condition(filter);
        let beyond = |backwards| self.beyond(filter.sort, key, backwards);
        let (_, order) = by(filter.sort);
        let limit = COUNTED + 1;
        let page =
            format!("SELECT * FROM tokens WHERE {condition}{} ORDER BY {order} LIMIT {PAGE_SIZE}", beyond(false));
        let count = |beyond| {
            let counted = format!("SELECT 1 FROM tokens WHERE {condition}{beyond} LIMIT {limit}");
            format!("SELECT COUNT(*) FROM ({counted}) AS counted")
        };
        let total = count(String::new());
        // Includes the row of the key itself.
        let before = key.map(|_| count(beyond(true)));
        macro_rules! read {
            ($pool:ident) => {{
                let rows = $pool.fetch_all(sqlx::query(AssertSqlSafe(page)).bind(account)).await.expect("a page");
                let mut counts = [0_i64; 2];
                for (count, query) in counts.iter_mut().zip([before, Some(total)]) {
                    if let Some(query) = query {
                        let row = $pool.fetch_one(sqlx::query(AssertSqlSafe(query)).bind(account)).await;
                        *count = row.expect("a number").get(0);
                    }
                }
                (rows.len(), counts)
            }};
        }
        let (rows, [before, total]) = match self {
            Self::Sqlite(pool) => read!(pool),
            Self::Postgres(pool) => read!(pool),
        };
        let count = |count: i64| Count::up_to(COUNTED.into(), count.unsigned_abs());
        (rows, count(before), count(total))
    }

    /// Returns the condition for the rows after the key or, if `backwards`, for those before it and the key's own row.
    fn beyond(&self, sort: Sort, key: Option<&TokenKey>, backwards: bool) -> String {
        let Some(TokenKey { value, id: TokenId(id) }) = key else { return String::new() };
        let id = match self {
            Self::Sqlite(_) => format!("x'{}'", id.simple()),
            Self::Postgres(_) => format!("'{id}'"),
        };
        let (column, _) = by(sort);
        let sign = if (sort == Sort::Name) == backwards { "<" } else { ">" };
        let sign = if backwards { format!("{sign}=") } else { sign.to_owned() };
        match value {
            SortValue::Time(time) => format!(" AND ({column}, id) {sign} ({time}, {id})"),
            SortValue::Name(name) => format!(" AND ({column}, id) {sign} ('{name}', {id})"),
            SortValue::Never if backwards => format!(" AND ({column} IS NOT NULL OR id {sign} {id})"),
            SortValue::Never => format!(" AND {column} IS NULL AND id {sign} {id}"),
        }
    }

    /// Writes a token and an entry of the audit trail in one transaction.
    async fn write(&self) {
        let id = Uuid::now_v7();
        let sid = format!("IR0{}", id.simple());
        let token = "INSERT INTO tokens (id, account_id, sid, secret_hash, name, name_folded, description, api_version,
                primary_contact, developers, scopes, state, created_at, secret_issued_at)
             SELECT $1, account_id, $2, secret_hash, name, name_folded, description, api_version, primary_contact,
                developers, scopes, state, created_at, created_at FROM tokens ORDER BY sid LIMIT 1";
        let entry = "INSERT INTO audit_events (id, at, account_id, user_id, action, token_id, details)
             SELECT $1, at, account_id, user_id, action, $1, details FROM audit_events ORDER BY sequence DESC LIMIT 1";
        match self {
            Self::Sqlite(pool) => {
                let mut tx = pool.begin_with("BEGIN IMMEDIATE").await.expect("a transaction");
                tx.execute(sqlx::query(token).bind(id).bind(sid)).await.expect("a token");
                tx.execute(sqlx::query(entry).bind(id)).await.expect("an entry");
                tx.commit().await.expect("to commit");
            }
            Self::Postgres(pool) => {
                let mut tx = pool.begin().await.expect("a transaction");
                tx.execute(sqlx::query(token).bind(id).bind(sid)).await.expect("a token");
                tx.execute(sqlx::query(entry).bind(id)).await.expect("an entry");
                tx.commit().await.expect("to commit");
            }
        }
    }
}
