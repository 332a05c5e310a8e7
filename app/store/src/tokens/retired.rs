//! Auth Tokens that no longer pass: of each only the hash is kept, for 90 days, so that a later use is recognized. And
//! the end of overlaps, by which old Auth Tokens become such.

use crate::audit::event::Event;
use crate::clock::counted;
use crate::db::database::Connection;
use crate::db::sql;
use crate::error::Error;
use crate::gate::uses;
use crate::gate::verification_cache::Invalidation;
use crate::tokens::Tokens;
use crate::tokens::rows::{self, StoredToken};
use chrono::{DateTime, TimeDelta, Utc};
use domain::Refusal;
use domain::account::AccountId;
use domain::audit::action::Action;
use domain::tokens::overlap::{UsedFrom, everybody_moved};
use domain::tokens::token::TokenId;
use serde_json::json;
use uuid::Uuid;

/// The time for which the hash of an Auth Token that no longer passes is kept.
pub(crate) const KEPT: TimeDelta = TimeDelta::days(90);

/// Keeps the hashes of those Auth Tokens that passed before a change of the token, and don't after it; and forgets their
/// uses.
pub(crate) async fn retire(
    tx: &mut Connection,
    token: TokenId,
    (before, after): (&StoredToken, &StoredToken),
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let still_passes =
        |hash: &Vec<u8>| after.secret_hash == *hash || after.old.as_ref().is_some_and(|old| old.hash == *hash);
    let earlier = [Some(&before.secret_hash), before.old.as_ref().map(|old| &old.hash)];
    for hash in earlier.into_iter().flatten().filter(|hash| !still_passes(hash)) {
        sql::query(
            "INSERT INTO retired_secrets (token_id, secret_hash, retired_at) VALUES ($1, $2, $3)
             ON CONFLICT (token_id, secret_hash) DO NOTHING",
        )
        .bind(token)
        .bind(hash)
        .bind(now)
        .execute(&mut *tx)
        .await?;
    }
    if before.old == after.old {
        return Ok(());
    }
    uses::forget_before(tx, token, after.old.as_ref().map(|old| old.issued_at)).await
}

impl Tokens<'_> {
    /// Ends the overlaps whose time is over. Returns their number. The old Auth Tokens pass no longer by then, as each
    /// call compares that time with the clock; from now on they don't even if the clock is put back.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn end_overlaps(self) -> Result<u64, Error> {
        let due = "SELECT account_id, id FROM tokens WHERE old_until IS NOT NULL AND old_until <= $1";
        let due: Vec<(Uuid, Uuid)> = sql::query_as(due).bind(self.core.now()).fetch_all(self.core.read()).await?;
        let mut ended = 0;
        for (account, token) in due {
            ended += u64::from(self.end_overlap(AccountId(account), TokenId(token)).await?);
        }
        Ok(ended)
    }

    /// Ends the token's overlap, if its time is over. Returns whether it was.
    async fn end_overlap(self, account: AccountId, id: TokenId) -> Result<bool, Error> {
        let now = self.core.now();
        let mut tx = self.core.begin_in(account).await?;
        let before = match rows::find(&mut tx, account, id).await {
            Err(Error::Refused(Refusal::NotFound)) => return Ok(false),
            found => found?,
        };
        if before.old.as_ref().is_none_or(|old| old.until > now) {
            return Ok(false);
        }
        close(&mut tx, &before, now).await?;
        self.core.commit(tx, Invalidation::Token(before.token.sid)).await?;
        Ok(true)
    }

    /// Returns the addresses from which a token's two Auth Tokens were used since the reset, the latest first; none if no
    /// overlap is open. Uses of the last second may be missing.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Error::Database`], [`Error::Corrupt`].
    pub async fn used_in_overlap(self, account: AccountId, id: TokenId) -> Result<Vec<UsedFrom>, Error> {
        let mut connection = self.core.read().acquire().await?;
        let stored = rows::find(&mut connection, account, id).await?;
        match stored.old.filter(|_| stored.deleted_at.is_none()) {
            Some(old) => uses::of_overlap(&mut connection, id, old.issued_at, self.core.now()).await,
            None => Ok(Vec::new()),
        }
    }

    /// Stops the old Auth Tokens that should stop once every client has moved, where that is so. Returns their number.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn close_moved(self) -> Result<u64, Error> {
        let asked = sql::query_as(
            "SELECT account_id, id FROM tokens
             WHERE old_until IS NOT NULL AND close_when_moved = $1 AND deleted_at IS NULL",
        );
        let asked: Vec<(Uuid, Uuid)> = asked.bind(true).fetch_all(self.core.read()).await?;
        let mut closed = 0;
        for (account, token) in asked {
            closed += u64::from(self.close_if_moved(AccountId(account), TokenId(token)).await?);
        }
        Ok(closed)
    }

    /// Stops the token's old Auth Token, if it should stop once every client has moved, and they have.
    async fn close_if_moved(self, account: AccountId, id: TokenId) -> Result<bool, Error> {
        let now = self.core.now();
        let mut tx = self.core.begin_in(account).await?;
        let before = match rows::find(&mut tx, account, id).await {
            Err(Error::Refused(Refusal::NotFound)) => return Ok(false),
            found => found?,
        };
        let Some(old) = before.old.as_ref().filter(|old| old.close_when_moved && before.deleted_at.is_none()) else {
            return Ok(false);
        };
        let sources = uses::of_overlap(&mut tx, id, old.issued_at, now).await?;
        let uses: Vec<_> = sources.iter().map(UsedFrom::deciding).collect();
        if !everybody_moved(&uses, before.secret_issued_at, now) {
            return Ok(false);
        }
        close(&mut tx, &before, now).await?;
        let details = json!({ "name": before.token.settings.name, "everybody_moved": true });
        let event = Event::of(Action::OldAuthTokenStopped, account).on(id).with(details);
        event.record(self.core, &mut tx, now).await?;
        self.core.commit(tx, Invalidation::Token(before.token.sid)).await?;
        Ok(true)
    }

    /// Removes the hashes of Auth Tokens that have not passed for 90 days, and the uses of such that are as old. Returns the
    /// number of hashes.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn remove_old_retired(self) -> Result<u64, Error> {
        let (since, until) = counted(KEPT, self.core.now());
        let removed = sql::query("DELETE FROM retired_secrets WHERE retired_at <= $1 OR retired_at > $2");
        let mut tx = self.core.begin().await?;
        let removed = removed.bind(since).bind(until).execute(&mut *tx).await?;
        let uses = sql::query("DELETE FROM retired_uses WHERE last_at <= $1 OR last_at > $2");
        uses.bind(since).bind(until).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(removed.rows_affected())
    }
}

/// Stops the old Auth Token. This is no change of the token's settings, so its revision stays.
async fn close(tx: &mut Connection, before: &StoredToken, now: DateTime<Utc>) -> Result<(), Error> {
    sql::query(
        "UPDATE tokens SET old_secret_hash = NULL, old_issued_at = NULL, old_until = NULL, old_ending = NULL,
            close_when_moved = $1
         WHERE id = $2",
    )
    .bind(false)
    .bind(before.token.id)
    .execute(&mut *tx)
    .await?;
    let after = StoredToken { old: None, ..before.clone() };
    retire(tx, before.token.id, (before, &after), now).await
}
