//! `SQLite`: how the database is opened, how a transaction that writes begins, and what it alone calls so.

use crate::error::Error;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};
use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

/// The database that all SQL here is written for.
pub(crate) type Db = Sqlite;
/// A connection to it, alone or in a transaction.
pub(crate) type Connection = SqliteConnection;
/// A transaction; it is rolled back when dropped.
pub(crate) type Tx = Transaction<'static, Db>;

/// The function that tells where in a text another begins, counted from 1, or 0; `PostgreSQL` calls it `strpos`.
pub(crate) const POSITION: &str = "instr";

/// Connections that read at the same time.
const READERS: u32 = 8;
/// How long to wait for another process that writes.
const BUSY: Duration = Duration::from_secs(5);

/// Connections to one database. `SQLite` has one writer at a time: here one connection, for which writers queue up in
/// their order, rather than many that try again and again. Readers never wait.
pub(crate) struct Pools {
    pub(crate) read: SqlitePool,
    write: SqlitePool,
}

impl Pools {
    /// Opens `sqlite:PATH`, creates the file where there is none, and migrates it.
    pub(crate) async fn open(url: &str) -> Result<Self, Error> {
        let scheme = url.split(':').next().unwrap_or_default();
        if scheme != "sqlite" {
            return Err(Error::UnsupportedDatabase(scheme.chars().take(20).collect()));
        }
        if url.contains(":memory:") || url.contains("mode=memory") {
            return Err(Error::UnsupportedDatabase("sqlite in memory".to_owned()));
        }
        let options = SqliteConnectOptions::from_str(url)?
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(BUSY);
        make(options.get_filename()).map_err(sqlx::Error::Io)?;
        let write = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        sqlx::migrate!().run(&write).await?;
        let read_only = options.pragma("query_only", "ON");
        let read = SqlitePoolOptions::new().max_connections(READERS).connect_with(read_only).await?;
        Ok(Self { read, write })
    }

    /// Begins a transaction that writes. What it reads stays true until it ends: nobody else writes meanwhile.
    pub(crate) async fn begin(&self) -> Result<Tx, Error> {
        Ok(self.write.begin_with("BEGIN IMMEDIATE").await?)
    }
}

/// That a statement has changed what it was about.
///
/// # Errors
/// [`Error::NotFound`] where there was none.
pub(crate) fn require_row(done: &<Db as sqlx::Database>::QueryResult) -> Result<(), Error> {
    if done.rows_affected() == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// Makes the file where there is none, for its owner only: it holds password hashes. `SQLite` gives the files that it
/// puts beside it the same permissions.
fn make(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.append(true).create(true).open(path).map(drop)
}

/// Microseconds of a day.
pub(crate) const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// The day as a number: days since the Unix epoch, in UTC. Times [`DAY`] it is the time at which the day begins.
pub(crate) fn day_number(date: NaiveDate) -> i64 {
    date.to_epoch_days().into()
}

/// A time as the database keeps it: microseconds since the Unix epoch.
pub(crate) fn micros(time: DateTime<Utc>) -> i64 {
    time.timestamp_micros()
}

/// The time that the database keeps.
pub(crate) fn time(micros: i64) -> Result<DateTime<Utc>, Error> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| Error::Corrupt(format!("the time {micros}")))
}
