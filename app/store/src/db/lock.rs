//! The lock on an `SQLite` database: one process serves it, and no other changes data that the server caches.
//!
//! A server relies on its cache of access tokens (see `verification_cache`), and is not notified of what another
//! process writes into its file. So:
//!
//! - A server holds the lock exclusively, as long as it runs. So does a process that migrates the database or moves it.
//! - Any other process that commits a change of data that a server may cache shares the lock while it does: see
//!   `commit`. If a server runs, that is refused.
//!
//! The lock is one of the operating system's, on a file beside the database (flock(2)): it ends with its process,
//! however that ends. The file is found by the database's own name, whatever links lead there. On `PostgreSQL`, servers
//! notify each other (`nodes`), and nothing is locked.

use crate::db::sqlite_file;
use crate::error::Error;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// The time to wait for the lock: a process that shares it does so for a moment only.
const TAKEN_WITHIN: Duration = Duration::from_secs(1);
/// The time between two attempts.
const TRY_EVERY: Duration = Duration::from_millis(25);

/// The right to be the only process that changes data that a server of the database may cache. It ends when dropped.
#[derive(Debug)]
#[must_use]
pub struct DatabaseLock {
    _file: Option<File>,
}

impl DatabaseLock {
    /// Takes the lock of the database at this URL. A missing `SQLite` file is created first.
    ///
    /// # Errors
    /// [`Error::InUse`], [`Error::SeveralNames`], [`Error::UnsupportedDatabase`], [`Error::Database`].
    pub async fn take(url: &str) -> Result<Self, Error> {
        Self::locked(url, File::try_lock).await
    }

    /// Shares the lock with others who do so.
    pub(crate) async fn share(url: &str) -> Result<Self, Error> {
        Self::locked(url, File::try_lock_shared).await
    }

    async fn locked(url: &str, lock: impl Fn(&File) -> Result<(), TryLockError>) -> Result<Self, Error> {
        if !url.starts_with("sqlite:") {
            return Ok(Self { _file: None });
        }
        let (path, file) = lock_file(url)?;
        let began = Instant::now();
        loop {
            match lock(&file) {
                Ok(()) => return Ok(Self { _file: Some(file) }),
                Err(TryLockError::WouldBlock) if began.elapsed() < TAKEN_WITHIN => sleep(TRY_EVERY).await,
                Err(TryLockError::WouldBlock) => return Err(Error::InUse(path)),
                Err(TryLockError::Error(error)) => return Err(sqlx::Error::Io(error).into()),
            }
        }
    }
}

/// Opens the file that is locked. There is one for each database, and it is never removed.
fn lock_file(url: &str) -> Result<(PathBuf, File), Error> {
    let database = sqlite_file::file(url)?;
    sqlite_file::make(&database).map_err(sqlx::Error::Io)?;
    // The path that all links lead to.
    let database = fs::canonicalize(database).map_err(sqlx::Error::Io)?;
    // Under each of its names SQLite would keep a separate log, and recover the file with the wrong one.
    if fs::metadata(&database).map_err(sqlx::Error::Io)?.nlink() > 1 {
        return Err(Error::SeveralNames(database));
    }
    let mut path = database.into_os_string();
    path.push(".lock");
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path).map_err(sqlx::Error::Io)?;
    Ok((path.into(), file))
}
