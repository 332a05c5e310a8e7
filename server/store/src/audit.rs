//! The audit trail: one event per change, written in the change's own transaction.

use crate::clock::id_at;
use crate::error::Error;
use crate::sqlite::{Connection, micros};
use chrono::{DateTime, Utc};
use domain::account::AccountId;
use domain::audit::Action;
use domain::token::TokenId;
use domain::user::UserId;
use serde_json::Value;

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
