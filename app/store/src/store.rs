//! Opening the store.

use crate::clock::Clock;
use crate::core::Store;
use crate::db::database::Pools;
use crate::db::lock::DatabaseLock;
use crate::error::Error;
use crate::keys::check;
use crate::keys::server_key::ServerKey;

impl Store {
    /// Opens the database `sqlite:PATH`, which is created if it is missing, or `postgres://…`, which must exist
    /// already, and migrates it to this version. The first key that it is opened with is the only one from then on.
    /// [`Store::authenticate`] may not see changes to tokens by another store of the same `SQLite` file: let one
    /// process serve it, which holds the [`DatabaseLock`]. On `PostgreSQL` there may be any number: see
    /// [`Store::keep_lease`].
    ///
    /// # Errors
    /// [`Error::WrongKey`], [`Error::UnsupportedDatabase`], [`Error::InUse`], [`Error::Database`],
    /// [`Error::Migration`].
    pub async fn open(url: &str, key: ServerKey, clock: Clock) -> Result<Self, Error> {
        Self::open_holding(None, url, key, clock).await
    }

    /// Opens it as [`Store::open`] does, while no other process does so: the store and its clones hold this lock.
    ///
    /// # Errors
    /// Those of [`Store::open`].
    pub async fn open_alone(lock: DatabaseLock, url: &str, key: ServerKey, clock: Clock) -> Result<Self, Error> {
        Self::open_holding(Some(lock), url, key, clock).await
    }

    async fn open_holding(lock: Option<DatabaseLock>, url: &str, key: ServerKey, clock: Clock) -> Result<Self, Error> {
        let pools = Pools::open(url, lock.as_ref()).await?;
        check::require(&pools, &key).await?;
        let store = Self::new(pools, lock, key, clock);
        store.chain_older_events().await?;
        Ok(store)
    }

    /// Returns whether the database already has a server key, so that a new one won't do. Migrates the database as
    /// [`Store::open`] does, or with the lock as [`Store::open_alone`] does.
    ///
    /// # Errors
    /// [`Error::UnsupportedDatabase`], [`Error::Database`], [`Error::Migration`].
    pub async fn has_key(url: &str, lock: Option<&DatabaseLock>) -> Result<bool, Error> {
        check::is_known(&Pools::open(url, lock).await?).await
    }
}
