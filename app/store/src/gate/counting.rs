//! Counting calls by this node's shares, and by the common count where these are used up.

use crate::db::sql;
use crate::error::Error;
use crate::gate::Gate;
use crate::gate::shares::Counted;
use domain::gate::gcra::Taken;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// The time that the database may take to answer. A call that needs a share is refused as unavailable after that.
const ANSWERED_WITHIN: Duration = Duration::from_secs(2);

impl Gate<'_> {
    /// Takes one of the account's calls, by this node's share of them or by a new share. Only for a store that
    /// `Store::has_nodes`. Never more calls pass than the limit, on however many nodes.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`]; the call is not counted then, or is withheld.
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
        let (_waiting, ahead) = kept.wait();
        if let Some(refused) = kept.share().refuse_behind(ahead, counted.quota, began) {
            return Ok(refused);
        }
        let _asking = kept.asking.lock().await;
        if kept.has_failed_since(began) {
            return Err(sql::unanswered().into());
        }
        loop {
            if let Some(taken) = kept.share().pass(counted.quota, shares.now()) {
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
                    kept.fail(shares.now());
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
        // One by one: if one fails, the others are given back the next time.
        for (counted, kept) in shares.to_end(node_ends) {
            let unused = kept.share().end(shares.now(), node_ends);
            if let Some(unused) = unused {
                self.give_back(counted, unused).await?;
            }
        }
        Ok(())
    }
}
