//! Query plans, for tests: how the databases run a query if there are enough rows for it to matter.

use crate::db::sql::{Pool, QueryBuilder};
use crate::{Clock, ServerKey, Store};
use sqlx::AssertSqlSafe;
use tempfile::TempDir;
use tokio::sync::OnceCell;

#[allow(dead_code)]
#[path = "../../tests/postgres/cluster.rs"]
mod cluster;

/// The URLs of the databases, which are filled once.
static URLS: OnceCell<(TempDir, [String; 2])> = OnceCell::const_new();

/// Returns a store on each kind of database, with many tokens and entries in an account whose id is nil.
pub(crate) async fn stores() -> [Store; 2] {
    let (_, [sqlite, postgres]) = URLS
        .get_or_init(|| async {
            let directory = tempfile::tempdir().unwrap();
            let sqlite = format!("sqlite:{}", directory.path().join("plan.db").display());
            let urls = [sqlite, cluster::url("postgres")];
            for url in &urls {
                fill(&open(url).await).await;
            }
            (directory, urls)
        })
        .await;
    [open(sqlite).await, open(postgres).await]
}

async fn open(url: &str) -> Store {
    Store::open(url, ServerKey::from_bytes([1; 32]), Clock::system()).await.unwrap()
}

async fn fill(store: &Store) {
    let Pool::Postgres(pool) = &store.core.pools().write else { return };
    // SQLite plans without statistics. PostgreSQL would scan a small table.
    let [nil, other] = [0, 1].map(|last| format!("'00000000-0000-0000-0000-00000000000{last}'::uuid"));
    let account = format!("CASE WHEN n % 10 = 0 THEN {nil} ELSE {other} END");
    let token = format!("CASE WHEN n % 100 = 0 THEN {nil} ELSE {other} END");
    let statements = format!(
        "INSERT INTO accounts VALUES ({nil}, 'Acme', FALSE, '{{}}', 0), ({other}, 'Other', FALSE, '{{}}', 0);
        INSERT INTO users VALUES ({nil}, 'Aya', 'aya@agency.example', 'aya@agency.example', '$argon2id$', 0);
        INSERT INTO memberships VALUES ({nil}, {nil}, 'analyst', 0), ({other}, {nil}, 'analyst', 0);
        INSERT INTO tokens SELECT gen_random_uuid(), {account}, n::text, sha256(''), 'Token ' || n, 'token ' || n, '', 1,
            {nil}, '[]', '[]', 'enabled', n, CASE WHEN n % 3 > 0 THEN n END FROM generate_series(1, 20000) AS n;
        INSERT INTO audit_events (id, at, account_id, action, details, names_folded, sequence)
            SELECT gen_random_uuid(), n::bigint * 1000000, {account}, 'token_created', '{{}}', 'token ' || n, n
            FROM generate_series(1, 20000) AS n;
        INSERT INTO calls_by_day SELECT {account}, n, {token}, n::text, 200, 1, 1, 3 FROM generate_series(1, 20000) AS n;
        INSERT INTO calls_of_accounts SELECT {account}, n, 1, 0, 0 FROM generate_series(1, 20000) AS n;
        INSERT INTO calls_by_address SELECT {account}, {token}, n, n::text, 0, 1, 0, n, n
            FROM generate_series(1, 20000) AS n;
        INSERT INTO calls_by_client SELECT {account}, {token}, n, n::text, 1, 0, n, n FROM generate_series(1, 20000) AS n;
        INSERT INTO calls_by_hour SELECT {account}, {token}, n, decode(repeat('00', 192), 'hex')
            FROM generate_series(1, 20000) AS n;
        INSERT INTO passed_calls SELECT {account}, {token}, n, 'getJob', 0, n::text, 1, n
            FROM generate_series(1, 20000) AS n;
        INSERT INTO refused_calls SELECT {account}, {token}, n, 'expired', n::text, 1, n, n
            FROM generate_series(1, 20000) AS n;
        VACUUM ANALYZE tokens; VACUUM ANALYZE audit_events; VACUUM ANALYZE calls_by_day;
        VACUUM ANALYZE calls_of_accounts; VACUUM ANALYZE calls_by_address; VACUUM ANALYZE calls_by_client;
        VACUUM ANALYZE calls_by_hour; VACUUM ANALYZE refused_calls;
        VACUUM ANALYZE passed_calls"
    );
    for statement in statements.split(';') {
        sqlx::query(AssertSqlSafe(statement.to_owned())).execute(pool).await.unwrap();
    }
}

/// Returns the plan of the store's database for the query.
pub(crate) async fn plan(store: &Store, mut query: QueryBuilder) -> String {
    let pool = &store.core.pools().read;
    let lines: Vec<String> = match pool {
        Pool::Sqlite(_) => {
            query.prefix("EXPLAIN QUERY PLAN ");
            let rows = query.build_query_as::<(i64, i64, i64, String)>().fetch_all(pool).await;
            rows.unwrap().into_iter().map(|(.., line)| line).collect()
        }
        Pool::Postgres(_) => {
            query.prefix("EXPLAIN ");
            query.build_query_scalar::<String>().fetch_all(pool).await.unwrap()
        }
    };
    lines.join("\n")
}
