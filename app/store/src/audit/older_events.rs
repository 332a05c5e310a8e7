//! The chains of events from before there were any: see `chain`.

use crate::audit::chain::{BATCH, Link, Place, ZERO, write_head};
use crate::audit::event::{Event, names};
use crate::core::Core;
use crate::db::database::Connection;
use crate::db::sql;
use crate::db::work::Work;
use crate::error::Error;
use domain::account::AccountId;
use domain::audit::action::Action;
use serde_json::json;
use uuid::Uuid;

/// The work that the migration notes if there are events from before there were chains.
const CHAINING: &str = "chain the audit trail";

impl Core {
    /// Makes the chains of events from before there were any, if the migration has noted that they are missing.
    pub(crate) async fn chain_older_events(&self) -> Result<(), Error> {
        if !(Work { core: self }).is_unfinished(CHAINING).await? {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        let noted = sql::query("DELETE FROM unfinished_work WHERE name = $1").bind(CHAINING).execute(&mut *tx).await?;
        if noted.rows_affected() == 0 {
            return Ok(()); // another process was first
        }
        let accounts: Vec<Uuid> = sql::query_scalar(
            "SELECT id FROM accounts
             WHERE EXISTS (SELECT 1 FROM audit_events WHERE account_id = accounts.id)
                AND NOT EXISTS (SELECT 1 FROM audit_heads WHERE account_id = accounts.id)
                AND NOT EXISTS (SELECT 1 FROM audit_events WHERE account_id = accounts.id AND hash IS NOT NULL)",
        )
        .fetch_all(&mut *tx)
        .await?;
        for account in accounts {
            tracing::warn!(
                %account,
                "the audit trail came from a version without a chain; one was created from the entries found"
            );
            self.chain(&mut tx, account).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn chain(&self, tx: &mut Connection, account: Uuid) -> Result<(), Error> {
        let mut last = Place { sequence: 0, hash: ZERO.to_vec() };
        loop {
            let links: Vec<Link> = sql::query_as(
                "SELECT id, at, account_id, user_id, action, token_id, details, address FROM audit_events
                 WHERE account_id = $1 AND hash IS NULL ORDER BY rowid LIMIT $2",
            )
            .bind(account)
            .bind(BATCH)
            .fetch_all(&mut *tx)
            .await?;
            if links.is_empty() {
                break;
            }
            for link in links {
                let sequence = last.sequence + 1;
                last = Place { sequence, hash: self.key().hash(link.encoded(&last.hash, sequence)) };
                let names = names(tx, &link).await?;
                sql::query("UPDATE audit_events SET sequence = $1, hash = $2, names_folded = $3 WHERE id = $4")
                    .bind(last.sequence)
                    .bind(&last.hash)
                    .bind(names)
                    .bind(link.id)
                    .execute(&mut *tx)
                    .await?;
            }
        }
        write_head(tx, self.key(), account, &last, true).await?;
        let details = json!({ "entries": last.sequence });
        let account = AccountId(account);
        Event::of(Action::AuditTrailSealed, account).with(details).record(self, tx, self.now()).await
    }
}
