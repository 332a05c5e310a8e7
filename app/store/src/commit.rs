//! The commit of a change of data that the gate caches: in force on every node before it is answered.

use crate::core::Core;
use crate::db::database::Tx;
use crate::error::Error;
use crate::gate::verification_cache::Invalidation;
use std::io;
use uuid::Uuid;

impl Core {
    /// Commits a change of data that may be cached, on this node or another, and returns when no node trusts the
    /// earlier state any longer. Once begun, this is carried through even if the caller stops waiting.
    pub(crate) async fn commit(&self, mut tx: Tx, concern: Invalidation) -> Result<(), Error> {
        let core = self.clone();
        let committing = tokio::spawn(async move {
            let change = Uuid::now_v7();
            let _lock = core.keep_servers_away().await?;
            core.leave_evictions(&mut tx, change, &concern).await?;
            let hold = core.cache().hold(&concern);
            if let Err(error) = tx.commit().await {
                core.node().leave_undecided(hold);
                return Err(error.into());
            }
            hold.release();
            core.wait_for_nodes(change).await;
            Ok(())
        });
        committing.await.map_err(|cut_short| sqlx::Error::Io(io::Error::other(cut_short)))?
    }
}
