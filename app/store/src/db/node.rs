//! This process among the nodes: see `nodes`.

use crate::gate::verification_cache::Hold;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use uuid::Uuid;

/// This process among the nodes.
pub(crate) struct Node {
    pub(crate) id: Uuid,
    began: Instant,
    /// The time until which the cache is trusted, in microseconds after `began`; 0 if it is not trusted.
    pub(crate) until: AtomicU64,
    /// The holds of commits whose outcome is unknown.
    undecided: Mutex<Vec<Hold>>,
}

impl Node {
    /// Creates a node that holds no lease yet or, for a database that only this process uses, one that needs none.
    pub(crate) fn new(alone: bool) -> Self {
        let until = if alone { u64::MAX } else { 0 };
        Self { id: Uuid::now_v7(), began: Instant::now(), until: AtomicU64::new(until), undecided: Mutex::default() }
    }

    /// Returns whether the cache is trusted now.
    pub(crate) fn lease_is_valid(&self) -> bool {
        let until = self.until.load(Ordering::Acquire);
        until == u64::MAX || self.micros(Instant::now()) < until
    }

    /// Stops trusting the cache until the node has joined again, if there can be other nodes.
    pub(crate) fn believe_nothing(&self) {
        _ = self.until.fetch_update(Ordering::AcqRel, Ordering::Acquire, |until| (until != u64::MAX).then_some(0));
    }

    /// Trusts the cache until then, unless the node has stopped trusting it since `before` was read.
    pub(crate) fn trust_until(&self, end: Instant, before: u64) {
        _ = self.until.compare_exchange(before, self.micros(end), Ordering::AcqRel, Ordering::Acquire);
    }

    /// Takes over the hold of a failed commit that may still be carried out. If there can be no other nodes, it was
    /// not, and the hold is released.
    pub(crate) fn leave_undecided(&self, hold: Hold) {
        if self.until.load(Ordering::Acquire) == u64::MAX {
            hold.release();
        } else {
            self.undecided().push(hold);
        }
    }

    pub(crate) fn undecided(&self) -> MutexGuard<'_, Vec<Hold>> {
        self.undecided.lock().unwrap_or_else(PoisonError::into_inner) // nothing is half done, as nothing panics there
    }

    pub(crate) fn micros(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.began).as_micros()).unwrap_or(u64::MAX)
    }
}
