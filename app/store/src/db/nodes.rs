//! The nodes: any number of server processes on one `PostgreSQL` database, each with a verification cache of its own.
//!
//! The rule is that of `verification_cache`: no call of `authenticate` that begins after a change has returned sees the
//! state before it, on any node. It holds by leases.
//!
//! - A node trusts its cache only while it holds a lease of [`LEASE`] in the database, which it renews every
//!   [`RENEW_EVERY`]. It counts from before it asked for the lease, by its own clock; others wait by the database's. So
//!   a node that is cut off stops trusting its cache before others stop waiting for it, if the two clocks run alike:
//!   neither jumps, and no machine is suspended. From then on each call reads the database; if that doesn't answer, the
//!   call is refused as unavailable.
//! - A change leaves an eviction for every node that holds a lease, in the same transaction. A node carries out the
//!   evictions left for it, removes them, and only then renews its lease.
//! - A change returns once none of its evictions is left for a node whose lease still runs: after a round trip as a
//!   rule, after [`LEASE`] at worst, if a node has died or is cut off.
//! - A node that is new, or whose lease has run out by either clock, joins with an empty cache and while nothing else
//!   is written: so no change can be between its evictions and its commit, with no eviction for this node.
//! - If a node does not know whether its own commit was carried out, it keeps the commit's subject out of its cache
//!   until it has joined again: nothing else is written at that moment, so the commit is decided.
//!
//! `SQLite` has one node, whose cache is notified of every change without all that.

use crate::core::Core;
use crate::db::sql::{self, Pool, Tx};
use crate::error::Error;
use crate::gate::verification_cache::{Hold, Invalidation};
use domain::account::AccountId;
use domain::tokens::secret::AccountSid;
use sqlx::postgres::PgListener;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

/// The time for which a node trusts its cache without an answer from the database, and for which a change waits for a
/// node that does not answer.
pub const LEASE: Duration = Duration::from_secs(5);
/// The interval at which a lease is renewed. Evictions do not wait for it: they wake the node.
const RENEW_EVERY: Duration = Duration::from_millis(1_500);
/// The interval at which a change checks whether its evictions are carried out.
const LOOK_EVERY: Duration = Duration::from_millis(3);
/// The time for which a node that no longer renews its lease is remembered.
const FORGOTTEN_AFTER: Duration = Duration::from_hours(1);
/// The channel by which nodes are woken.
const CHANNEL: &str = "kagitaba_evictions";

#[derive(sqlx_macros::FromRow)]
struct EvictionRow {
    id: i64,
    sid: Option<String>,
    account_id: Option<Uuid>,
}

impl Core {
    /// Holds a lease as long as this future is polled, on a database that other nodes may use, too: only then does
    /// `Gate::authenticate` cache anything. Does nothing on a database that only one process uses.
    pub(crate) async fn keep_lease(&self) {
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
                // Woken, or on time. A listener that has lost its connection makes a new one; anything missed is read.
                Some(listener) => drop(timeout(RENEW_EVERY, listener.try_recv()).await),
                None => sleep(RENEW_EVERY).await,
            }
        }
    }

    /// Ends the lease, so that no change waits for this node any longer; the node caches nothing from then on. Call it
    /// once [`Core::keep_lease`] is no longer polled.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub(crate) async fn end_lease(&self) -> Result<(), Error> {
        let Some(pool) = &self.pools().nodes else { return Ok(()) };
        self.node().believe_nothing();
        sql::query("DELETE FROM nodes WHERE id = $1").bind(self.node().id).execute(pool).await?;
        Ok(())
    }

    /// Carries out the evictions left for this node, and renews its lease.
    async fn renew_lease(&self) -> Result<(), Error> {
        let (node, Some(pool)) = (self.node(), &self.pools().nodes) else { return Ok(()) };
        let (mut asked, before) = (Instant::now(), node.until.load(Ordering::Acquire));
        if before > 0 && node.undecided().is_empty() {
            // As a rule there is no eviction, and one statement is enough.
            let renewed = self.renew(pool, " AND NOT EXISTS (SELECT 1 FROM evictions WHERE node_id = $1)").await?;
            if renewed && self.extend_trust(asked, before) {
                return Ok(());
            }
            asked = Instant::now();
        }
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
        let held = self.renew(pool, "").await?;
        if !held || !self.extend_trust(asked, before) {
            node.believe_nothing();
            let mut tx = self.begin().await?;
            self.cache().clear();
            node.undecided().drain(..).for_each(Hold::release);
            asked = Instant::now();
            sql::query(
                "INSERT INTO nodes (id, lease_until) VALUES ($1, clock_timestamp() + $2 * INTERVAL '1 millisecond')
                 ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until",
            )
            .bind(node.id)
            .bind(lease_millis())
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            forget_nodes(pool).await?;
            node.trust_until(asked + LEASE, 0);
        }
        Ok(())
    }

    /// Renews the lease in the database, if it still runs there and the condition holds.
    async fn renew(&self, pool: &Pool, condition: &str) -> Result<bool, Error> {
        let renew = sqlx::AssertSqlSafe(format!(
            "UPDATE nodes SET lease_until = clock_timestamp() + $2 * INTERVAL '1 millisecond'
             WHERE id = $1 AND lease_until > clock_timestamp(){condition}"
        ));
        Ok(sql::query(renew).bind(self.node().id).bind(lease_millis()).execute(pool).await?.rows_affected() > 0)
    }

    /// Trusts the cache for one more lease, asked for at `asked`, and returns true; or false if the lease has run out by
    /// this node's own clock or is in doubt. Others may have seen it run out before the renewal was committed, and this
    /// node knows nothing of a renewal whose answer was lost.
    fn extend_trust(&self, asked: Instant, before: u64) -> bool {
        let node = self.node();
        if node.micros(Instant::now()) >= before || !node.undecided().is_empty() {
            return false;
        }
        node.trust_until(asked + LEASE, before);
        true
    }

    fn evict(&self, row: &EvictionRow) -> Result<(), Error> {
        let sid = row.sid.clone().map(AccountSid::try_from).transpose();
        let sid = sid.map_err(|error| Error::Corrupt(format!("an eviction: {error}")))?;
        if let Some(sid) = sid {
            self.cache().hold(&Invalidation::Token(sid)).release();
        }
        if let Some(account) = row.account_id {
            self.cache().hold(&Invalidation::Account(AccountId(account))).release();
        }
        Ok(())
    }

    /// Leaves an eviction for every other node that holds a lease; they see it once the transaction is committed.
    pub(crate) async fn leave_evictions(&self, tx: &mut Tx, change: Uuid, concern: &Invalidation) -> Result<(), Error> {
        if self.pools().nodes.is_none() {
            return Ok(());
        }
        let (sid, account) = match concern {
            Invalidation::Token(sid) => (Some(sid.as_str()), None),
            Invalidation::Account(account) => (None, Some(account.0)),
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

    /// Waits until no node trusts what it cached before the change.
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
                // A node that has not carried it out by the end of its lease no longer trusts its cache.
                Err(_) => sleep(LEASE.saturating_sub(committed.elapsed())).await,
            }
        }
        // A node that has not carried it out by now no longer trusts its cache. If its lease still runs, the database's
        // clock was ahead when the lease was written: no other change should wait for the node until that time comes.
        // If the node is still there, it joins again.
        let forget = sql::query("DELETE FROM nodes WHERE id IN (SELECT node_id FROM evictions WHERE change_id = $1)");
        if let Err(error) = forget.bind(change).execute(pool).await {
            tracing::warn!(%error, "a node that is gone was not forgotten: the next change waits for it, too");
        }
    }
}

fn lease_millis() -> i64 {
    i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX)
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
