//! The audit trail: one event per change, written in the change's own transaction; and reading it.

use crate::clock::id_at;
use crate::error::Error;
use crate::sqlite::{Connection, DAY, day_number, micros, time};
use crate::store::Store;
use chrono::{DateTime, NaiveDate, Utc};
use domain::account::AccountId;
use domain::audit::Action;
use domain::token::TokenId;
use domain::user::UserId;
use serde_json::Value;
use uuid::Uuid;

/// An event of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// When it was done.
    pub at: DateTime<Utc>,
    /// The e-mail address of the user who did it; nothing where it was no user.
    pub user: Option<String>,
    /// What was done. An action that there no longer is is named too.
    pub action: String,
    /// The token that it was done to, or with.
    pub token: Option<TokenId>,
    /// More about it: an object, with the Account SID of the access token that did it in `by_access_token`.
    pub details: Value,
}

#[derive(sqlx::FromRow)]
struct EventRow {
    at: i64,
    user_email: Option<String>,
    action: String,
    token_id: Option<Uuid>,
    details: String,
}

impl TryFrom<EventRow> for AuditEvent {
    type Error = Error;

    fn try_from(row: EventRow) -> Result<Self, Error> {
        let details = serde_json::from_str(&row.details);
        Ok(Self {
            at: time(row.at)?,
            user: row.user_email,
            action: row.action,
            token: row.token_id.map(TokenId),
            details: details.map_err(|error| Error::Corrupt(format!("an audit event: {error}")))?,
        })
    }
}

impl Store {
    /// The account's audit trail from the one day to the other, both included, in UTC; oldest first.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn audit_events(
        &self,
        account: AccountId,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<Vec<AuditEvent>, Error> {
        let rows: Vec<EventRow> = sqlx::query_as(
            "SELECT at, (SELECT users.email FROM users WHERE users.id = audit_events.user_id) AS user_email, action, token_id,
                details
             FROM audit_events WHERE account_id = $1 AND at >= $2 AND at < $3 ORDER BY at, id",
        )
        .bind(account.0)
        .bind(day_number(from) * DAY)
        .bind((day_number(to) + 1) * DAY)
        .fetch_all(&self.pools().read)
        .await?;
        rows.into_iter().map(AuditEvent::try_from).collect()
    }
}

/// Who did what, where.
pub(crate) struct Event {
    pub(crate) account: AccountId,
    /// Nobody where the command line did it.
    pub(crate) user: Option<UserId>,
    pub(crate) action: Action,
    pub(crate) token: Option<TokenId>,
    /// An object; what was before and after where that says more. Never a secret, nor its hash.
    pub(crate) details: Value,
}

impl Event {
    /// Writes the event.
    pub(crate) async fn record(self, tx: &mut Connection, at: DateTime<Utc>) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO audit_events (id, at, account_id, user_id, action, token_id, details)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id_at(at))
        .bind(micros(at))
        .bind(self.account.0)
        .bind(self.user.map(|user| user.0))
        .bind(self.action.as_str())
        .bind(self.token.map(|token| token.0))
        .bind(self.details.to_string())
        .execute(tx)
        .await?;
        Ok(())
    }
}
