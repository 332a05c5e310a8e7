//! The sealing keys, which seal Auth Tokens that may be viewed again: from the environment, or from a file beside
//! the database that is made when one is first needed.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use store::SealingKeys;

use crate::{environment, server_key};

/// The environment variable that may hold the keys: each a number, a colon and 64 hexadecimal digits, the current one
/// first, separated by blanks.
pub const VARIABLE: &str = "KAGITABA_SEALING_KEYS";
/// The file of the keys, in the data folder.
pub const FILE: &str = "sealing.key";

/// The reason why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The environment variable holds something else.
    #[error(
        "{VARIABLE} has no keys: set it to 1: followed by 64 hexadecimal digits, for example from `openssl rand -hex 32`"
    )]
    BadVariable,
    /// The file holds something else.
    #[error("{} has no keys; restore it from a backup", file.display())]
    BadFile {
        /// The key file.
        file: PathBuf,
    },
    /// The file can't be read or made.
    #[error("the key file {} can't be used: {source}", file.display())]
    Io {
        /// The key file.
        file: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

/// Returns the current keys of the data in this folder.
///
/// # Errors
/// If the variable or the file holds no keys, or if the file can't be read or made.
pub fn of(folder: &Path) -> Result<SealingKeys, KeysError> {
    if let Some(text) = environment::variable(VARIABLE) {
        return text.to_str().and_then(SealingKeys::from_text).ok_or(KeysError::BadVariable);
    }
    let file = folder.join(FILE);
    if let Some(keys) = read(&file)? {
        return Ok(keys);
    }
    match server_key::write_new(&file, SealingKeys::generate(&mut rand::rng()).to_text().trim_end()) {
        Err(source) if source.kind() != io::ErrorKind::AlreadyExists => Err(KeysError::Io { file, source }),
        // If another process was faster, its file is read.
        _ => read(&file)?.ok_or(KeysError::BadFile { file }),
    }
}

fn read(file: &Path) -> Result<Option<SealingKeys>, KeysError> {
    match fs::read_to_string(file) {
        Ok(text) => {
            let keys = SealingKeys::from_text(&text);
            keys.map(Some).ok_or_else(|| KeysError::BadFile { file: file.to_owned() })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(KeysError::Io { file: file.to_owned(), source }),
    }
}
