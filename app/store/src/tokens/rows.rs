//! A token as its database row, and as the domain's type.

use crate::db::database::{Connection, time};
use crate::db::sql::{self, QueryBuilder};
use crate::error::Error;
use chrono::{DateTime, Utc};
use domain::Refusal;
use domain::account::AccountId;
use domain::gate::api_version::ApiVersion;
use domain::members::user::{Person, UserId};
use domain::search::search_form;
use domain::tokens::expiry::{self, Lifetime};
use domain::tokens::filter::{Sort, SortValue, TokenKey};
use domain::tokens::overlap::{OldValue, OverlapLimit, TokenValues};
use domain::tokens::secret::AccountSid;
use domain::tokens::token::{Token, TokenId, TokenSettings, TokenState, UpgradedFrom};
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// The head of every query for whole tokens.
pub(crate) const SELECT: &str = "
    SELECT id, sid, secret_hash, name, name_folded, description, api_version, primary_contact, developers, scopes, state,
        created_at, last_used_at, last_failed_at, revision, deleted_at, expires_at, secret_issued_at, sealed_secret,
        secret_ending, old_secret_hash, old_issued_at, old_until, old_ending, close_when_moved,
        version_before, go_back_until,
        (SELECT accounts.token_lifetime FROM accounts WHERE accounts.id = tokens.account_id) AS token_lifetime,
        (SELECT accounts.tokens_viewable FROM accounts WHERE accounts.id = tokens.account_id) AS tokens_viewable,
        (SELECT accounts.longest_overlap FROM accounts WHERE accounts.id = tokens.account_id) AS longest_overlap,
        (SELECT MAX(retired_uses.last_at) FROM retired_uses WHERE retired_uses.token_id = tokens.id) AS retired_used_at,
        (SELECT users.name FROM users WHERE users.id = tokens.primary_contact) AS contact_name,
        (SELECT users.email FROM users WHERE users.id = tokens.primary_contact) AS contact_email
    FROM tokens";

/// A row that [`SELECT`] reads.
#[derive(sqlx_macros::FromRow)]
pub(crate) struct TokenRow {
    id: Uuid,
    sid: String,
    secret_hash: Vec<u8>,
    name: String,
    name_folded: String,
    description: String,
    api_version: i64,
    primary_contact: Uuid,
    developers: String,
    scopes: String,
    state: String,
    created_at: i64,
    last_used_at: Option<i64>,
    last_failed_at: Option<i64>,
    revision: i64,
    deleted_at: Option<i64>,
    expires_at: Option<i64>,
    secret_issued_at: i64,
    sealed_secret: Option<Vec<u8>>,
    secret_ending: Option<String>,
    old_secret_hash: Option<Vec<u8>>,
    old_issued_at: Option<i64>,
    old_until: Option<i64>,
    old_ending: Option<String>,
    close_when_moved: bool,
    version_before: Option<i64>,
    go_back_until: Option<i64>,
    token_lifetime: Option<i64>,
    tokens_viewable: bool,
    longest_overlap: i64,
    retired_used_at: Option<i64>,
    contact_name: String,
    contact_email: String,
}

impl TokenRow {
    /// Returns its place in this order of the list.
    pub(crate) fn key(&self, sort: Sort) -> TokenKey {
        let value = match sort {
            Sort::Created => SortValue::Time(self.created_at),
            Sort::Name => SortValue::Name(self.name_folded.clone()),
            Sort::LastUsed => self.last_used_at.map_or(SortValue::Never, SortValue::Time),
        };
        TokenKey { value, id: TokenId(self.id) }
    }
}

/// A token with the data that is stored about it and never shown.
#[derive(Clone, PartialEq)]
pub(crate) struct StoredToken {
    pub(crate) token: Token,
    pub(crate) secret_hash: Vec<u8>,
    pub(crate) secret_issued_at: DateTime<Utc>,
    pub(crate) sealed_secret: Option<Vec<u8>>,
    /// The old Auth Token that may still pass.
    pub(crate) old: Option<StoredOld>,
    /// Whether the account's policy lets Auth Tokens be viewed again.
    pub(crate) tokens_viewable: bool,
    pub(crate) deleted_at: Option<DateTime<Utc>>,
}

/// The old Auth Token that passes until an overlap ends, as stored.
#[derive(Clone, PartialEq)]
pub(crate) struct StoredOld {
    pub(crate) hash: Vec<u8>,
    pub(crate) issued_at: DateTime<Utc>,
    /// When it stops, unless the account's longest lifetime ends it earlier.
    pub(crate) until: DateTime<Utc>,
    pub(crate) ending: Option<String>,
    pub(crate) close_when_moved: bool,
}

impl StoredOld {
    /// Returns the old Auth Token of a row, if it has one.
    fn of(row: &TokenRow) -> Result<Option<Self>, Error> {
        let (Some(hash), Some(issued_at), Some(until)) = (&row.old_secret_hash, row.old_issued_at, row.old_until)
        else {
            return Ok(None);
        };
        Ok(Some(Self {
            hash: hash.clone(),
            issued_at: time(issued_at)?,
            until: time(until)?,
            ending: row.old_ending.clone(),
            close_when_moved: row.close_when_moved,
        }))
    }

    /// Returns when it stops: no later than its token, whose own expiry may have been brought forward since the reset.
    fn ends_at(&self, expires_at: Option<DateTime<Utc>>, longest: Option<Lifetime>) -> DateTime<Utc> {
        let own = expiry::end(Some(self.until), self.issued_at, longest);
        [own, expires_at].into_iter().flatten().min().unwrap_or(self.until)
    }
}

impl TryFrom<TokenRow> for StoredToken {
    type Error = Error;

    fn try_from(row: TokenRow) -> Result<Self, Error> {
        let old = StoredOld::of(&row)?;
        let contact = UserId(row.primary_contact);
        let settings = TokenSettings {
            name: row.name,
            description: row.description,
            api_version: api_version(row.api_version)?,
            primary_contact: contact,
            developers: from_json(&row.developers)?,
            scopes: from_json(&row.scopes)?,
            expires_at: row.expires_at.map(time).transpose()?,
        };
        let secret_issued_at = time(row.secret_issued_at)?;
        let longest = row.token_lifetime.map(lifetime).transpose()?;
        let ends_at = expiry::end(settings.expires_at, secret_issued_at, longest);
        let old_value = old.as_ref().map(|old| OldValue {
            ending: old.ending.clone(),
            ends_at: old.ends_at(settings.expires_at, longest),
            close_when_moved: old.close_when_moved,
        });
        let values = TokenValues {
            ending: row.secret_ending,
            old: old_value,
            limit: overlap_limit(row.longest_overlap)?,
            retired_used_at: row.retired_used_at.map(time).transpose()?,
        };
        let upgraded_from = match (row.version_before, row.go_back_until) {
            (Some(version), Some(until)) => Some(UpgradedFrom { version: api_version(version)?, until: time(until)? }),
            _ => None,
        };
        let token = Token {
            id: TokenId(row.id),
            sid: AccountSid::try_from(row.sid).map_err(corrupt)?,
            settings,
            primary_contact: Person { id: contact, name: row.contact_name, email: row.contact_email },
            state: state(&row.state)?,
            created_at: time(row.created_at)?,
            last_used_at: row.last_used_at.map(time).transpose()?,
            last_failed_at: row.last_failed_at.map(time).transpose()?,
            ends_at,
            viewable: row.sealed_secret.is_some(),
            values,
            upgraded_from,
            revision: row.revision,
        };
        Ok(Self {
            token,
            secret_hash: row.secret_hash,
            secret_issued_at,
            sealed_secret: row.sealed_secret,
            old,
            tokens_viewable: row.tokens_viewable,
            deleted_at: row.deleted_at.map(time).transpose()?,
        })
    }
}

/// Returns the account's token with this id, deleted or not.
pub(crate) async fn find(connection: &mut Connection, account: AccountId, id: TokenId) -> Result<StoredToken, Error> {
    let mut query = QueryBuilder::new(SELECT);
    query.push(" WHERE account_id = ").push_bind(account).push(" AND id = ").push_bind(id);
    let row: Option<TokenRow> = query.build_query_as().fetch_optional(connection).await?;
    row.ok_or(Refusal::NotFound)?.try_into()
}

/// Returns whether the account has a token with this name (in its search form), other than `except`.
pub(crate) async fn name_exists(
    connection: &mut Connection,
    account: AccountId,
    name: &str,
    except: Option<TokenId>,
) -> Result<bool, Error> {
    let exists = sql::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM tokens WHERE account_id = $1 AND name_folded = $2 AND deleted_at IS NULL
             AND ($3 IS NULL OR id <> $3))",
    )
    .bind(account)
    .bind(search_form(name))
    .bind(except);
    Ok(exists.fetch_one(connection).await?)
}

/// Returns the API version that the database names by this number.
pub(crate) fn api_version(number: i64) -> Result<ApiVersion, Error> {
    let version = u16::try_from(number).ok().and_then(|number| ApiVersion::try_from(number).ok());
    version.ok_or_else(|| corrupt(format!("API version {number}")))
}

/// Returns the token state with this name in the database.
pub(crate) fn state(name: &str) -> Result<TokenState, Error> {
    name.parse().map_err(|_| corrupt(format!("the token state {name}")))
}

/// Returns the longest lifetime that the database keeps as this number of days.
pub(crate) fn lifetime(days: i64) -> Result<Lifetime, Error> {
    u16::try_from(days).ok().and_then(|days| days.try_into().ok()).ok_or_else(|| corrupt(format!("{days} days")))
}

/// Returns the longest overlap that the database keeps as this number of days.
pub(crate) fn overlap_limit(days: i64) -> Result<OverlapLimit, Error> {
    let limit = u16::try_from(days).ok().and_then(|days| days.try_into().ok());
    limit.ok_or_else(|| corrupt(format!("an overlap of {days} days")))
}

/// Parses data that the database keeps as JSON.
pub(crate) fn from_json<T: DeserializeOwned>(json: &str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(corrupt)
}

/// Returns the error for a token's row that no version has written.
pub(crate) fn corrupt(reason: impl std::fmt::Display) -> Error {
    Error::Corrupt(format!("of a token: {reason}"))
}
