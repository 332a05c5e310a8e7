//! The shares that this node has of accounts' calls: see `domain::gate::shares`.

use crate::db::sql;
use crate::error::Error;
use crate::gate::Gate;
use crate::gate::allowances::Counted;
use domain::account::AccountId;
use domain::gate::gcra::{Quota, Taken};
use domain::gate::shares::Share;
use domain::tokens::scope::RateGroup;
use std::io;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The time that the database may take to answer. A call that needs a share is refused as unavailable after that.
const ANSWERED_WITHIN: Duration = Duration::from_secs(2);

/// This node's shares, each found without a lock.
pub(crate) struct Shares {
    start: Instant,
    kept: papaya::HashMap<(AccountId, RateGroup), Arc<Kept>>,
}

/// The share of one account and group.
struct Kept {
    quota: Quota,
    share: Mutex<Share>,
    /// Locked while the common count is asked, so that one call asks for all that wait.
    asking: tokio::sync::Mutex<()>,
    /// When the common count last failed to answer. Calls that began to wait before then don't ask again, one after the
    /// other.
    failed_at: AtomicU64,
    /// The number of calls that wait for the common count.
    waiting: AtomicU32,
}

/// A call that waits for the common count, until this is dropped.
struct Waiting<'k>(&'k AtomicU32);

impl<'k> Waiting<'k> {
    /// Counts a call in. Returns the number of those before it, too.
    fn behind(waiting: &'k AtomicU32) -> (Self, u32) {
        let ahead = waiting.fetch_add(1, Ordering::Relaxed);
        (Self(waiting), ahead)
    }
}

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
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX).saturating_add(1) // lasts for 584 years
    }

    /// Does something with the share of this account and group.
    fn with<T>(&self, counted: Counted, act: impl FnOnce(&Arc<Kept>) -> T) -> T {
        let new = || Arc::new(Kept::new(counted.quota));
        act(self.kept.pin().get_or_insert_with((counted.account, counted.group), new))
    }

    /// Lets a call pass by the share, or refuses it. Returns `None` if the common count has to be asked.
    fn pass(&self, counted: Counted) -> Option<Taken> {
        let now = self.now();
        self.with(counted, |kept| kept.share().pass(counted.quota, now))
    }
}

impl Kept {
    fn new(quota: Quota) -> Self {
        let (share, asking) = (Mutex::default(), tokio::sync::Mutex::default());
        Self { quota, share, asking, failed_at: AtomicU64::default(), waiting: AtomicU32::default() }
    }

    /// Returns the kept share, with what is counted.
    fn counted((&(account, group), kept): (&(AccountId, RateGroup), &Arc<Self>)) -> (Counted, Arc<Self>) {
        (Counted { account, group, quota: kept.quota }, Arc::clone(kept))
    }

    fn share(&self) -> MutexGuard<'_, Share> {
        self.share.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unanswered() -> Error {
    sqlx::Error::Io(io::ErrorKind::TimedOut.into()).into()
}

impl Gate<'_> {
    /// Takes one of the account's calls, by this node's share of them or by a new share. Only for a store that
    /// `Store::has_nodes`. Never more calls pass than the limit, on however many nodes.
    ///
    /// # Errors
    /// [`Error::Database`]; the call is not counted then, or is withheld.
    pub async fn take_call(self, counted: Counted) -> Result<Taken, Error> {
        if let Some(taken) = self.core.shares().pass(counted) {
            return Ok(taken);
        }
        // A task of its own, on the heap: a client that hangs up must not lose a share that others wait for.
        let core = self.core.clone();
        let asked = tokio::spawn(async move { Gate { core: &core }.ask(counted).await });
        asked.await.map_err(|cut_short| sqlx::Error::Io(io::Error::other(cut_short)))?
    }

    /// Takes one of the account's calls by a new share, or by the one that another call has asked for meanwhile.
    async fn ask(self, counted: Counted) -> Result<Taken, Error> {
        let shares = self.core.shares();
        let (kept, began) = (shares.with(counted, Arc::clone), shares.now());
        let (_waiting, ahead) = Waiting::behind(&kept.waiting);
        if let Some(refused) = kept.share().refuse_behind(ahead, counted.quota, began) {
            return Ok(refused);
        }
        let _asking = kept.asking.lock().await;
        if kept.failed_at.load(Ordering::Relaxed) > began {
            return Err(unanswered());
        }
        loop {
            if let Some(taken) = shares.pass(counted) {
                return Ok(taken);
            }
            let asked_at = shares.now();
            let (wanted, unused) = {
                let mut share = kept.share();
                (share.wanted(asked_at), share.end(asked_at, false))
            };
            match sql::within(ANSWERED_WITHIN, self.take_share(counted, wanted, unused)).await {
                Ok(granted) => {
                    kept.share().begin(counted.quota, granted, asked_at);
                    if granted.calls == 0 {
                        // However long the answer took: one may have come back meanwhile, but others wait for it, too.
                        return Ok(Taken { passed: false, back_in: granted.back_in });
                    }
                }
                Err(error) => {
                    // The question may be answered all the same, so the next one asks for one call only.
                    *kept.share() = Share::default();
                    kept.failed_at.store(shares.now(), Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
    }

    /// Returns the time until all of the account's calls have come back, in nanoseconds, by what this node knows: calls
    /// that others have taken in the last share's lifetime may be missing. Takes none, and asks the database once in that
    /// time at most.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn calls_back_in(self, counted: Counted) -> Result<u64, Error> {
        let shares = self.core.shares();
        let asked_at = shares.now();
        if let Some(known) = shares.with(counted, |kept| kept.share().known(counted.quota, asked_at)) {
            return Ok(known);
        }
        let back_in = Box::pin(sql::within(ANSWERED_WITHIN, self.read_back_in(counted))).await?;
        shares.with(counted, |kept| kept.share().note(back_in, asked_at));
        Ok(back_in)
    }

    /// Gives back the calls of shares whose time is over, or of all shares if the node ends.
    ///
    /// # Errors
    /// [`Error::Database`]; the calls that were not given back are withheld: they come back as if they had been made.
    pub async fn give_back_shares(self, node_ends: bool) -> Result<(), Error> {
        let shares = self.core.shares();
        let over = |kept: &Arc<Kept>| kept.share().is_to_end(shares.now(), node_ends);
        let over: Vec<_> = shares.kept.pin().iter().filter(|(_, kept)| over(kept)).map(Kept::counted).collect();
        // One by one: if one fails, the others are given back the next time.
        for (counted, kept) in over {
            let unused = kept.share().end(shares.now(), node_ends);
            if let Some(unused) = unused {
                self.give_back(counted, unused).await?;
            }
        }
        Ok(())
    }
}
