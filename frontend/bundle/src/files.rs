//! Reading, listing and hashing files, with errors that name the file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

/// Reads the whole file.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Reads the whole file as text.
pub fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Returns every file below the folder, at any depth, in the order of their names.
pub fn below(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut entries = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    entries.sort();

    let mut files = Vec::new();
    for entry in entries {
        if entry.is_dir() {
            files.append(&mut below(&entry)?);
        } else {
            files.push(entry);
        }
    }
    Ok(files)
}

/// Creates the folder, or empties it.
pub fn make_empty(folder: &Path) -> Result<()> {
    remove(folder)?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}

/// Removes the folder and its contents, if it exists.
pub fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

/// Returns the first 64 bits of the content's SHA-256 in hexadecimal, for the file's name.
pub fn content_hash(content: &[u8]) -> String {
    hex::encode(&Sha256::digest(content)[..8])
}
