//! `PostgreSQL`: how its database is opened, and how a transaction that writes begins.
//!
//! The rule by which writers keep out of each other's way, in one process or in many: every transaction that writes takes
//! a lock before it reads anything, and gives it back when it has ended.
//!
//! - [`begin`] takes the database's lock for itself alone: nobody else writes meanwhile. That is what `SQLite` does, so
//!   whatever is right there is right here. It is for all that reaches beyond one account: users and their passwords,
//!   sessions, invitations, attempts to sign in, what is removed when its time is over.
//! - [`begin_in`] shares the database's lock with others of its kind and takes that of its account for itself. It is for
//!   what writes rows of one account only (or locks at most one row of another's, so that no two wait for each other):
//!   tokens, the company profile, advertisers, jobs, each with the next entry of that account's audit trail.
//!
//! The locks are advisory ones: they are of the database, not of a row, so they hold for rows too that are not there yet
//! (a name, the first entry of a chain). All is at the level `READ COMMITTED`, at which each statement sees what was
//! committed before it: after the lock, all that the holder before has done. So nothing has to be tried again.

use crate::database::Pools;
use crate::error::Error;
use crate::sql::{self, Pool, Tx};
use domain::account::AccountId;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use std::str::FromStr;
use std::time::Duration;

static MIGRATIONS: Migrator = sqlx_macros::migrate!("migrations/postgres");

/// How long to wait for a connection.
const ACQUIRED_WITHIN: Duration = Duration::from_secs(3);
/// How long to wait for a lock: a writer for those before it.
const LOCKED_WITHIN: Duration = Duration::from_secs(10);
/// Connections that read at the same time.
const READERS: u32 = 8;
/// Connections that write; most wait for a lock.
const WRITERS: u32 = 8;
/// Connections by which nodes hear of each other and count together, which takes no lock for long.
const NODES: u32 = 8;
/// The database's lock. The number is `kagi` in ASCII; accounts' locks have one number instead of two.
const LOCK: &str = "1801545577, 0";

/// Opens `postgres://…` and migrates the database, which must be there already.
pub(crate) async fn open(url: &str) -> Result<Pools, Error> {
    let options = PgConnectOptions::from_str(url)?.application_name("kagitaba");
    // A connection by itself, as a pool tries for half a minute to reach a server that is not there. Of processes that
    // start together one migrates, and the others wait until it has.
    let mut migrating = PgConnection::connect_with(&options).await?;
    MIGRATIONS.run_direct(None, &mut migrating, false).await?;
    migrating.close().await?;
    // Whoever waits is answered in time; and what a machine leaves behind that is gone must not hold up others for ever.
    let locked_within = format!("{}ms", LOCKED_WITHIN.as_millis());
    let options = options.options([("lock_timeout", &*locked_within), ("idle_in_transaction_session_timeout", "60s")]);
    let write = pool(WRITERS).connect_with(options.clone()).await?;
    let nodes = pool(NODES).connect_lazy_with(options.clone());
    // Plans are made for the arguments at hand: how many rows a search finds differs by far.
    let read_only =
        options.options([("default_transaction_read_only", "on"), ("plan_cache_mode", "force_custom_plan")]);
    let read = pool(READERS).connect_with(read_only).await?;
    Ok(Pools { read: Pool::Postgres(read), write: Pool::Postgres(write), nodes: Some(Pool::Postgres(nodes)) })
}

/// Connects to read what is there: every transaction that reads is one that can't write.
pub(crate) async fn open_to_read(url: &str) -> Result<Pool, Error> {
    let options = PgConnectOptions::from_str(url)?.application_name("kagitaba");
    Ok(Pool::Postgres(pool(1).connect_with(options).await?))
}

fn pool(connections: u32) -> PgPoolOptions {
    let pool = PgPoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRED_WITHIN);
    pool.after_release(|connection, _| Box::pin(sql::try_out(connection)))
}

/// Begins a transaction that writes while nobody else does.
pub(crate) async fn begin(pool: &PgPool) -> Result<Tx, Error> {
    begin_with(pool, format!("pg_advisory_xact_lock({LOCK})")).await
}

/// Begins a transaction that writes while nobody else does in that account.
pub(crate) async fn begin_in(pool: &PgPool, account: AccountId) -> Result<Tx, Error> {
    // Two accounts with the same number would only wait for each other.
    let (_, number) = account.0.as_u64_pair();
    let number = number.cast_signed();
    begin_with(pool, format!("pg_advisory_xact_lock_shared({LOCK}), pg_advisory_xact_lock({number})")).await
}

async fn begin_with(pool: &PgPool, locks: String) -> Result<Tx, Error> {
    // Apart: of a BEGIN that came along with a lock that was not had, sqlx does not know that there is a block to end.
    let mut tx = sql::begin(pool, "BEGIN ISOLATION LEVEL READ COMMITTED").await?;
    sql::query(AssertSqlSafe(format!("SELECT {locks}"))).persistent(false).execute(&mut *tx).await?;
    Ok(tx)
}
