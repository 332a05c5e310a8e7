//! Backups of an `SQLite` database while others use it.

use crate::db::sqlite_file;
use crate::error::Error;
use sqlx::{Connection, SqliteConnection};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf, absolute};
use tempfile::NamedTempFile;

/// The reason why nothing was backed up.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file of the backup's name exists already; a backup never overwrites a file.
    #[error("{} already exists; choose a new file", .0.display())]
    Exists(PathBuf),
    /// The database is not an `SQLite` one, the only kind that is backed up here.
    #[error("a PostgreSQL database is backed up with PostgreSQL's own tools; use pg_dump")]
    NotBackedUpHere,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] Error),
}

impl From<sqlx::Error> for BackupError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Writes the contents of the `SQLite` database at this URL, as of one moment, into a new file: a database like it,
/// which only this user can read. Others may write meanwhile. The file appears complete and on the disk, or not at all.
/// The database is not migrated, so that this can be done before an upgrade.
///
/// # Errors
/// [`BackupError::Exists`], [`BackupError::NotBackedUpHere`], [`Error::UnsupportedDatabase`], [`Error::Database`] (also
/// if the new file can't be written).
pub async fn back_up(url: &str, to: &Path) -> Result<(), BackupError> {
    if !url.starts_with("sqlite:") {
        return Err(BackupError::NotBackedUpHere);
    }
    let (from, to) = (sqlite_file::file(url)?, absolute(to).map_err(sqlx::Error::Io)?);
    if to.symlink_metadata().is_ok() {
        return Err(BackupError::Exists(to));
    }
    let folder = to.parent().unwrap_or(&to);
    // SQLite accepts an empty file. Only its owner can read this one, and it is removed unless it gets its name in the
    // end.
    let copy = NamedTempFile::new_in(folder).map_err(sqlx::Error::Io)?;
    copy_into(url, &from, copy.path()).await?;
    let done = copy.as_file().sync_all().and_then(|()| match copy.persist_noclobber(&to) {
        Ok(_) => File::open(folder)?.sync_all(),
        Err(failed) => Err(failed.error),
    });
    match done {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(BackupError::Exists(to)),
        done => Ok(done.map_err(sqlx::Error::Io)?),
    }
}

async fn copy_into(url: &str, from: &Path, to: &Path) -> Result<(), Error> {
    let mut connection = SqliteConnection::connect_with(&sqlite_file::options(url, from)?).await?;
    let to = sqlite_file::in_utf8(to).map_err(sqlx::Error::Io)?;
    // Rows keep their numbers, by which the search finds them.
    sqlx::query("VACUUM INTO $1").bind(to.to_str()).execute(&mut connection).await?;
    Ok(connection.close().await?)
}
