//! The location of the data, and the opening of the store on it.

use std::{
    fs::DirBuilder,
    os::unix::{ffi::OsStrExt as _, fs::DirBuilderExt as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use clap::Args;
use percent_encoding::{AsciiSet, CONTROLS, percent_encode};
use store::{AuditChain, AuditHash, Clock, DatabaseLock, Error, Store};

use crate::{
    sealing_keys,
    server_key::{self, KeyError},
};

/// The address itself is left out, as it may hold a password.
const NOT_OPENED: &str = "cannot open the database";

/// Characters that are percent-encoded in an address's path, as they have another meaning there.
const NOT_IN_PATHS: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#');

/// The location of the data.
#[allow(clippy::doc_markdown)] // these doc comments are the help texts, too
#[derive(Debug, Clone, Args)]
pub struct Data {
    /// The folder with the database and the keys; created on the first start, for this user only.
    #[arg(long = "data", value_name = "DIR", env = "KAGITABA_DATA", default_value = ".data")]
    pub folder: PathBuf,
    /// The database: sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME [default: sqlite:DIR/kagitaba.db].
    // Its address may hold a password, which the help would show.
    #[arg(long = "database", value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub database: Option<String>,
}

impl Data {
    /// Returns the database in the given folder.
    #[must_use]
    pub fn within(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), database: None }
    }

    /// Opens the store. On the first start, makes the folder, the key and the database; a `PostgreSQL` database must
    /// exist.
    ///
    /// # Errors
    /// If one of them can't be made or read, or if the database's key is missing or is another.
    pub async fn open(&self) -> Result<Store> {
        make_private(&self.folder)?;
        self.open_holding(None).await
    }

    /// Opens the store as the one process that serves it, if the database allows only one.
    ///
    /// # Errors
    /// Those of [`Data::open`], and if another process holds the database.
    pub async fn open_alone(&self) -> Result<Store> {
        make_private(&self.folder)?;
        self.open_holding(Some(DatabaseLock::take(&self.url()).await.context(NOT_OPENED)?)).await
    }

    async fn open_holding(&self, lock: Option<DatabaseLock>) -> Result<Store> {
        let (url, key_file) = (self.url(), self.folder.join("server.key"));
        let key = if let Some(key) = server_key::find(&key_file)? {
            key
        } else if Store::has_key(&url, lock.as_ref()).await.context(NOT_OPENED)? {
            // No access token of this database would ever match again with another key.
            return Err(KeyError::Missing { file: key_file }.into());
        } else {
            server_key::create(&key_file)?
        };
        let opened = match lock {
            Some(lock) => Store::open_alone(lock, &url, key, Clock::system()).await,
            None => Store::open(&url, key, Clock::system()).await,
        };
        let store = match opened {
            Err(Error::WrongKey) => return Err(server_key::wrong(&key_file).into()),
            opened => opened.context(NOT_OPENED)?,
        };
        let folder = self.folder.clone();
        store.keys().seal_with(move || sealing_keys::of(&folder).map_err(|error| error.to_string()));
        Ok(store)
    }

    /// Verifies the audit trail, for which the store need not be opened: see [`store::verify_audit_trail`].
    ///
    /// # Errors
    /// If the database can't be read, or if its key is missing or is another.
    pub async fn verify_audit_trail(&self, noted: &[AuditHash]) -> Result<Vec<AuditChain>> {
        let file = self.folder.join("server.key");
        let key = server_key::find(&file)?.ok_or_else(|| KeyError::Missing { file: file.clone() })?;
        match store::verify_audit_trail(&self.url(), &key, noted).await {
            Err(Error::WrongKey) => Err(server_key::wrong(&file).into()),
            verified => verified.context(NOT_OPENED),
        }
    }

    /// Returns the database's address.
    pub(crate) fn url(&self) -> String {
        let file = self.folder.join("kagitaba.db");
        let default = || format!("sqlite://{}", percent_encode(file.as_os_str().as_bytes(), NOT_IN_PATHS));
        self.database.clone().unwrap_or_else(default)
    }
}

fn make_private(folder: &Path) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.with_context(|| format!("cannot create the data folder {}", folder.display()))
}
