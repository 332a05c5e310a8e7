//! Pools, connections and transactions.

use super::dialect::Dialect;
use super::timeouts::in_time;
use sqlx::pool::PoolConnection;
use sqlx::{Database, PgConnection, PgPool, Postgres, SqlSafeStr, Sqlite, SqliteConnection, SqlitePool, Transaction};
use std::io;
use std::ops::{Deref, DerefMut};

/// A pool of connections.
pub(crate) enum Pool {
    /// To `SQLite`.
    Sqlite(SqlitePool),
    /// To `PostgreSQL`.
    Postgres(PgPool),
}

impl Pool {
    /// Returns the kind of database.
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Begins a transaction in which every query sees the database as it is at the first one.
    pub(crate) async fn begin(&self) -> sqlx::Result<Tx> {
        Ok(match self {
            Self::Sqlite(pool) => Box::pin(pool.begin()).await?.into(),
            Self::Postgres(pool) => begin(pool, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?,
        })
    }

    /// Acquires a connection, for queries that need not see the same state.
    pub(crate) async fn acquire(&self) -> sqlx::Result<Connection> {
        Ok(match self {
            Self::Sqlite(pool) => Connection::Sqlite(HeldConnection::Alone(Box::pin(pool.acquire()).await?)),
            Self::Postgres(pool) => Connection::Postgres(HeldConnection::Alone(Box::pin(pool.acquire()).await?)),
        })
    }
}

/// Begins a transaction with this statement in `PostgreSQL`. Once begun, this is carried through even if the caller
/// stops waiting: `sqlx` would otherwise return the connection to the pool as if it were in no transaction.
pub(crate) async fn begin(pool: &PgPool, begin: impl SqlSafeStr) -> sqlx::Result<Tx> {
    let (pool, begin) = (pool.clone(), begin.into_sql_str());
    let beginning = tokio::spawn(async move { pool.begin_with(begin).await });
    let answer = async { beginning.await.map_err(|cut_short| sqlx::Error::Io(io::Error::other(cut_short)))? };
    in_time(answer).await.map(Tx::from)
}

/// A connection, alone or in a transaction.
pub(crate) enum Connection {
    /// To `SQLite`.
    Sqlite(HeldConnection<Sqlite>),
    /// To `PostgreSQL`.
    Postgres(HeldConnection<Postgres>),
}

impl Connection {
    /// Returns the kind of database that it is to.
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }
}

/// The way in which a connection is held.
pub(crate) enum HeldConnection<DB: Database> {
    /// It returns to its pool when dropped.
    Alone(PoolConnection<DB>),
    /// Its changes are rolled back when dropped.
    InTransaction(Transaction<'static, DB>),
}

impl<DB: Database> HeldConnection<DB> {
    async fn commit(self) -> sqlx::Result<()> {
        match self {
            Self::Alone(_) => Ok(()),
            Self::InTransaction(transaction) => transaction.commit().await,
        }
    }

    fn connection(&mut self) -> &mut DB::Connection {
        match self {
            Self::Alone(connection) => connection,
            Self::InTransaction(transaction) => transaction,
        }
    }
}

/// A transaction; it is rolled back when dropped.
pub(crate) struct Tx(Connection);

impl Tx {
    /// Makes its changes permanent.
    pub(crate) async fn commit(self) -> sqlx::Result<()> {
        match self.0 {
            Connection::Sqlite(held) => held.commit().await,
            Connection::Postgres(held) => in_time(held.commit()).await,
        }
    }
}

impl From<Transaction<'static, Sqlite>> for Tx {
    fn from(transaction: Transaction<'static, Sqlite>) -> Self {
        Self(Connection::Sqlite(HeldConnection::InTransaction(transaction)))
    }
}

impl From<Transaction<'static, Postgres>> for Tx {
    fn from(transaction: Transaction<'static, Postgres>) -> Self {
        Self(Connection::Postgres(HeldConnection::InTransaction(transaction)))
    }
}

impl Deref for Tx {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}

/// A place where a statement runs: any connection of a pool, or this one.
pub(crate) enum Backend<'c> {
    /// Any connection to `SQLite`.
    SqlitePool(&'c SqlitePool),
    /// Any connection to `PostgreSQL`.
    PostgresPool(&'c PgPool),
    /// This connection to `SQLite`.
    Sqlite(&'c mut SqliteConnection),
    /// This connection to `PostgreSQL`.
    Postgres(&'c mut PgConnection),
}

impl<'c> From<&'c Pool> for Backend<'c> {
    fn from(pool: &'c Pool) -> Self {
        match pool {
            Pool::Sqlite(pool) => Self::SqlitePool(pool),
            Pool::Postgres(pool) => Self::PostgresPool(pool),
        }
    }
}

impl<'c> From<&'c mut Connection> for Backend<'c> {
    fn from(connection: &'c mut Connection) -> Self {
        match connection {
            Connection::Sqlite(held) => Self::Sqlite(held.connection()),
            Connection::Postgres(held) => Self::Postgres(held.connection()),
        }
    }
}
