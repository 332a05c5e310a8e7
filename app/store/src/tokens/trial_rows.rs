//! The rows of changes that are tried out.

use crate::db::database::{Connection, micros};
use crate::db::sql;
use crate::error::Error;
use crate::tokens::rows::from_json;
use chrono::{DateTime, Utc};
use domain::account::AccountId;
use domain::gate::address_range::AddressRange;
use domain::tokens::token::TokenId;
use uuid::Uuid;

/// Returns the id by which a trial is found: that of the token, or else of the account.
pub(crate) fn subject(account: AccountId, token: Option<TokenId>) -> Uuid {
    token.map_or(account.0, |token| token.0)
}

/// Returns the addresses that the account would allow after its trial, if there is one, or one that has begun at that
/// time.
pub(crate) async fn addresses(
    tx: &mut Connection,
    account: AccountId,
    begun: Option<DateTime<Utc>>,
) -> Result<Option<Vec<AddressRange>>, Error> {
    let query = sql::query_as("SELECT addresses, started_at FROM trials WHERE account_id = $1 AND token_id IS NULL");
    let found: Option<(Option<String>, i64)> = query.bind(account).fetch_optional(tx).await?;
    let found = found.filter(|(_, at)| begun.is_none_or(|begun| micros(begun) == *at));
    found.and_then(|(addresses, _)| addresses).map(|addresses| from_json(&addresses)).transpose()
}

/// Removes the trial of the token, or that of the account's addresses, and returns whether there was one.
pub(crate) async fn remove(tx: &mut Connection, account: AccountId, token: Option<TokenId>) -> Result<bool, Error> {
    let removed = sql::query("DELETE FROM trials WHERE account_id = $1 AND subject = $2");
    Ok(removed.bind(account).bind(subject(account, token)).execute(tx).await?.rows_affected() > 0)
}
