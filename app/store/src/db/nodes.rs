//! The nodes: any number of server processes on one `PostgreSQL` database, each with a verification cache of its own.
//!
//! The rule stays what `verification_cache` says: no call of `authenticate` that begins after a change has answered sees
//! what was before it, on whichever node. It holds by leases.
//!
//! - A node believes its cache only while it holds a lease of [`LEASE`] in the database, which it renews every
//!   [`RENEW_EVERY`]. It counts from before it asked for it, by its own clock; others wait by the database's. So a node that
//!   is cut off stops believing before anybody stops waiting for it, if the two clocks run alike: neither jumps, and no
//!   machine is put to sleep. From then on each call reads the database; where that doesn't answer, it is refused as
//!   unavailable.
//! - A change leaves every node that holds a lease an eviction, in the same transaction. A node carries out what is left
//!   for it, removes it, and only then renews its lease.
//! - A change answers once none of its evictions is left for a node whose lease still runs: a round trip as a rule,
//!   [`LEASE`] at worst, where a node has died or is cut off.
//! - A node that is new, or whose lease had run out by either clock, joins with an empty cache and while nobody writes: so
//!   no change is between its evictions and its commit, with nothing left for it.
//! - Where a node does not know whether its own commit was carried out, it keeps what that concerns out of its cache
//!   until it has joined anew: nobody writes then, so it is decided.
//!
//! `SQLite` has one node, whose cache hears of every change without all that.

use crate::db::sql::{self, Pool, Tx};
use crate::error::Error;
use crate::gate::verification_cache::{Concern, Hold};
use crate::store::Store;
use domain::account::AccountId;
use domain::tokens::secret::AccountSid;
use sqlx::postgres::PgListener;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

/// How long a node believes its cache without having heard from the database, and how long a change waits for a node that
/// does not answer.
pub const LEASE: Duration = Duration::from_secs(5);
/// How often a lease is renewed.
const RENEW_EVERY: Duration = Duration::from_secs(1);
/// How often a change looks whether its evictions are carried out.
const LOOK_EVERY: Duration = Duration::from_millis(3);
/// For how long a node that no longer renews its lease is remembered.
const FORGOTTEN_AFTER: Duration = Duration::from_hours(1);
/// The channel by which nodes are woken.
const CHANNEL: &str = "kagitaba_evictions";

/// This process among the nodes.
pub(crate) struct Node {
    id: Uuid,
    began: Instant,
    /// Until when the cache is to be believed, in microseconds after `began`; 0 where it is not.
    until: AtomicU64,
    /// What was changed, or was not: the commits have not answered.
    undecided: Mutex<Vec<Hold>>,
}

impl Node {
    /// A node that holds no lease yet; for a database that only this process uses, one that needs none.
    pub(crate) fn new(alone: bool) -> Self {
        let until = if alone { u64::MAX } else { 0 };
        Self { id: Uuid::now_v7(), began: Instant::now(), until: AtomicU64::new(until), undecided: Mutex::default() }
    }

    /// Whether the cache is to be believed now.
    pub(crate) fn believes(&self) -> bool {
        let until = self.until.load(Ordering::Acquire);
        until == u64::MAX || self.micros(Instant::now()) < until
    }

    /// The cache is not to be believed until the node has joined anew, where there can be others.
    pub(crate) fn believe_nothing(&self) {
        _ = self.until.fetch_update(Ordering::AcqRel, Ordering::Acquire, |until| (until != u64::MAX).then_some(0));
    }

    /// Takes over what a commit has held that may be carried out yet. Where there are no others, it was not.
    pub(crate) fn leave_undecided(&self, hold: Hold) {
        if self.until.load(Ordering::Acquire) == u64::MAX {
            hold.release();
        } else {
            self.undecided().push(hold);
        }
    }

    fn undecided(&self) -> MutexGuard<'_, Vec<Hold>> {
        self.undecided.lock().unwrap_or_else(PoisonError::into_inner) // nothing is left half done: nothing there panics
    }

    fn micros(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.began).as_micros()).unwrap_or(u64::MAX)
    }
}

#[derive(sqlx_macros::FromRow)]
struct EvictionRow {
    id: i64,
    sid: Option<String>,
    account_id: Option<Uuid>,
}

impl Store {
    /// Holds a lease for as long as it is polled, on a database that other nodes may use, too: only then does
    /// [`Store::authenticate`] remember anything. Where the database uses one process only, it does nothing.
    pub async fn keep_lease(self) {
        let Some(Pool::Postgres(pool)) = &self.pools().nodes else { return };
        let mut listener = None;
        let mut held = false;
        loop {
            match sql::within(LEASE, self.renew_lease()).await {
                Ok(()) => held = true,
                Err(error) if held => {
                    held = false;
                    let seconds = LEASE.as_secs();
                    tracing::warn!(%error, "the lease was not renewed: from {seconds} s on every call reads the database");
                }
                Err(_) => {}
            }
            if listener.is_none() {
                listener = timeout(RENEW_EVERY, listen(pool)).await.ok().and_then(Result::ok);
            }
            match &mut listener {
                // Woken, or in time. A listener that has lost its connection makes it anew; what was missed is read.
                Some(listener) => drop(timeout(RENEW_EVERY, listener.try_recv()).await),
                None => sleep(RENEW_EVERY).await,
            }
        }
    }

    /// Ends the lease, so that no change waits for this node any longer; it remembers nothing from now on. To be called once
    /// nobody polls [`Store::keep_lease`] any more.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn end_lease(&self) -> Result<(), Error> {
        let Some(pool) = &self.pools().nodes else { return Ok(()) };
        self.node().believe_nothing();
        sql::query("DELETE FROM nodes WHERE id = $1").bind(self.node().id).execute(pool).await?;
        Ok(())
    }

    /// Carries out what others have left for this node, and renews its lease.
    async fn renew_lease(&self) -> Result<(), Error> {
        let (node, Some(pool)) = (self.node(), &self.pools().nodes) else { return Ok(()) };
        let (mut asked, mut before) = (Instant::now(), node.until.load(Ordering::Acquire));
        let left: Vec<EvictionRow> =
            sql::query_as("SELECT id, sid, account_id FROM evictions WHERE node_id = $1 ORDER BY id")
                .bind(node.id)
                .fetch_all(pool)
                .await?;
        for row in &left {
            self.evict(row)?;
        }
        for row in left {
            sql::query("DELETE FROM evictions WHERE id = $1").bind(row.id).execute(pool).await?;
        }
        let lease = i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX);
        let renewed = sql::query(
            "UPDATE nodes SET lease_until = clock_timestamp() + $2 * INTERVAL '1 millisecond'
             WHERE id = $1 AND lease_until > clock_timestamp()",
        );
        let held = renewed.bind(node.id).bind(lease).execute(pool).await?.rows_affected() > 0;
        // By its own clock, too: others may have seen the lease run out before the renewal was committed, and of one whose
        // answer was lost this node knows nothing.
        if !held || node.micros(Instant::now()) >= before || !node.undecided().is_empty() {
            node.believe_nothing();
            before = 0;
            let mut tx = self.pools().begin().await?;
            self.cache().clear();
            node.undecided().drain(..).for_each(Hold::release);
            asked = Instant::now();
            sql::query(
                "INSERT INTO nodes (id, lease_until) VALUES ($1, clock_timestamp() + $2 * INTERVAL '1 millisecond')
                 ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until",
            )
            .bind(node.id)
            .bind(lease)
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            forget_nodes(pool).await?;
        }
        // Unless it has stopped believing meanwhile.
        let until = node.micros(asked + LEASE);
        _ = node.until.compare_exchange(before, until, Ordering::AcqRel, Ordering::Acquire);
        Ok(())
    }

    fn evict(&self, row: &EvictionRow) -> Result<(), Error> {
        let sid = row.sid.clone().map(AccountSid::try_from).transpose();
        let sid = sid.map_err(|error| Error::Corrupt(format!("an eviction: {error}")))?;
        if let Some(sid) = sid {
            self.cache().hold(&Concern::Token(sid)).release();
        }
        if let Some(account) = row.account_id {
            self.cache().hold(&Concern::Account(AccountId(account))).release();
        }
        Ok(())
    }

    /// Leaves every other node that holds a lease an eviction; they see it once the transaction is committed.
    pub(crate) async fn leave_evictions(&self, tx: &mut Tx, change: Uuid, concern: &Concern) -> Result<(), Error> {
        if self.pools().nodes.is_none() {
            return Ok(());
        }
        let (sid, account) = match concern {
            Concern::Token(sid) => (Some(sid.as_str()), None),
            Concern::Account(account) => (None, Some(account.0)),
        };
        sql::query(
            "INSERT INTO evictions (change_id, node_id, sid, account_id)
             SELECT $1, id, $2, $3 FROM nodes WHERE id <> $4 AND lease_until > statement_timestamp()",
        )
        .bind(change)
        .bind(sid)
        .bind(account)
        .bind(self.node().id)
        .execute(&mut **tx)
        .await?;
        sql::query("SELECT pg_notify($1, '')").bind(CHANNEL).execute(&mut **tx).await?;
        Ok(())
    }

    /// Waits until no node believes what was before the change.
    pub(crate) async fn wait_for_nodes(&self, change: Uuid) {
        let (committed, Some(pool)) = (Instant::now(), &self.pools().nodes) else { return };
        while committed.elapsed() < LEASE {
            let left = sql::query_scalar::<bool>(
                "SELECT EXISTS (SELECT 1 FROM evictions JOIN nodes ON nodes.id = evictions.node_id
                     WHERE change_id = $1 AND lease_until > statement_timestamp())",
            );
            match left.bind(change).fetch_one(pool).await {
                Ok(false) => return,
                Ok(true) => sleep(LOOK_EVERY).await,
                // Whoever has not carried it out by the end of the lease no longer believes its cache.
                Err(_) => sleep(LEASE.saturating_sub(committed.elapsed())).await,
            }
        }
        // Who has not carried it out by now believes nothing any more. Where its lease still runs, the database's clock was
        // ahead when it was written: no other change is to wait for it until that time comes. One that is there joins anew.
        let forget = sql::query("DELETE FROM nodes WHERE id IN (SELECT node_id FROM evictions WHERE change_id = $1)");
        if let Err(error) = forget.bind(change).execute(pool).await {
            tracing::warn!(%error, "a node that is gone was not forgotten: the next change waits for it, too");
        }
    }
}

async fn forget_nodes(pool: &Pool) -> Result<(), Error> {
    let seconds = i64::try_from(FORGOTTEN_AFTER.as_secs()).unwrap_or(i64::MAX);
    sql::query("DELETE FROM nodes WHERE lease_until < clock_timestamp() - $1 * INTERVAL '1 second'")
        .bind(seconds)
        .execute(pool)
        .await?;
    Ok(())
}

async fn listen(pool: &sqlx::PgPool) -> sqlx::Result<PgListener> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    Ok(listener)
}
