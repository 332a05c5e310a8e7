//! The database of either kind: opening it by its URL, beginning a transaction that writes, and storing times.

use crate::db::lock::DatabaseLock;
use crate::db::sql::{Dialect, Pool, QueryResult};
use crate::db::{postgres, sqlite};
use crate::error::Error;
use chrono::{DateTime, NaiveDate, Utc};
use domain::Refusal;
use domain::account::AccountId;

pub(crate) use crate::db::sql::{Connection, Tx};

/// Connections to one database: for reading, which never wait for a writer, and for writing.
pub(crate) struct Pools {
    pub(crate) read: Pool,
    pub(crate) write: Pool,
    /// The connections by which nodes notify each other, if there can be several nodes. Neither readers nor writers
    /// hold them up.
    pub(crate) nodes: Option<Pool>,
    /// The connections by which nodes count calls together.
    pub(crate) counting: Option<Pool>,
    /// The URL that the database was opened by.
    pub(crate) url: String,
}

impl Pools {
    /// Opens the database and migrates it to this version, which takes its lock unless the caller holds it.
    pub(crate) async fn open(url: &str, lock: Option<&DatabaseLock>) -> Result<Self, Error> {
        let (read, write, [nodes, counting]) = match url.split(':').next().unwrap_or_default() {
            "sqlite" => {
                let (read, write) = Box::pin(sqlite::open(url, lock)).await?;
                (read, write, [None, None])
            }
            "postgres" | "postgresql" => {
                let [read, write, nodes, counting] = Box::pin(postgres::open(url)).await?;
                (read, write, [nodes, counting].map(Some))
            }
            other => return Err(Error::UnsupportedDatabase(other.chars().take(20).collect())),
        };
        Ok(Self { read, write, nodes, counting, url: url.to_owned() })
    }

    /// Opens the database as it is, for reading: nothing is written to it, nor beside its file.
    pub(crate) async fn open_to_read(url: &str) -> Result<Pool, Error> {
        match url.split(':').next().unwrap_or_default() {
            "sqlite" => Box::pin(sqlite::open_to_read(url)).await,
            "postgres" | "postgresql" => Box::pin(postgres::open_to_read(url)).await,
            other => Err(Error::UnsupportedDatabase(other.chars().take(20).collect())),
        }
    }

    /// Returns the kind of database.
    pub(crate) fn dialect(&self) -> Dialect {
        self.read.dialect()
    }

    /// Begins a transaction that writes. No other transaction writes meanwhile, so that everything it reads stays true
    /// until it ends.
    pub(crate) async fn begin(&self) -> Result<Tx, Error> {
        match &self.write {
            Pool::Sqlite(pool) => sqlite::begin(pool).await,
            Pool::Postgres(pool) => postgres::begin(pool).await,
        }
    }

    /// Begins a transaction that writes data of this account only. Everything it reads of the account stays true until
    /// it ends; other accounts may be changed meanwhile, if the database supports that.
    pub(crate) async fn begin_in(&self, account: AccountId) -> Result<Tx, Error> {
        match &self.write {
            Pool::Sqlite(pool) => sqlite::begin(pool).await,
            Pool::Postgres(pool) => postgres::begin_in(pool, account).await,
        }
    }

    /// Begins a transaction that writes what the gate has recorded. Any account may be changed meanwhile, if the database
    /// supports that, so nothing that it reads stays true.
    pub(crate) async fn begin_beside(&self) -> Result<Tx, Error> {
        match &self.write {
            Pool::Sqlite(pool) => sqlite::begin(pool).await,
            Pool::Postgres(pool) => postgres::begin_beside(pool).await,
        }
    }
}

/// Makes sure that a statement has changed a row.
///
/// # Errors
/// [`Refusal::NotFound`] if it has changed none.
pub(crate) fn require_row(done: &QueryResult) -> Result<(), Error> {
    if done.rows_affected() == 0 { Err(Refusal::NotFound.into()) } else { Ok(()) }
}

/// Microseconds of an hour.
pub(crate) const HOUR: i64 = 60 * 60 * 1_000_000;
/// Microseconds of a day.
pub(crate) const DAY: i64 = 24 * HOUR;

/// Returns the day as a number: days since the Unix epoch, in UTC. Multiplied by [`DAY`], it is the time at which the
/// day begins.
pub(crate) fn day_number(date: NaiveDate) -> i64 {
    date.to_epoch_days().into()
}

/// Returns a time as the database keeps it: microseconds since the Unix epoch.
pub(crate) fn micros(time: DateTime<Utc>) -> i64 {
    time.timestamp_micros()
}

/// Returns the time that the database keeps as these microseconds since the Unix epoch.
pub(crate) fn time(micros: i64) -> Result<DateTime<Utc>, Error> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| Error::Corrupt(format!("the time {micros}")))
}
