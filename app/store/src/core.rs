//! The core that every operation works on: a database, a clock, the keys, and what this process keeps in memory.

use crate::clock::Clock;
use crate::db::database::Pools;
use crate::db::lock::DatabaseLock;
use crate::db::node::Node;
use crate::db::sql::{Pool, Tx};
use crate::error::Error;
use crate::gate::call_queue::Calls;
use crate::gate::shares::Shares;
use crate::gate::use_queue::{Unmatched, Uses};
use crate::gate::verification_cache::VerificationCache;
use crate::keys::sealing_keys::{KeySource, SealingKeys};
use crate::keys::server_key::ServerKey;
use crate::sign_in::passwords::Passwords;
use chrono::{DateTime, Utc};
use domain::account::AccountId;
use domain::tokens::secret::Secret;
use domain::tokens::token::TokenId;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use tokio::sync::Notify;

/// The core of a store. A clone is of the same store.
#[derive(Clone)]
pub struct Core {
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
    shares: Shares,
    uses: Uses,
    unmatched: Unmatched,
    queued: Notify,
    /// The lock, if this is the process that serves the database. Last, so that it ends after everything else.
    lock: Option<DatabaseLock>,
}

impl Core {
    /// Returns the core for this database, with nothing in memory yet.
    pub(crate) fn new(pools: Pools, lock: Option<DatabaseLock>, key: ServerKey, clock: Clock) -> Self {
        let (cache, node) = (Arc::default(), Node::new(pools.nodes.is_none()));
        let calls = Calls::default();
        let (passwords, sealing_keys, queued) = (Passwords::new(), OnceLock::new(), Notify::new());
        let (shares, uses, unmatched) = (Shares::default(), Uses::default(), Unmatched::default());
        let all =
            Shared { pools, passwords, key, sealing_keys, cache, node, calls, shares, uses, unmatched, queued, lock };
        Self { shared: Arc::new(all), clock, address: None }
    }

    /// Returns the same store with another clock.
    pub(crate) fn at(&self, clock: Clock) -> Self {
        Self { shared: Arc::clone(&self.shared), clock, address: self.address }
    }

    /// Returns the same store for a client with this network address, which the audit trail names.
    pub(crate) fn asked_from(&self, address: IpAddr) -> Self {
        Self { address: Some(address), ..self.clone() }
    }

    /// Returns the store's clock.
    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Returns the current time.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Returns the connections that read.
    pub(crate) fn read(&self) -> &Pool {
        &self.shared.pools.read
    }

    /// Begins a transaction as [`Pools::begin`] does.
    pub(crate) async fn begin(&self) -> Result<Tx, Error> {
        self.shared.pools.begin().await
    }

    /// Begins a transaction as [`Pools::begin_in`] does.
    pub(crate) async fn begin_in(&self, account: AccountId) -> Result<Tx, Error> {
        self.shared.pools.begin_in(account).await
    }

    /// Begins a transaction as [`Pools::begin_beside`] does.
    pub(crate) async fn begin_beside(&self) -> Result<Tx, Error> {
        self.shared.pools.begin_beside().await
    }

    /// Returns whether other nodes may use the same database.
    pub(crate) fn has_nodes(&self) -> bool {
        self.shared.pools.nodes.is_some()
    }

    /// Returns the client's network address, if there is a client.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// Makes sure that no server caches the data that is about to change, as long as the returned lock lives: this
    /// process is the server, or none runs.
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

    /// Returns the keys as they are now.
    pub(crate) fn sealing_keys(&self) -> Result<SealingKeys, Error> {
        let source = self.sealing_source().get().ok_or_else(|| Error::SealingKeys("there are none".to_owned()))?;
        source().map_err(Error::SealingKeys)
    }

    /// Returns the sealed Auth Token.
    pub(crate) fn seal(&self, token: TokenId, secret: &Secret) -> Result<Vec<u8>, Error> {
        Ok(self.sealing_keys()?.seal(secret.reveal().as_bytes(), token.0))
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

    pub(crate) fn shares(&self) -> &Shares {
        &self.shared.shares
    }

    pub(crate) fn uses(&self) -> &Uses {
        &self.shared.uses
    }

    pub(crate) fn unmatched(&self) -> &Unmatched {
        &self.shared.unmatched
    }

    /// Returns the signal that a job was ordered.
    pub(crate) fn queued(&self) -> &Notify {
        &self.shared.queued
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("clock", &self.clock).finish_non_exhaustive()
    }
}
