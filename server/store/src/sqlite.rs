//! `SQLite`: how its file is opened, and how a transaction that writes begins.

use crate::database::Pools;
use crate::error::Error;
use crate::sql::{Pool, Tx};
use sqlx::SqlitePool;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

static MIGRATIONS: Migrator = sqlx_macros::migrate!("migrations/sqlite");

/// Connections that read at the same time.
const READERS: u32 = 8;
/// How long to wait for a connection: a writer for those before it.
const ACQUIRED_WITHIN: Duration = Duration::from_secs(10);
/// How long to wait for another process that writes.
const BUSY: Duration = Duration::from_secs(5);

/// Opens `sqlite:PATH`, creates the file where there is none, and migrates it. `SQLite` has one writer at a time: here one
/// connection, for which writers queue up in their order, rather than many that try again and again.
pub(crate) async fn open(url: &str) -> Result<Pools, Error> {
    if url.contains(":memory:") || url.contains("mode=memory") {
        return Err(Error::UnsupportedDatabase("sqlite in memory".to_owned()));
    }
    let options = SqliteConnectOptions::from_str(url)?
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY);
    make(options.get_filename()).map_err(sqlx::Error::Io)?;
    let pool = |connections| SqlitePoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRED_WITHIN);
    let write = pool(1).connect_with(options.clone()).await?;
    MIGRATIONS.run(&write).await?;
    let read_only = options.pragma("query_only", "ON");
    let read = pool(READERS).connect_with(read_only).await?;
    Ok(Pools { read: Pool::Sqlite(read), write: Pool::Sqlite(write), nodes: None })
}

/// Opens the file to read it, with neither a log nor an index of one made beside it. Where a server has the database open,
/// or has ended without tidying up, what stands in its log counts, too.
pub(crate) async fn open_to_read(url: &str) -> Result<Pool, Error> {
    let options = SqliteConnectOptions::from_str(url)?.read_only(true).busy_timeout(BUSY);
    let bytes = |ending: &str| {
        let mut path = options.get_filename().as_os_str().to_owned();
        path.push(ending);
        std::fs::metadata(path).map_or(0, |file| file.len())
    };
    // Only then nobody is writing, and `SQLite` may go by the file alone: else it makes both, or fails where it can't.
    let alone = bytes("-wal") == 0 && bytes("-shm") == 0;
    let pool = SqlitePoolOptions::new().max_connections(1).acquire_timeout(ACQUIRED_WITHIN);
    Ok(Pool::Sqlite(pool.connect_with(options.immutable(alone)).await?))
}

/// Begins a transaction that writes. Nobody else does meanwhile, so that what it reads stays true until it ends.
pub(crate) async fn begin(pool: &SqlitePool) -> Result<Tx, Error> {
    Ok(Box::pin(pool.begin_with("BEGIN IMMEDIATE")).await?.into())
}

/// Makes the file where there is none, for its owner only: it holds password hashes. `SQLite` gives the files that it
/// puts beside it the same permissions.
fn make(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.append(true).create(true).open(path).map(drop)
}
