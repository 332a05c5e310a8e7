//! The store: what is done with all data of Kagitaba, in parts by feature.

use crate::account::Accounts;
use crate::audit::AuditTrail;
use crate::clock::Clock;
use crate::core::Core;
use crate::db::database::Pools;
use crate::db::lock::DatabaseLock;
use crate::db::sql;
use crate::db::work::Work;
use crate::error::Error;
use crate::gate::Gate;
use crate::keys::Keys;
use crate::keys::check;
use crate::keys::server_key::ServerKey;
use crate::members::Members;
use crate::reports::Reports;
use crate::sign_in::SigningIn;
use crate::tokens::Tokens;
use std::net::IpAddr;

/// The store of all data of Kagitaba. A clone is the same store.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) core: Core,
}

/// Defines the method that returns a part of the store.
macro_rules! parts {
    ($($(#[$doc:meta])* $name:ident: $part:ident;)+) => {
        impl Store {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $name(&self) -> $part<'_> {
                    $part { core: &self.core }
                }
            )+
        }
    };
}

parts! {
    /// Access tokens: created, changed, read, and what they were used for.
    tokens: Tokens;
    /// Account users: who they are, invitations, and what they do about themselves.
    members: Members;
    /// Signing in: passwords, second factors, passkeys, identities and sessions.
    sign_in: SigningIn;
    /// Accounts: their company profile, security policy and API access.
    account: Accounts;
    /// The audit trail: read, followed and verified.
    audit: AuditTrail;
    /// Advertisers, jobs and their results.
    reports: Reports;
    /// The gate's questions: callers, their calls, and the calls that are left.
    gate: Gate;
    /// The keys that seal what the server must be able to read again.
    keys: Keys;
    /// Work that takes several transactions.
    work: Work;
}

impl Store {
    /// Opens the database `sqlite:PATH`, which is created if it is missing, or `postgres://…`, which must exist
    /// already, and migrates it to this version. The first key that it is opened with is the only one from then on.
    /// [`Gate::authenticate`] may not see changes to tokens by another store of the same `SQLite` file: let one
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
        let core = Core::new(pools, lock, key, clock);
        core.chain_older_events().await?;
        core.fold_older_names().await?;
        Ok(Self { core })
    }

    /// Returns whether the database already has a server key, so that a new one won't do. Migrates the database as
    /// [`Store::open`] does, or with the lock as [`Store::open_alone`] does.
    ///
    /// # Errors
    /// [`Error::UnsupportedDatabase`], [`Error::Database`], [`Error::Migration`].
    pub async fn has_key(url: &str, lock: Option<&DatabaseLock>) -> Result<bool, Error> {
        check::is_known(&Pools::open(url, lock).await?).await
    }

    /// Returns the same store with another clock.
    #[must_use]
    pub fn at(&self, clock: Clock) -> Self {
        Self { core: self.core.at(clock) }
    }

    /// Returns the same store for a client with this network address, which the audit trail names.
    #[must_use]
    pub fn asked_from(&self, address: IpAddr) -> Self {
        Self { core: self.core.asked_from(address) }
    }

    /// Returns the store's clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        self.core.clock()
    }

    /// Returns whether other nodes may use the same database, so that calls have to be counted there.
    #[must_use]
    pub fn has_nodes(&self) -> bool {
        self.core.has_nodes()
    }

    /// Holds a lease as long as this future is polled, on a database that other nodes may use, too: only then does
    /// [`Gate::authenticate`] cache anything. Does nothing on a database that only one process uses.
    pub async fn keep_lease(self) {
        self.core.keep_lease().await;
    }

    /// Ends the lease, so that no change waits for this node any longer; the node caches nothing from then on. Call it
    /// once [`Store::keep_lease`] is no longer polled.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn end_lease(&self) -> Result<(), Error> {
        self.core.end_lease().await
    }

    /// Reads something from the database, only to see whether it answers.
    ///
    /// # Errors
    /// [`Error::Database`] if it does not answer.
    pub async fn ping(&self) -> Result<(), Error> {
        let any = sql::query_scalar("SELECT EXISTS (SELECT 1 FROM accounts)");
        let _: bool = any.fetch_one(self.core.read()).await?;
        Ok(())
    }
}
