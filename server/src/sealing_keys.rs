//! The sealing keys, with which Auth Tokens are kept that may be viewed again: from the environment, or from a file
//! beside the database that is made when one is first needed; and `kagitaba key rotate`.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use store::SealingKeys;

use crate::{config::Data, environment, output::say, server_key};

/// The environment variable that may hold the keys: each a number, a colon and 64 hexadecimal digits, the current one
/// first, separated by blanks.
pub const VARIABLE: &str = "KAGITABA_SEALING_KEYS";
/// The file of the keys, in the data folder.
const FILE: &str = "sealing.key";

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The environment variable holds something else.
    #[error("{VARIABLE} holds no keys: write 1: and the 64 hexadecimal digits of `openssl rand -hex 32`")]
    BadVariable,
    /// The file holds something else.
    #[error("{} holds no keys; restore it from a backup", file.display())]
    BadFile {
        /// The key file.
        file: PathBuf,
    },
    /// The file can't be read or made.
    #[error("the key file {} can't be used: {source}", file.display())]
    Io {
        /// The key file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The keys of the data in this folder, as they are now.
///
/// # Errors
/// Where what is there are no keys, or the file can't be read or made.
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
        // Whoever was faster has made it.
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

/// Makes a new key, seals everything with it, and drops the old one. The server may go on meanwhile. What was cut off
/// in the middle goes on where it was.
///
/// # Errors
/// Where the keys are in the environment and there is no second one, or another process does the same; where the file
/// or the store fails, or something can't be opened: then no key is dropped.
pub async fn rotate(data: &Data) -> Result<()> {
    let store = data.open().await?;
    let keys = of(&data.folder)?;
    if environment::variable(VARIABLE).is_some() {
        if !keys.has_old() {
            bail!("put a new key before the one in {VARIABLE}, restart the server with both, and do this again");
        }
        let count = store.seal_anew().await?;
        say!("Sealed {count} Auth Tokens with the new key. Remove the old one from {VARIABLE}; restart the server.")?;
        return Ok(());
    }
    let file = data.folder.join(FILE);
    let _lock = lock(&data.folder.join("sealing.lock"))?;
    if !of(&data.folder)?.has_old() {
        server_key::replace(&file, of(&data.folder)?.with_new(&mut rand::rng()).to_text().trim_end())?;
    }
    let count = store.seal_anew().await.context("nothing is lost: both keys are kept")?;
    server_key::replace(&file, of(&data.folder)?.current_alone().to_text().trim_end())?;
    say!("Sealed {count} Auth Tokens with a new key. The old one is gone from {}.", file.display())?;
    Ok(())
}

/// Held until it is dropped.
fn lock(file: &Path) -> Result<File> {
    let lock = File::create(file).with_context(|| format!("cannot make {}", file.display()))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => bail!("the key is being rotated already; wait until that has ended"),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("cannot lock {}", file.display())),
    }
}
