//! The database, of either kind: how it is opened by its URL, how a transaction that writes begins, and how times are kept.

use crate::db::lock::DatabaseLock;
use crate::db::sql::{Dialect, Pool, QueryResult};
use crate::db::{postgres, sqlite};
use crate::error::Error;
use chrono::{DateTime, NaiveDate, Utc};
use domain::account::AccountId;

pub(crate) use crate::db::sql::{Connection, Tx};

/// Connections to one database: those that read, which never wait for one that writes, and those that write.
pub(crate) struct Pools {
    pub(crate) read: Pool,
    pub(crate) write: Pool,
    /// Those by which nodes hear of each other, where there can be several: neither readers nor writers hold them up.
    pub(crate) nodes: Option<Pool>,
    /// The URL by which the database was opened.
    pub(crate) url: String,
}

impl Pools {
    /// Opens the database and brings it to this version's form; that takes its lock, unless the caller has.
    pub(crate) async fn open(url: &str, lock: Option<&DatabaseLock>) -> Result<Self, Error> {
        match url.split(':').next().unwrap_or_default() {
            "sqlite" => Box::pin(sqlite::open(url, lock)).await,
            "postgres" | "postgresql" => Box::pin(postgres::open(url)).await,
            other => Err(Error::UnsupportedDatabase(other.chars().take(20).collect())),
        }
    }

    /// Opens the database to read it, as it is: nothing is written to it, nor beside its file.
    pub(crate) async fn open_to_read(url: &str) -> Result<Pool, Error> {
        match url.split(':').next().unwrap_or_default() {
            "sqlite" => Box::pin(sqlite::open_to_read(url)).await,
            "postgres" | "postgresql" => Box::pin(postgres::open_to_read(url)).await,
            other => Err(Error::UnsupportedDatabase(other.chars().take(20).collect())),
        }
    }

    /// Which kind of database it is.
    pub(crate) fn dialect(&self) -> Dialect {
        self.read.dialect()
    }

    /// Begins a transaction that writes. What it reads stays true until it ends: nobody else writes meanwhile.
    pub(crate) async fn begin(&self) -> Result<Tx, Error> {
        match &self.write {
            Pool::Sqlite(pool) => sqlite::begin(pool).await,
            Pool::Postgres(pool) => postgres::begin(pool).await,
        }
    }

    /// Begins a transaction that writes what belongs to that account, and nothing else. What it reads of that stays true
    /// until it ends; others may change other accounts meanwhile, where the database can do that.
    pub(crate) async fn begin_in(&self, account: AccountId) -> Result<Tx, Error> {
        match &self.write {
            Pool::Sqlite(pool) => sqlite::begin(pool).await,
            Pool::Postgres(pool) => postgres::begin_in(pool, account).await,
        }
    }
}

/// That a statement has changed what it was about.
///
/// # Errors
/// [`Error::NotFound`] where there was none.
pub(crate) fn require_row(done: &QueryResult) -> Result<(), Error> {
    if done.rows_affected() == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// Microseconds of an hour.
pub(crate) const HOUR: i64 = 60 * 60 * 1_000_000;
/// Microseconds of a day.
pub(crate) const DAY: i64 = 24 * HOUR;

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
