//! `kagitaba key rotate`: a new sealing key.

#![allow(clippy::doc_markdown)] // the doc comments of arguments are the help texts, too

use std::{
    fs::{File, TryLockError},
    path::Path,
};

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;

use crate::{
    config::Data,
    environment,
    output::say,
    sealing_keys::{FILE, VARIABLE, of},
    server_key,
};

/// The commands for the sealing keys.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Create a new sealing key, encrypt the stored Auth Tokens with it, and remove the old key. The server may keep running.
    /// If the command is interrupted, run it again.
    Rotate(Data),
}

impl KeyCommand {
    /// Carries out the command.
    ///
    /// # Errors
    /// If the command failed.
    pub async fn run(&self) -> Result<()> {
        match self {
            Self::Rotate(data) => rotate(data).await,
        }
    }
}

/// Makes a new key, seals all Auth Tokens with it, and removes the old one. The server may run meanwhile. After an
/// interruption, it continues from there.
///
/// # Errors
/// If the keys are in the environment and there is no second one, if another process is rotating them, or if the file
/// or the store fails or an Auth Token can't be opened: then no key is removed.
pub async fn rotate(data: &Data) -> Result<()> {
    let store = data.open().await?;
    let keys = of(&data.folder)?;
    if environment::variable(VARIABLE).is_some() {
        if !keys.has_old() {
            bail!(
                "put a new key before the one in {VARIABLE}, restart the server with both, and run this command again"
            );
        }
        let count = store.keys().seal_anew().await?;
        say!(
            "Encrypted {count} Auth Tokens with the new key. Remove the old key from {VARIABLE} and restart the server."
        )?;
        return Ok(());
    }
    let file = data.folder.join(FILE);
    let _lock = lock(&data.folder.join("sealing.lock"))?;
    if !of(&data.folder)?.has_old() {
        server_key::replace(&file, of(&data.folder)?.with_new(&mut rand::rng()).to_text().trim_end())?;
    }
    let count = store.keys().seal_anew().await.context("nothing was lost: both keys were kept")?;
    server_key::replace(&file, of(&data.folder)?.current_alone().to_text().trim_end())?;
    say!("Encrypted {count} Auth Tokens with a new key. The old key was removed from {}.", file.display())?;
    Ok(())
}

/// Takes the lock, which is held until it is dropped.
fn lock(file: &Path) -> Result<File> {
    let lock = File::create(file).with_context(|| format!("cannot create {}", file.display()))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => bail!("the key is already being rotated; wait until that has finished"),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("cannot lock {}", file.display())),
    }
}
