//! Where the data is, and how the store on it is opened.

use std::{
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use clap::Args;
use store::{Clock, Store};

use crate::server_key::{self, KeyError};

/// Where the data is.
#[derive(Debug, Clone, Args)]
pub struct Data {
    /// The folder of the database and the server key; made on the first start, for this user only.
    #[arg(long = "data", value_name = "DIR", env = "KAGITABA_DATA", default_value = ".data")]
    pub folder: PathBuf,
    /// The database [default: sqlite:DIR/kagitaba.db].
    // Its address may hold a password, which the help would show.
    #[arg(long = "database", value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub database: Option<String>,
}

impl Data {
    /// The database in the given folder.
    #[must_use]
    pub fn within(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), database: None }
    }

    /// Opens the store. On the first start folder, key and database are made.
    ///
    /// # Errors
    /// Where one of them can't be made or read, or where the key is missing that goes with the database.
    pub async fn open(&self) -> Result<Store> {
        make_private(&self.folder)?;
        let key_file = self.folder.join("server.key");
        let key = if let Some(key) = server_key::find(&key_file)? {
            key
        } else {
            // With another key no access token of this database would ever match again.
            if self.open_with(server_key::generate()).await?.has_users().await? {
                return Err(KeyError::Missing { file: key_file }.into());
            }
            server_key::create(&key_file)?
        };
        self.open_with(key).await
    }

    async fn open_with(&self, key: store::ServerKey) -> Result<Store> {
        let default = || format!("sqlite:{}", self.folder.join("kagitaba.db").display());
        let url = self.database.clone().unwrap_or_else(default);
        // The address itself is left out of the message: it may hold a password.
        Store::open(&url, key, Clock::system()).await.context("cannot open the database")
    }
}

fn make_private(folder: &Path) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.with_context(|| format!("cannot make the data folder {}", folder.display()))
}
