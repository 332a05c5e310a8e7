//! The server key, which the database's keyed hashes are made with: from the environment, or from a file beside the
//! database that is made on the first start.

use std::{
    fs::{self, File, Permissions},
    io::{self, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use store::ServerKey;
use tempfile::NamedTempFile;

use crate::environment;

/// The environment variable that may hold the key, as 64 hexadecimal digits.
pub const VARIABLE: &str = "KAGITABA_SERVER_KEY";

/// The reason why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The environment variable holds something else.
    #[error("{VARIABLE} isn't a key: set it to 64 hexadecimal digits, for example from `openssl rand -hex 32`")]
    BadVariable,
    /// The file holds something else.
    #[error("{} isn't a key file (64 hexadecimal digits); restore it from a backup", file.display())]
    BadFile {
        /// The key file.
        file: PathBuf,
    },
    /// The database has been used already, but its key is missing.
    #[error(
        "the database was created with a server key, but {} is missing, and without it no access token can be checked; \
         restore the file from a backup, set {VARIABLE}, or choose another --data folder to start over",
        file.display()
    )]
    Missing {
        /// The place where the key file should be.
        file: PathBuf,
    },
    /// It is another key than the database's.
    #[error(
        "{place} holds a different key than the one the database was created with, so none of its access tokens would \
         work; put the original key back ({VARIABLE} if it is set, otherwise {}), or choose another --data folder to start over",
        file.display()
    )]
    Wrong {
        /// The place of the key: the environment variable or the key file.
        place: String,
        /// The key file.
        file: PathBuf,
    },
    /// The file can't be read or made.
    #[error("cannot use the key file {}", file.display())]
    Io {
        /// The key file.
        file: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

/// Returns the key from the environment, or else from the file, if there is one.
///
/// # Errors
/// If the variable or the file holds no key.
pub fn find(file: &Path) -> Result<Option<ServerKey>, KeyError> {
    if let Some(text) = environment::variable(VARIABLE) {
        let key = text.to_str().and_then(ServerKey::from_hex);
        return key.map(Some).ok_or(KeyError::BadVariable);
    }
    match fs::read_to_string(file) {
        Ok(text) => {
            let key = ServerKey::from_hex(&text);
            key.map(Some).ok_or_else(|| KeyError::BadFile { file: file.to_owned() })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(KeyError::Io { file: file.to_owned(), source }),
    }
}

/// Returns the error for a key from [`find`] that is not the database's.
#[must_use]
pub fn wrong(file: &Path) -> KeyError {
    let place =
        if environment::variable(VARIABLE).is_some() { VARIABLE.to_owned() } else { file.display().to_string() };
    KeyError::Wrong { place, file: file.to_owned() }
}

/// Makes a new key in a new file that only this user can read. The file appears whole, and never replaces another: of
/// two first starts at once, one fails.
///
/// # Errors
/// If the file exists already or can't be made.
pub fn create(file: &Path) -> Result<ServerKey, KeyError> {
    let key = ServerKey::generate(&mut rand::rng());
    write_new(file, &key.to_hex()).map_err(|source| KeyError::Io { file: file.to_owned(), source })?;
    Ok(key)
}

/// Writes the line into a new file that only this user can read.
///
/// # Errors
/// If the file exists already or can't be made.
pub(crate) fn write_new(file: &Path, line: &str) -> io::Result<()> {
    written(file, line)?.persist_noclobber(file)?;
    File::open(folder_of(file))?.sync_all()
}

/// Replaces the file by one with this line: readers find the old or the new one, whole.
///
/// # Errors
/// If the file can't be written.
pub(crate) fn replace(file: &Path, line: &str) -> io::Result<()> {
    written(file, line)?.persist(file)?;
    File::open(folder_of(file))?.sync_all()
}

fn written(beside: &Path, line: &str) -> io::Result<NamedTempFile> {
    let mut unnamed =
        tempfile::Builder::new().permissions(Permissions::from_mode(0o600)).tempfile_in(folder_of(beside))?;
    writeln!(unnamed, "{line}")?;
    unnamed.as_file().sync_all()?;
    Ok(unnamed)
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("server.key");
        assert!(find(&file).unwrap().is_none());

        let key = create(&file).unwrap();
        assert_eq!(find(&file).unwrap().map(|found| found.to_hex()), Some(key.to_hex()));
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(create(&file), Err(KeyError::Io { .. })));
    }

    #[test]
    fn a_damaged_key_file_is_named_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("server.key");
        fs::write(&file, "abc").unwrap();
        assert!(find(&file).unwrap_err().to_string().contains("server.key"));
        assert_eq!(fs::read_to_string(&file).unwrap(), "abc");
    }
}
