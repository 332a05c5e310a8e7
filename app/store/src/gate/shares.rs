//! The shares that this node has of accounts' calls: see `domain::gate::shares`.

use domain::account::AccountId;
use domain::gate::gcra::{Quota, Taken};
use domain::gate::shares::Share;
use domain::tokens::scope::RateGroup;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The calls that are counted together: an account's, of one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// The account that makes them.
    pub account: AccountId,
    /// The group that they are of.
    pub group: RateGroup,
    /// The group's limit.
    pub quota: Quota,
}

/// This node's shares, each found without a lock.
pub(crate) struct Shares {
    start: Instant,
    kept: papaya::HashMap<(AccountId, RateGroup), Arc<Kept>>,
}

/// The share of one account and group.
pub(crate) struct Kept {
    quota: Quota,
    share: Mutex<Share>,
    /// Locked while the common count is asked, so that one call asks for all that wait.
    pub(crate) asking: tokio::sync::Mutex<()>,
    /// When the common count last failed to answer. Calls that began to wait before then don't ask again, one after the
    /// other.
    failed_at: AtomicU64,
    /// The number of calls that wait for the common count.
    waiting: AtomicU32,
}

/// A call that waits for the common count, until this is dropped.
pub(crate) struct Waiting<'k>(&'k AtomicU32);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Default for Shares {
    fn default() -> Self {
        Self { start: Instant::now(), kept: papaya::HashMap::new() }
    }
}

impl Shares {
    /// Returns the time by this node's clock, in nanoseconds, and not 0.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX).saturating_add(1) // lasts for 584 years
    }

    /// Does something with the share of this account and group.
    pub(crate) fn with<T>(&self, counted: Counted, act: impl FnOnce(&Arc<Kept>) -> T) -> T {
        let new = || Arc::new(Kept::new(counted.quota));
        act(self.kept.pin().get_or_insert_with((counted.account, counted.group), new))
    }

    /// Lets a call pass by the share, or refuses it. Returns `None` if the common count has to be asked.
    pub(crate) fn pass(&self, counted: Counted) -> Option<Taken> {
        let now = self.now();
        self.with(counted, |kept| kept.share().pass(counted.quota, now))
    }

    /// Returns the shares whose time is over, or all if the node ends, if they have calls to give back.
    pub(crate) fn to_end(&self, node_ends: bool) -> Vec<(Counted, Arc<Kept>)> {
        let now = self.now();
        let kept = self.kept.pin();
        let to_end = kept.iter().filter(|(_, kept)| kept.share().is_to_end(now, node_ends));
        to_end.map(|(of, kept)| (Counted { account: of.0, group: of.1, quota: kept.quota }, Arc::clone(kept))).collect()
    }
}

impl Kept {
    fn new(quota: Quota) -> Self {
        let (share, asking) = (Mutex::default(), tokio::sync::Mutex::default());
        Self { quota, share, asking, failed_at: AtomicU64::default(), waiting: AtomicU32::default() }
    }

    /// Counts a call in among those that wait. Returns the number of those before it, too.
    pub(crate) fn wait(&self) -> (Waiting<'_>, u32) {
        let ahead = self.waiting.fetch_add(1, Ordering::Relaxed);
        (Waiting(&self.waiting), ahead)
    }

    /// Notes that the common count did not answer. It may have granted a share all the same, so the next question is for
    /// one call only.
    pub(crate) fn fail(&self, now: u64) {
        *self.share() = Share::default();
        self.failed_at.store(now, Ordering::Relaxed);
    }

    /// Returns whether the common count has failed to answer since then.
    pub(crate) fn has_failed_since(&self, began: u64) -> bool {
        self.failed_at.load(Ordering::Relaxed) > began
    }

    pub(crate) fn share(&self) -> MutexGuard<'_, Share> {
        self.share.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
