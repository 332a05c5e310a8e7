//! The errors of the store. No error shows a secret.

use domain::Refusal;
use sqlx::sqlite::SqliteError;
use std::path::PathBuf;

/// The reason why an operation was not done. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule forbids it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database was used with another server key before.
    #[error("the server key isn't the one the database's access tokens are hashed with; use that key")]
    WrongKey,
    /// The database is of a version whose audit trail had no chain.
    #[error("the database is from a version without a chained audit trail; migrate it with kagitaba migrate")]
    Unchained,
    /// The URL names a kind of database that the store does not support.
    #[error("`{0}` isn't a supported kind of database; write sqlite:PATH or postgres://USER@HOST/DATABASE")]
    UnsupportedDatabase(String),
    /// The sealing keys are missing or can't be read.
    #[error("the sealing keys can't be used: {0}")]
    SealingKeys(String),
    /// Another process serves the `SQLite` database with this lock file, or migrates it.
    #[error(
        "a Kagitaba server is already using this database ({} is locked); stop it first, because it wouldn't notice \
         another process's changes. An SQLite database can be used by one server at a time, PostgreSQL by any number",
        .0.display()
    )]
    InUse(PathBuf),
    /// The `SQLite` file has hard links.
    #[error(
        "{} has other names (hard links), with which SQLite would damage it; remove them, or copy it with `kagitaba backup`",
        .0.display()
    )]
    SeveralNames(PathBuf),
    /// A pooler gives one `PostgreSQL` session to several connections in turn.
    #[error(
        "the pooler in front of PostgreSQL pools transactions, so settings and notifications get lost; nothing was \
         changed. Set it to session pooling (PgBouncer: pool_mode = session), or connect without it"
    )]
    SharedSessions,
    /// The database failed.
    #[error("the database failed; check the database server or its file, the disk and the permissions: {0}")]
    Database(#[from] sqlx::Error),
    /// The database could not be migrated to this version.
    #[error("the database could not be migrated; restore a backup, or use the version it came from: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A row holds something that no version has written.
    #[error("the database contains unreadable data ({0}); restore a backup")]
    Corrupt(String),
    /// A password could not be hashed, or its hash could not be read.
    #[error("the password could not be checked or stored ({0}); try again")]
    Password(String),
}

impl Error {
    /// The time after which to try again if the database does not answer, in seconds.
    pub const RETRY_AFTER: u16 = 5;

    /// Returns whether the database does not answer at the moment, but may later.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        use sqlx::Error as E;
        match self {
            Self::Database(E::Io(_) | E::Tls(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed) => true,
            _ if self.sqlite_code().is_some() => {
                // Another process holds the database, or a table of it (SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL),
                // or the disk is full, fails, or can't be written or opened (SQLITE_FULL, SQLITE_IOERR,
                // SQLITE_READONLY, SQLITE_CANTOPEN).
                self.sqlite_code().is_some_and(|code| matches!(code, 5 | 6 | 8 | 10 | 13 | 14 | 15))
            }
            Self::Database(E::Database(error)) => {
                let code = error.code().unwrap_or_default();
                // Connection exceptions, too many connections, timeouts of a lock or an idle transaction, and a server
                // that is shutting down or starting up (PostgreSQL, appendix A).
                code.starts_with("08") || matches!(&*code, "25P03" | "53300" | "55P03" | "57P01" | "57P02" | "57P03")
            }
            _ => false,
        }
    }

    /// Returns whether `SQLite` was not allowed to write (`SQLITE_READONLY`).
    pub(crate) fn is_read_only(&self) -> bool {
        self.sqlite_code() == Some(8)
    }

    /// Returns the primary result code of an error of `SQLite`. The other bits of its number give the details.
    fn sqlite_code(&self) -> Option<u32> {
        let Self::Database(sqlx::Error::Database(error)) = self else { return None };
        error.try_downcast_ref::<SqliteError>()?;
        Some(error.code()?.parse::<u32>().ok()? & 0xff)
    }
}
