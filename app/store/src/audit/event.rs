//! The audit trail: one event per change, written in the change's own transaction; and reading the events.

use crate::audit::AuditTrail;
use crate::audit::chain::{Link, append};
use crate::clock::id_at;
use crate::core::Core;
use crate::db::database::{Connection, DAY, day_number, micros, time};
use crate::db::sql;
use crate::error::Error;
use chrono::{DateTime, NaiveDate, Utc};
use domain::account::AccountId;
use domain::audit::action::Action;
use domain::members::user::UserId;
use domain::search::search_form;
use domain::tokens::secret::AccountSid;
use domain::tokens::token::TokenId;
use serde_json::{Value, json};
use uuid::Uuid;

/// An event of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// The time of the action.
    pub at: DateTime<Utc>,
    /// The e-mail address of the user who did it; `None` if it was no user.
    pub user: Option<String>,
    /// The action, even if this version no longer has it.
    pub action: String,
    /// The token that it was done to, or with.
    pub token: Option<TokenId>,
    /// The details: an object, with the Account SID of the access token that did it in `by_access_token`, and the
    /// token's revision after the change in `revision`.
    pub details: Value,
}

#[derive(sqlx_macros::FromRow)]
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
        Ok(Self {
            at: time(row.at)?,
            user: row.user_email,
            action: row.action,
            token: row.token_id.map(TokenId),
            details: details(&row.details)?,
        })
    }
}

impl AuditTrail<'_> {
    /// Returns the account's audit trail from one day to another, both included, in UTC; oldest first.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn events(self, account: AccountId, from: NaiveDate, to: NaiveDate) -> Result<Vec<AuditEvent>, Error> {
        let rows: Vec<EventRow> = sql::query_as(
            "SELECT at, (SELECT users.email FROM users WHERE users.id = audit_events.user_id) AS user_email, action, token_id,
                details
             FROM audit_events WHERE account_id = $1 AND at >= $2 AND at < $3 ORDER BY at, id",
        )
        .bind(account)
        .bind(day_number(from) * DAY)
        .bind((day_number(to) + 1) * DAY)
        .fetch_all(self.core.read())
        .await?;
        rows.into_iter().map(AuditEvent::try_from).collect()
    }
}

/// Parses the stored details of an event.
pub(crate) fn details(json: &str) -> Result<Value, Error> {
    serde_json::from_str(json).map_err(|error| Error::Corrupt(format!("an audit event: {error}")))
}

/// An event to be recorded.
pub(crate) struct Event {
    account: AccountId,
    /// `None` if the command line did it.
    user: Option<UserId>,
    action: Action,
    token: Option<TokenId>,
    /// An object, with the values before and after if they say more. Never a secret or its hash.
    details: Value,
}

impl Event {
    /// Returns an event in this account that no user has caused, about no token, without details.
    pub(crate) fn of(action: Action, account: AccountId) -> Self {
        Self { account, user: None, action, token: None, details: json!({}) }
    }

    /// Sets the user who has caused it.
    pub(crate) fn by(self, user: impl Into<Option<UserId>>) -> Self {
        Self { user: user.into(), ..self }
    }

    /// Sets the token that it is about.
    pub(crate) fn on(self, token: impl Into<Option<TokenId>>) -> Self {
        Self { token: token.into(), ..self }
    }

    /// Sets the details.
    pub(crate) fn with(self, details: Value) -> Self {
        Self { details, ..self }
    }

    /// Adds to the details the access token that has caused it, if one has.
    pub(crate) fn by_access_token(mut self, sid: Option<&AccountSid>) -> Self {
        if let Some(sid) = sid {
            self.details["by_access_token"] = json!(sid);
        }
        self
    }

    /// Writes the event as the next entry of its account's chain, with the store's client address.
    pub(crate) async fn record(self, core: &Core, tx: &mut Connection, at: DateTime<Utc>) -> Result<(), Error> {
        let link = Link {
            id: id_at(at),
            at: micros(at),
            account_id: self.account.0,
            user_id: self.user.map(|user| user.0),
            action: self.action.as_str().to_owned(),
            token_id: self.token.map(|token| token.0),
            details: self.details.to_string(),
            address: core.address().map(|address| address.to_string()),
        };
        let place = append(tx, core.key(), &link).await?;
        let names = names(tx, &link).await?;
        sql::query(
            "INSERT INTO audit_events (id, at, account_id, user_id, action, token_id, details, address, sequence, hash,
                names_folded)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(link.id)
        .bind(link.at)
        .bind(link.account_id)
        .bind(link.user_id)
        .bind(link.action)
        .bind(link.token_id)
        .bind(link.details)
        .bind(link.address)
        .bind(place.sequence)
        .bind(place.hash)
        .bind(names)
        .execute(tx)
        .await?;
        Ok(())
    }
}

/// Returns the text that the trail's search looks in: the current names of the user who did it and of its object, in
/// their search form.
pub(crate) async fn names(connection: &mut Connection, link: &Link) -> Result<String, Error> {
    let details: Value = serde_json::from_str(&link.details).unwrap_or_default();
    let of = details["user"].as_str().and_then(|id| Uuid::parse_str(id).ok());
    let users: Vec<(String, String)> = sql::query_as("SELECT name, email FROM users WHERE id IN ($1, $2)")
        .bind(link.user_id)
        .bind(of)
        .fetch_all(connection)
        .await?;
    let named = ["name", "email", "by_access_token"].into_iter().filter_map(|key| details[key].as_str());
    let users = users.iter().flat_map(|(name, email)| [name.as_str(), email.as_str()]);
    Ok(search_form(&users.chain(named).collect::<Vec<_>>().join("\n")))
}
