//! The uses of Auth Tokens that decide about overlaps, and those of Auth Tokens that no longer pass. They wait in memory
//! and are written together with the calls, so that no call waits for them; a call with the only Auth Token of its token
//! leaves nothing here.
//!
//! While an overlap is open, the first and last use of each of the two Auth Tokens from each address is kept. An Auth Token
//! is named by when it was issued, and not as the old or the new one: which of these it is changes with each reset, while
//! calls may still wait to be written.

use crate::clock::latest;
use crate::db::database::{Connection, micros, time};
use crate::db::sql::{self, Dialect};
use crate::error::Error;
use crate::gate::Gate;
use crate::gate::use_queue::{Span, Value};
use chrono::{DateTime, Utc};
use domain::tokens::overlap::{AddressUse, UsedFrom};
use domain::tokens::token::TokenId;
use sqlx::AssertSqlSafe;
use std::collections::HashMap;
use std::net::IpAddr;

/// The most addresses of one Auth Token that are told apart. The others are kept together, under an empty text.
const ADDRESSES_MAX: usize = 100;
/// The uses that one transaction writes: changes of their tokens wait meanwhile.
const USES: usize = 250;

impl Gate<'_> {
    /// Writes the uses that wait. If that fails, they wait for the next time.
    pub(crate) async fn flush_uses(self) -> Result<(), Error> {
        let uses = std::mem::take(&mut *self.core.uses().waiting());
        if uses.is_empty() {
            return Ok(());
        }
        let written = self.write_uses(&uses).await;
        if written.is_err() {
            for ((value, address), span) in uses {
                self.core.uses().add(value, address, span);
            }
        }
        written
    }

    async fn write_uses(self, uses: &HashMap<(Value, Option<IpAddr>), Span>) -> Result<(), Error> {
        let mut uses = Vec::from_iter(uses);
        uses.sort_unstable_by_key(|(key, _)| **key);
        for uses in uses.chunks(USES) {
            let mut tx = self.core.begin_beside().await?;
            for ((value, address), span) in uses {
                if passes_in_overlap(&mut tx, *value).await? {
                    write(&mut tx, *value, *address, **span).await?;
                }
            }
            tx.commit().await?;
        }
        Ok(())
    }
}

/// Returns whether the token has an open overlap, and the Auth Token is one of the two. Locks the token's row, as a change of
/// the token does before it removes uses: so neither of them waits for the other.
async fn passes_in_overlap(tx: &mut Connection, (token, issued_at): Value) -> Result<bool, Error> {
    let lock = match tx.dialect() {
        Dialect::Sqlite => "",
        Dialect::Postgres => " FOR NO KEY UPDATE",
    };
    let passes = sql::query_scalar::<i64>(AssertSqlSafe(format!(
        "SELECT CAST(1 AS BIGINT) FROM tokens
         WHERE id = $1 AND old_until IS NOT NULL AND (secret_issued_at = $2 OR old_issued_at = $2){lock}"
    )));
    Ok(passes.bind(token).bind(issued_at).fetch_optional(tx).await?.is_some())
}

async fn write(tx: &mut Connection, value: Value, address: Option<IpAddr>, span: Span) -> Result<(), Error> {
    let (token, issued_at) = value;
    let known = sql::query_scalar("SELECT address FROM value_uses WHERE token_id = $1 AND issued_at = $2");
    let known: Vec<String> = known.bind(token).bind(issued_at).fetch_all(&mut *tx).await?;
    let address = address.map(|address| address.to_canonical().to_string()).unwrap_or_default();
    let is_apart = known.len() < ADDRESSES_MAX || known.contains(&address);
    sql::query(
        "INSERT INTO value_uses (token_id, issued_at, address, first_at, last_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (token_id, issued_at, address) DO UPDATE SET
            last_at = CASE WHEN excluded.last_at > value_uses.last_at THEN excluded.last_at ELSE value_uses.last_at END",
    )
    .bind(token)
    .bind(issued_at)
    .bind(if is_apart { address } else { String::new() })
    .bind(span.first)
    .bind(span.last)
    .execute(tx)
    .await?;
    Ok(())
}

/// Returns the last uses of a token's two Auth Tokens from each address, the latest first. Those of which one can't tell
/// which it was count as uses of the old one.
pub(crate) async fn of_overlap(
    connection: &mut Connection,
    token: TokenId,
    old_issued_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<UsedFrom>, Error> {
    // Uses of a still older Auth Token may be left by calls that were written while it was forgotten.
    let rows =
        sql::query_as("SELECT issued_at, address, last_at FROM value_uses WHERE token_id = $1 AND issued_at >= $2");
    let rows: Vec<(i64, String, i64)> = rows.bind(token).bind(old_issued_at).fetch_all(connection).await?;
    let mut by_address: HashMap<String, AddressUse> = HashMap::new();
    for (issued_at, address, last_at) in rows {
        let uses = by_address.entry(address).or_default();
        // A time that a clock ahead has written is as good as now.
        let last_at = time(last_at.min(latest(now)))?;
        if issued_at <= micros(old_issued_at) {
            uses.old = uses.old.max(Some(last_at));
        } else {
            uses.new = uses.new.max(Some(last_at));
        }
    }
    let used_from = |(address, uses): (String, AddressUse)| UsedFrom {
        address: Some(address).filter(|address| !address.is_empty()),
        uses,
    };
    let mut used: Vec<_> = by_address.into_iter().map(used_from).collect();
    used.sort_by(|one, other| {
        let place = |it: &UsedFrom| (it.uses.old.max(it.uses.new), it.address.clone());
        place(other).cmp(&place(one))
    });
    Ok(used)
}

/// Removes the uses of the token's Auth Tokens that were issued before this time; all of them if there is none.
pub(crate) async fn forget_before(
    tx: &mut Connection,
    token: TokenId,
    issued_at: Option<DateTime<Utc>>,
) -> Result<(), Error> {
    let forget = sql::query("DELETE FROM value_uses WHERE token_id = $1 AND issued_at < $2");
    forget.bind(token).bind(issued_at.map_or(i64::MAX, micros)).execute(tx).await?;
    Ok(())
}
