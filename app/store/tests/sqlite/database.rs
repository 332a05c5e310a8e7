//! A fresh `SQLite` database, in a directory of its own.

use crate::sql::{self, Pool};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection, SqlitePool};
use std::path::PathBuf;
use std::str::FromStr;
use tempfile::TempDir;

/// The SQL expression for a random id.
pub const RANDOM_ID: &str = "randomblob(16)";
/// The SQL expression for 32 random bytes.
pub const RANDOM_HASH: &str = "randomblob(32)";

/// The number of the migration that has the events of older versions chained.
pub const AUDIT_CHAINING: i64 = 17;

/// The number of the migration that has names brought into their search form.
pub const NAMES: i64 = 21;

/// The number of the migration that packs calls.
pub const CALL_PACKS: i64 = 16;

/// The number of the migration that keeps where calls come from.
pub const USAGE: i64 = 24;

pub struct Database(TempDir);

#[allow(clippy::unused_async)] // the same signatures as for PostgreSQL, which awaits
impl Database {
    pub async fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Returns a database as it was before that migration.
    pub async fn before(migration: i64) -> Self {
        let database = Self::new().await;
        let options = SqliteConnectOptions::from_str(&database.url()).unwrap().create_if_missing(true);
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        let mut migrations = sqlx_macros::migrate!("migrations/sqlite");
        migrations.migrations.to_mut().retain(|one| one.version < migration);
        migrations.run(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        database
    }

    pub fn url(&self) -> String {
        format!("sqlite:{}", self.path().display())
    }

    /// Returns the path of the database file.
    pub fn path(&self) -> PathBuf {
        self.0.path().join("kagitaba.db")
    }

    /// Returns the database itself, to bypass the store.
    pub async fn pool(&self) -> Pool {
        Pool::Sqlite(SqlitePool::connect(&self.url()).await.unwrap())
    }

    /// Makes the database refuse an operation, written like `INSERT ON calls`.
    pub async fn refuse(&self, what: &str) {
        let refuse = format!("CREATE TRIGGER refuse BEFORE {what} BEGIN SELECT RAISE(ABORT, 'refused'); END");
        sql::query(AssertSqlSafe(refuse)).execute(&self.pool().await).await.unwrap();
    }

    /// Lets the database do the refused operation again.
    pub async fn allow(&self, _: &str) {
        sql::query("DROP TRIGGER refuse").execute(&self.pool().await).await.unwrap();
    }

    /// Returns the whole content of the database's files.
    pub async fn bytes(&self) -> Vec<u8> {
        self.files().iter().flat_map(|file| std::fs::read(file).unwrap()).collect()
    }

    /// Returns the paths of the database's files.
    pub fn files(&self) -> Vec<PathBuf> {
        std::fs::read_dir(self.0.path()).unwrap().map(|file| file.unwrap().path()).collect()
    }
}
