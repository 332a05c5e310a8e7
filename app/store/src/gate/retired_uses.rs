//! Calls that come with an Auth Token that no longer passes. They are refused as any other wrong one, without a look into
//! the database: the keyed hashes of wrong Auth Tokens wait in memory for a moment, until they are compared with those that
//! are kept. One that is found is recorded by address; what was sent is not.

use crate::audit::event::Event;
use crate::clock::CLOCK_SKEW;
use crate::db::database::{Connection, time};
use crate::db::sql;
use crate::error::Error;
use crate::gate::Gate;
use crate::gate::use_queue::{Seen, Sent};
use chrono::TimeDelta;
use domain::account::AccountId;
use domain::audit::action::Action;
use domain::tokens::token::TokenId;
use serde_json::json;
use std::collections::HashMap;
use std::net::IpAddr;

/// The most addresses of one token that are told apart. The others are kept together, under an empty text.
const ADDRESSES_MAX: usize = 100;
/// The time in which the audit trail tells at most once of uses from one address.
const TOLD_EVERY: TimeDelta = TimeDelta::hours(1);

impl Gate<'_> {
    /// Records those of the wrong Auth Tokens that wait which have passed once. If that fails, they wait for the next time.
    pub(crate) async fn flush_retired(self) -> Result<(), Error> {
        let waiting = std::mem::take(&mut *self.core.unmatched().waiting());
        let mut tokens = HashMap::<_, Vec<(Sent, Seen)>>::new();
        for (sent, seen) in waiting {
            tokens.entry((sent.0, sent.1)).or_default().push((sent, seen));
        }
        let mut tokens = tokens.into_iter();
        while let Some(((account, token), calls)) = tokens.next() {
            if let Err(error) = self.record_retired(account, token, &calls).await {
                for (sent, seen) in calls.into_iter().chain(tokens.flat_map(|(_, calls)| calls)) {
                    self.core.unmatched().add(sent, seen);
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// Records those of a token's calls whose Auth Token has passed once, in one transaction, however many there are.
    async fn record_retired(self, account: AccountId, token: TokenId, calls: &[(Sent, Seen)]) -> Result<(), Error> {
        let (mut hashes, mut found) = (HashMap::<[u8; 32], bool>::new(), Vec::new());
        for ((_, _, hash, address), seen) in calls {
            let known = match hashes.get(hash) {
                Some(known) => *known,
                None => self.has_passed(token, hash).await?,
            };
            hashes.insert(*hash, known);
            if known {
                found.push((*address, *seen));
            }
        }
        if found.is_empty() {
            return Ok(());
        }
        let mut tx = self.core.begin_in(account).await?;
        let name = "SELECT name FROM tokens WHERE id = $1 AND deleted_at IS NULL";
        let name: Option<String> = sql::query_scalar(name).bind(token).fetch_optional(&mut *tx).await?;
        let Some(name) = name else { return Ok(()) };
        for (address, seen) in found {
            if write(&mut tx, token, address, seen).await? {
                let event = Event::of(Action::OldAuthTokenUsed, account).on(token).with(json!({ "name": name }));
                event.record(&self.core.asked_from(address), &mut tx, self.core.now()).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    /// Returns whether the Auth Token with this hash has passed once, and no longer does.
    async fn has_passed(self, token: TokenId, hash: &[u8; 32]) -> Result<bool, Error> {
        let known = sql::query_scalar::<bool>(
            "SELECT EXISTS (SELECT 1 FROM retired_secrets WHERE token_id = $1 AND secret_hash = $2)
                 OR EXISTS (SELECT 1 FROM tokens WHERE id = $1 AND old_secret_hash = $2)",
        );
        Ok(known.bind(token).bind(hash.to_vec()).fetch_one(self.core.read()).await?)
    }
}

/// Adds the calls to those of the address. Returns whether the audit trail is to tell of them.
async fn write(tx: &mut Connection, token: TokenId, address: IpAddr, seen: Seen) -> Result<bool, Error> {
    let known = sql::query_as("SELECT address, told_at FROM retired_uses WHERE token_id = $1");
    let known: Vec<(String, i64)> = known.bind(token).fetch_all(&mut *tx).await?;
    let address = address.to_canonical().to_string();
    let is_apart = known.len() < ADDRESSES_MAX || known.iter().any(|(known, _)| *known == address);
    let address = if is_apart { address } else { String::new() };
    let told_at = known.iter().find(|(known, _)| *known == address).map(|(_, at)| time(*at)).transpose()?;
    // An entry of a clock that was ahead does not keep the trail silent.
    let is_due = told_at.is_none_or(|told| seen.last >= told + TOLD_EVERY || told > seen.last + CLOCK_SKEW);
    sql::query(
        "INSERT INTO retired_uses (token_id, address, first_at, last_at, calls, told_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (token_id, address) DO UPDATE SET
            last_at = CASE WHEN excluded.last_at > retired_uses.last_at THEN excluded.last_at ELSE retired_uses.last_at END,
            calls = retired_uses.calls + excluded.calls, told_at = excluded.told_at",
    )
    .bind(token)
    .bind(address)
    .bind(seen.first)
    .bind(seen.last)
    .bind(seen.calls)
    .bind(told_at.filter(|_| !is_due).unwrap_or(seen.last))
    .execute(tx)
    .await?;
    Ok(is_due)
}
