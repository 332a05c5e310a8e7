//! Live updates of open pages: the account's audit trail after the last entry that a page has read.

use crate::audit::AuditTrail;
use crate::audit::event::details;
use crate::db::sql;
use crate::error::Error;
use domain::account::AccountId;
use domain::audit::action::Action;
use domain::audit::live::LiveChange;
use domain::members::user::{Person, UserId};
use domain::tokens::token::TokenId;
use uuid::Uuid;

/// The most entries that are read at once.
const AT_ONCE: i64 = 200;

#[derive(sqlx_macros::FromRow)]
struct ChangeRow {
    sequence: i64,
    action: String,
    token_id: Option<Uuid>,
    user_id: Option<Uuid>,
    user_name: Option<String>,
    user_email: Option<String>,
    details: String,
}

impl AuditTrail<'_> {
    /// Returns the number of the last entry in the account's audit trail; 0 if there is none. Anything read after this
    /// call is at least as new.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn last_entry(self, account: AccountId) -> Result<i64, Error> {
        let last = sql::query_scalar("SELECT sequence FROM audit_heads WHERE account_id = $1").bind(account);
        Ok(last.fetch_optional(self.core.read()).await?.unwrap_or_default())
    }

    /// Returns the changes after the entry with this number, oldest first, and the number to go on from. Nothing
    /// between the two is missed, except by a page that is more than 200 entries behind.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn live_changes(self, account: AccountId, after: i64) -> Result<(Vec<LiveChange>, i64), Error> {
        let last = self.last_entry(account).await?;
        if last <= after {
            return Ok((Vec::new(), after));
        }
        // A page that is far behind (or has no number) reloads itself all the same; the newest changes make it do so.
        let from = after.max(last - AT_ONCE);
        let rows: Vec<ChangeRow> = sql::query_as(
            "SELECT sequence, action, token_id, user_id, details,
                (SELECT users.name FROM users WHERE users.id = audit_events.user_id) AS user_name,
                (SELECT users.email FROM users WHERE users.id = audit_events.user_id) AS user_email
             FROM audit_events WHERE account_id = $1 AND sequence > $2 AND sequence <= $3 ORDER BY sequence",
        )
        .bind(account)
        .bind(from)
        .bind(last)
        .fetch_all(self.core.read())
        .await?;
        let changes = rows.into_iter().filter_map(ChangeRow::into_change).collect::<Result<_, _>>()?;
        Ok((changes, last))
    }
}

impl ChangeRow {
    /// Returns the change, if lists of tokens show it.
    fn into_change(self) -> Option<Result<LiveChange, Error>> {
        let action = self.action.parse().ok().filter(|action: &Action| action.is_live())?;
        let details = match details(&self.details) {
            Ok(details) => details,
            Err(error) => return Some(Err(error)),
        };
        let text = |key: &str| details[key].as_str().map(str::to_owned);
        let person = |(id, (name, email))| Person { id: UserId(id), name, email };
        Some(Ok(LiveChange {
            sequence: self.sequence,
            action,
            token: self.token_id.map(TokenId),
            name: text("name"),
            revision: details["revision"].as_i64(),
            user: self.user_id.zip(self.user_name.zip(self.user_email)).map(person),
            access_token: text("by_access_token"),
        }))
    }
}
