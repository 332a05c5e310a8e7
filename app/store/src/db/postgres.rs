//! `PostgreSQL`: opening its database, and beginning a transaction that writes.
//!
//! The rule that keeps writers apart, in one process or in many: every transaction that writes takes a lock before it
//! reads anything, and releases it when it has ended.
//!
//! - [`begin`] takes the database's lock exclusively: no other transaction writes meanwhile. That is what `SQLite`
//!   does, so anything that is right there is right here. It is for everything that reaches beyond one account: users
//!   and their passwords, sessions, invitations, sign-in attempts, the removal of expired data.
//! - [`begin_in`] shares the database's lock with others of its kind and takes its account's lock exclusively. It is
//!   for transactions that write rows of one account only (or lock at most one row of another's, so that no two wait
//!   for each other): tokens, the company profile, advertisers, jobs, each with the next entry of that account's audit
//!   trail.
//! - [`begin_beside`] shares the database's lock, too, and keeps apart those of its own kind only. It is for the calls
//!   and uses that the gate has recorded, which come from each node every second: a token is reset or disabled without
//!   waiting for them. It locks the rows of many tokens, so a transaction of an account that changes more than one token
//!   takes the database's lock instead of its account's: two of them could wait for each other.
//!
//! The locks are advisory locks: they belong to the database, not to a row, so they also cover rows that are not there
//! yet (a name, the first entry of a chain). All transactions run at the level `READ COMMITTED`, at which each
//! statement sees everything that was committed before it: after the lock, everything that its previous holder has
//! done. So nothing has to be retried.
//!
//! A connection asks for nothing at startup that a pooler such as `PgBouncer` would not know: its other settings are
//! made once it is open. They last as long as the connection, so a pooler has to leave it its session.

use crate::db::sql::{self, Pool, Tx};
use crate::error::Error;
use domain::account::AccountId;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, PgPool, Row};
use std::str::FromStr;
use std::time::Duration;
use uuid::Uuid;

static MIGRATIONS: Migrator = sqlx_macros::migrate!("migrations/postgres");

/// The time to wait for a connection.
const ACQUIRED_WITHIN: Duration = Duration::from_secs(3);
/// The time to find out whether a connection has a session of its own: a pooler may have no second one to give.
const SESSION_FOUND_WITHIN: Duration = Duration::from_secs(10);
/// The settings of each connection. A statement that waits for a lock, such as a writer's, fails in time; and a
/// transaction of a machine that is gone must not block others forever.
const SETTINGS: &str = "SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '60s'";
/// The settings of each connection that reads: the same, and plans for the arguments at hand, as the number of rows
/// that a search finds varies widely.
const READER_SETTINGS: &str = "SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '60s';
    SET default_transaction_read_only = on; SET plan_cache_mode = force_custom_plan";
/// The number of connections that read.
const READERS: u32 = 8;
/// The number of connections that write; most wait for a lock.
const WRITERS: u32 = 8;
/// The number of connections by which nodes notify each other, which hold no lock for long.
const NODES: u32 = 6;
/// The number of connections by which nodes count calls together. They are apart, so that a count that hangs keeps no
/// node from its lease.
const COUNTERS: u32 = 2;
/// The settings of each connection that counts: a wait for a lock ends before its caller stops waiting.
const COUNTER_SETTINGS: &str = "SET lock_timeout = '1s'; SET idle_in_transaction_session_timeout = '60s'";
/// The database's lock. The number is `kagi` in ASCII; accounts' locks have one number instead of two.
const LOCK: &str = "1801545577, 0";
/// The lock of what the gate has recorded.
const RECORDED_LOCK: &str = "1801545577, 1";

/// Opens `postgres://…`, which must exist already, to read, to write, for the nodes and to count, and migrates it.
pub(crate) async fn open(url: &str) -> Result<[Pool; 4], Error> {
    let options = PgConnectOptions::from_str(url)?.application_name("kagitaba");
    let options = options.extra_float_digits(None);
    // A connection outside a pool, as a pool tries for half a minute to reach a server that is not there. Of several
    // processes that start together, one migrates, and the others wait until it has.
    let mut migrating = PgConnection::connect_with(&options).await?;
    sql::within(SESSION_FOUND_WITHIN, require_session(&mut migrating, &options)).await?;
    MIGRATIONS.run_direct(None, &mut migrating, false).await?;
    migrating.close().await?;
    let write = pool(WRITERS, SETTINGS).connect_with(options.clone()).await?;
    let nodes = pool(NODES, SETTINGS).connect_lazy_with(options.clone());
    let counting = pool(COUNTERS, COUNTER_SETTINGS).connect_lazy_with(options.clone());
    let read = pool(READERS, READER_SETTINGS).connect_with(options).await?;
    Ok([read, write, nodes, counting].map(Pool::Postgres))
}

/// Makes sure that a connection has a session of its own: another connection does not see its settings, and it finds
/// them again itself. By plain queries, as a prepared statement needs a session, too.
async fn require_session(connection: &mut PgConnection, options: &PgConnectOptions) -> Result<(), Error> {
    let mark = Uuid::now_v7().to_string();
    connection.execute(AssertSqlSafe(format!("SET kagitaba.session = '{mark}'"))).await?;
    let mut other = PgConnection::connect_with(options).await?;
    let mut seen: Vec<Option<String>> = Vec::new();
    for asked in [&mut other, connection] {
        seen.push(asked.fetch_one("SELECT current_setting('kagitaba.session', TRUE)").await?.try_get(0)?);
    }
    other.close().await?;
    if seen[0] != Some(mark.clone()) && seen[1] == Some(mark) { Ok(()) } else { Err(Error::SharedSessions) }
}

/// Connects for reading: no transaction of the pool can write.
pub(crate) async fn open_to_read(url: &str) -> Result<Pool, Error> {
    let options = PgConnectOptions::from_str(url)?.application_name("kagitaba");
    Ok(Pool::Postgres(pool(1, READER_SETTINGS).connect_with(options).await?))
}

fn pool(connections: u32, settings: &'static str) -> PgPoolOptions {
    let pool = PgPoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRED_WITHIN);
    let pool =
        pool.after_connect(move |connection, _| Box::pin(async move { connection.execute(settings).await.map(drop) }));
    pool.after_release(|connection, _| Box::pin(sql::try_out(connection)))
}

/// Begins a transaction that writes while no other does.
pub(crate) async fn begin(pool: &PgPool) -> Result<Tx, Error> {
    begin_with(pool, format!("pg_advisory_xact_lock({LOCK})")).await
}

/// Begins a transaction that writes while no other does in this account.
pub(crate) async fn begin_in(pool: &PgPool, account: AccountId) -> Result<Tx, Error> {
    // Two accounts with the same number would only wait for each other.
    let (_, number) = account.0.as_u64_pair();
    let number = number.cast_signed();
    begin_with(pool, format!("pg_advisory_xact_lock_shared({LOCK}), pg_advisory_xact_lock({number})")).await
}

/// Begins a transaction that writes what the gate has recorded, while no other does.
pub(crate) async fn begin_beside(pool: &PgPool) -> Result<Tx, Error> {
    begin_with(pool, format!("pg_advisory_xact_lock_shared({LOCK}), pg_advisory_xact_lock({RECORDED_LOCK})")).await
}

async fn begin_with(pool: &PgPool, locks: String) -> Result<Tx, Error> {
    // Separate from BEGIN: if a lock in the same query failed, sqlx would not know that there is a transaction to end.
    let mut tx = sql::begin(pool, "BEGIN ISOLATION LEVEL READ COMMITTED").await?;
    sql::query(AssertSqlSafe(format!("SELECT {locks}"))).persistent(false).execute(&mut *tx).await?;
    Ok(tx)
}

#[cfg(test)]
mod with_services {
    use super::*;
    use crate::db::database::Pools;
    use crate::db::plans::stores;
    use sqlx::AssertSqlSafe;

    async fn setting(pool: &Pool, name: &str) -> String {
        sql::query_scalar(AssertSqlSafe(format!("SHOW {name}"))).fetch_one(pool).await.unwrap()
    }

    #[tokio::test]
    async fn every_connection_has_its_settings() {
        let [_, store] = stores().await;
        let Pools { read, write, nodes, counting, .. } = store.core.pools();
        for pool in [read, write].into_iter().chain(nodes) {
            assert_eq!(setting(pool, "lock_timeout").await, "10s");
            assert_eq!(setting(pool, "idle_in_transaction_session_timeout").await, "1min");
        }
        assert_eq!(setting(counting.as_ref().unwrap(), "lock_timeout").await, "1s");
        assert_eq!(setting(read, "default_transaction_read_only").await, "on");
        assert_eq!(setting(write, "default_transaction_read_only").await, "off");
        assert_eq!(setting(read, "plan_cache_mode").await, "force_custom_plan");
    }
}
