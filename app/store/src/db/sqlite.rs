//! `SQLite`: opening its file, and beginning a transaction that writes.

use crate::db::lock::DatabaseLock;
use crate::db::sql::{Pool, Tx};
use crate::db::sqlite_file::{file, make, options};
use crate::error::Error;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, SqliteConnection, SqlitePool};
use std::time::Duration;

static MIGRATIONS: Migrator = sqlx_macros::migrate!("migrations/sqlite");

/// The number of connections that read.
const READERS: u32 = 8;
/// The time to wait for a connection: for a writer, until those before it are done.
const ACQUIRED_WITHIN: Duration = Duration::from_secs(10);
/// Opens `sqlite:PATH` to read and to write, creates the file if it is missing, and migrates it, which takes the lock
/// unless the caller holds it. `SQLite` has one writer at a time: so there is one connection to write, for which
/// writers queue in their order, rather than many that retry.
pub(crate) async fn open(url: &str, lock: Option<&DatabaseLock>) -> Result<(Pool, Pool), Error> {
    let file = file(url)?;
    make(&file).map_err(sqlx::Error::Io)?;
    // A commit that was acknowledged is on the disk, even after a power cut.
    let options = options(url, &file)?.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
    let write = pool(1).connect_with(options.clone()).await?;
    migrate(&write, url, lock).await?;
    let read_only = options.pragma("query_only", "ON");
    let read = pool(READERS).connect_with(read_only).await?;
    Ok((Pool::Sqlite(read), Pool::Sqlite(write)))
}

/// Returns the options of a pool. Its connections stay open: while one is, the write-ahead log is not read as after a
/// crash, so that anything in it of a failed commit stays undone.
fn pool(connections: u32) -> SqlitePoolOptions {
    let pool = SqlitePoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRED_WITHIN);
    pool.idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false) // as each is tested on its return
        .after_release(|connection, _| Box::pin(is_sound(connection)))
}

/// Returns whether a connection can be used again on its return to the pool. If the disk is full or fails, `SQLite` has
/// rolled the transaction back itself. The driver's own rollback fails then, and the driver would forever take the
/// connection for one in a transaction.
async fn is_sound(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    connection.ping().await?; // answered after the rollback
    Ok(!connection.is_in_transaction())
}

/// Migrates the database to this version, while no other process uses it.
async fn migrate(write: &SqlitePool, url: &str, lock: Option<&DatabaseLock>) -> Result<(), Error> {
    let newest = MIGRATIONS.iter().map(|migration| migration.version).max();
    let applied = sqlx::query_scalar::<_, i64>("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(write).await;
    // If the query fails, there is no such table yet, or the migration fails, too.
    let _taken = if lock.is_none() && applied.ok() < newest { Some(DatabaseLock::take(url).await?) } else { None };
    Ok(MIGRATIONS.run(write).await?)
}

/// Opens the file for reading, without making a log or its index beside it. If a server has the database open, or has
/// ended without cleaning up, the contents of its log count, too.
pub(crate) async fn open_to_read(url: &str) -> Result<Pool, Error> {
    let options = options(url, &file(url)?)?.read_only(true);
    let bytes = |ending: &str| {
        let mut path = options.get_filename().as_os_str().to_owned();
        path.push(ending);
        std::fs::metadata(path).map_or(0, |file| file.len())
    };
    // Only then is nothing being written, and `SQLite` may read the file alone: otherwise it makes both, or fails if it
    // can't.
    let alone = bytes("-wal") == 0 && bytes("-shm") == 0;
    let pool = SqlitePoolOptions::new().max_connections(1).acquire_timeout(ACQUIRED_WITHIN);
    Ok(Pool::Sqlite(pool.connect_with(options.immutable(alone)).await?))
}

/// Begins a transaction that writes. No other transaction writes meanwhile, so that everything it reads stays true
/// until it ends.
pub(crate) async fn begin(pool: &SqlitePool) -> Result<Tx, Error> {
    let begun = Box::pin(pool.begin_with("BEGIN IMMEDIATE")).await.map(Tx::from).map_err(Error::from);
    if begun.as_ref().is_err_and(Error::is_read_only) {
        close_one(pool.clone());
    }
    begun
}

/// Closes a connection of the pool, once one is idle. If nothing can be written to the file when a connection opens it,
/// that connection can't write later, either.
fn close_one(pool: SqlitePool) {
    tokio::spawn(async move {
        if let Ok(mut connection) = pool.acquire().await {
            connection.close_on_drop();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::database::Pools;
    use crate::db::sql;
    use std::time::Instant;
    use tempfile::TempDir;

    async fn opened() -> (TempDir, Pools) {
        let folder = tempfile::tempdir().unwrap();
        let pools =
            Pools::open(&format!("sqlite:{}", folder.path().join("kagitaba.db").display()), None).await.unwrap();
        (folder, pools)
    }

    fn sqlite(pool: &Pool) -> &SqlitePool {
        let Pool::Sqlite(pool) = pool else { panic!() };
        pool
    }

    /// Writes a megabyte.
    async fn write(pools: &Pools) -> Result<(), Error> {
        let mut tx = pools.begin().await?;
        sql::query("INSERT INTO unfinished_work (name) VALUES (hex(randomblob(500000)))").execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    #[tokio::test]
    async fn commit_syncs_before_it_is_acknowledged() {
        let (_folder, pools) = opened().await;
        let full = sqlx::query_scalar::<_, i64>("PRAGMA synchronous").fetch_one(sqlite(&pools.write)).await.unwrap();
        assert_eq!(full, 2, "FULL");
    }

    #[tokio::test]
    async fn writes_come_back_after_the_database_was_full() {
        let (_folder, pools) = opened().await;
        // The database is full for this connection; for the next one there is room again.
        let mut connection = sqlite(&pools.write).acquire().await.unwrap();
        sqlx::query("PRAGMA max_page_count = 1").execute(&mut *connection).await.unwrap(); // the current size
        drop(connection);
        let refused = write(&pools).await.unwrap_err();
        assert!(refused.to_string().contains("full") && refused.is_unavailable(), "{refused}");
        write(&pools).await.unwrap();
    }

    #[tokio::test]
    async fn connection_is_replaced_after_its_transaction_was_lost() {
        let (_folder, pools) = opened().await;
        for pool in [&pools.read, &pools.write].map(sqlite) {
            let mut tx = pool.begin().await.unwrap();
            // SQLite does this itself if the disk fails.
            sqlx::query("ROLLBACK").execute(&mut *tx).await.unwrap();
            drop(tx);
            let tx = pool.begin_with("BEGIN").await.unwrap();
            tx.commit().await.unwrap();
        }
    }

    #[tokio::test]
    async fn writer_is_replaced_after_it_was_refused_to_write() {
        let (_folder, pools) = opened().await;
        let mut connection = sqlite(&pools.write).acquire().await.unwrap();
        sqlx::query("PRAGMA query_only = ON").execute(&mut *connection).await.unwrap();
        drop(connection);
        let (began, mut refused) = (Instant::now(), 0);
        while let Err(error) = write(&pools).await {
            assert!(error.is_unavailable() && error.is_read_only(), "{error}");
            assert!(began.elapsed() < ACQUIRED_WITHIN, "it does not go on");
            refused += 1;
        }
        assert!(refused > 0, "it was refused to write");
    }
}
