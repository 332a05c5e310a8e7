//! The store: a database, a clock and the server's key. The operations stand in the files of their subjects.

use crate::clock::Clock;
use crate::db::database::Pools;
use crate::db::lock::DatabaseLock;
use crate::db::nodes::Node;
use crate::error::Error;
use crate::gate::calls::Calls;
use crate::gate::verification_cache::VerificationCache;
use crate::keys::check;
use crate::keys::sealing::SealingKey;
use crate::keys::sealing_keys::KeySource;
use crate::keys::server_key::ServerKey;
use crate::sign_in::passwords::Passwords;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use tokio::sync::Notify;

/// Everything that Kagitaba keeps. A clone is the same store.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
    clock: Clock,
    address: Option<IpAddr>,
}

struct Shared {
    pools: Pools,
    passwords: Passwords,
    key: ServerKey,
    sealing_keys: OnceLock<KeySource>,
    cache: Arc<VerificationCache>,
    node: Node,
    calls: Calls,
    queued: Notify,
    /// Held where this is the process that serves. Last, so that it ends after all else.
    lock: Option<DatabaseLock>,
}

impl Store {
    /// Opens the database `sqlite:PATH`, which is made first where there is none, or `postgres://…`, which is there already,
    /// and brings it to this version's form. The first key that it is opened with is the only one, from then on. What
    /// another store of the same file of `SQLite` changes about tokens, [`Store::authenticate`] may not see: let one process
    /// serve it, which holds the [`DatabaseLock`]. On `PostgreSQL` there may be any number: see [`Store::keep_lease`].
    ///
    /// # Errors
    /// [`Error::WrongKey`], [`Error::UnsupportedDatabase`], [`Error::InUse`], [`Error::Database`], [`Error::Migration`].
    pub async fn open(url: &str, key: ServerKey, clock: Clock) -> Result<Self, Error> {
        Self::open_holding(None, url, key, clock).await
    }

    /// Opens it as [`Store::open`] while nobody else does so: the store and its clones hold that lock.
    ///
    /// # Errors
    /// Those of [`Store::open`].
    pub async fn open_alone(lock: DatabaseLock, url: &str, key: ServerKey, clock: Clock) -> Result<Self, Error> {
        Self::open_holding(Some(lock), url, key, clock).await
    }

    async fn open_holding(lock: Option<DatabaseLock>, url: &str, key: ServerKey, clock: Clock) -> Result<Self, Error> {
        let pools = Pools::open(url, lock.as_ref()).await?;
        check::require(&pools, &key).await?;
        let (cache, node, calls) = (Arc::default(), Node::new(pools.nodes.is_none()), Calls::default());
        let (passwords, sealing_keys, queued) = (Passwords::new(), OnceLock::new(), Notify::new());
        let shared = Shared { pools, passwords, key, sealing_keys, cache, node, calls, queued, lock };
        let store = Self { shared: Arc::new(shared), clock, address: None };
        store.chain_older_events().await?;
        Ok(store)
    }

    /// The same database by another clock.
    #[must_use]
    pub fn at(&self, clock: Clock) -> Self {
        Self { shared: Arc::clone(&self.shared), clock, address: self.address }
    }

    /// The same database for somebody who asks from that network address: the audit trail names it.
    #[must_use]
    pub fn asked_from(&self, address: IpAddr) -> Self {
        Self { address: Some(address), ..self.clone() }
    }

    /// What tells the time here.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Where somebody asks from, if anybody does.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// Makes sure that no server remembers what is going to be changed, as long as what is returned lives: this process is
    /// the server, or none runs.
    ///
    /// # Errors
    /// [`Error::InUse`], [`Error::Database`].
    pub(crate) async fn keep_servers_away(&self) -> Result<Option<DatabaseLock>, Error> {
        match self.shared.lock {
            Some(_) => Ok(None),
            None => DatabaseLock::share(&self.pools().url).await.map(Some),
        }
    }

    pub(crate) fn pools(&self) -> &Pools {
        &self.shared.pools
    }

    pub(crate) fn passwords(&self) -> &Passwords {
        &self.shared.passwords
    }

    pub(crate) fn key(&self) -> &ServerKey {
        &self.shared.key
    }

    pub(crate) fn sealing_source(&self) -> &OnceLock<KeySource> {
        &self.shared.sealing_keys
    }

    /// A key for that purpose, the same on every server with this server key.
    #[must_use]
    pub fn sealing_key(&self, purpose: &str) -> SealingKey {
        SealingKey::derived(self.key(), purpose)
    }

    pub(crate) fn cache(&self) -> &Arc<VerificationCache> {
        &self.shared.cache
    }

    pub(crate) fn node(&self) -> &Node {
        &self.shared.node
    }

    pub(crate) fn calls(&self) -> &Calls {
        &self.shared.calls
    }

    /// Told of every job that was ordered.
    pub(crate) fn queued(&self) -> &Notify {
        &self.shared.queued
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("clock", &self.clock).finish_non_exhaustive()
    }
}
