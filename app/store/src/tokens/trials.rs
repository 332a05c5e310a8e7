//! Changes of tokens' scopes that are tried out. Nothing is enforced, and the gate knows nothing of them: the calls that
//! passed say which of them would have been refused.

use crate::audit::event::Event;
use crate::db::database::{Connection, micros, time};
use crate::db::sql;
use crate::error::Error;
use crate::tokens::Tokens;
use crate::tokens::recent_calls::calls_since;
use crate::tokens::rehearsal::demands;
use crate::tokens::rows::{self, from_json};
use domain::Refusal;
use domain::account::AccountId;
use domain::audit::action::{Action, Actor};
use domain::members::user::{CurrentUser, UserId};
use domain::tokens::recent_call::{RecentCall, RecentCalls};
use domain::tokens::rehearsal::{Standing, TokenChange, was_refused};
use domain::tokens::scope::{Scope, Scopes};
use domain::tokens::token::{Token, TokenId};
use domain::tokens::trial::{LASTS, Trial};
use serde_json::json;
use uuid::Uuid;

#[derive(sqlx_macros::FromRow)]
struct TrialRow {
    account_id: Uuid,
    token_id: Uuid,
    scopes: String,
    started_at: i64,
    started_by: Uuid,
    enforce_when_silent: bool,
}

/// The head of every query for [`TrialRow`]s.
const SELECT: &str = "SELECT account_id, token_id, scopes, started_at, started_by, enforce_when_silent FROM trials";

impl Tokens<'_> {
    /// Begins to try out these scopes for the token, unless it was changed since `revision`. Another trial of the same
    /// token ends.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Refusal::Conflict`], [`Error::Database`].
    pub async fn begin_trial(
        self,
        by: &CurrentUser,
        id: TokenId,
        scopes: Scopes,
        enforce_when_silent: bool,
        revision: i64,
    ) -> Result<(), Error> {
        let mut tx = self.core.begin_in(by.account).await?;
        let token = present(&mut tx, by.account, id).await?;
        if token.revision != revision {
            return Err(Refusal::Conflict.into());
        }
        let now = self.core.now();
        sql::query(
            "INSERT INTO trials (token_id, account_id, scopes, started_at, started_by, enforce_when_silent)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (token_id) DO UPDATE SET scopes = excluded.scopes, started_at = excluded.started_at,
                started_by = excluded.started_by, enforce_when_silent = excluded.enforce_when_silent",
        )
        .bind(id)
        .bind(by.account)
        .bind(json!(scopes).to_string())
        .bind(now)
        .bind(by.user.id)
        .bind(enforce_when_silent)
        .execute(&mut *tx)
        .await?;
        let details = json!({
            "name": token.settings.name,
            "before": { "scopes": token.settings.scopes },
            "after": { "scopes": scopes },
        });
        let event = Event::of(Action::TokenTrialBegun, by.account).by(by.user.id).on(id).with(details);
        event.record(self.core, &mut tx, now).await?;
        Ok(tx.commit().await?)
    }

    /// Ends the trial without the change.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if there is none, [`Error::Database`].
    pub async fn drop_trial(self, by: &CurrentUser, id: TokenId) -> Result<(), Error> {
        let mut tx = self.core.begin_in(by.account).await?;
        let token = present(&mut tx, by.account, id).await?;
        if !remove(&mut tx, by.account, id).await? {
            return Err(Refusal::NotFound.into());
        }
        let details = json!({ "name": token.settings.name });
        let event = Event::of(Action::TokenTrialDropped, by.account).by(by.user.id).on(id).with(details);
        event.record(self.core, &mut tx, self.core.now()).await?;
        Ok(tx.commit().await?)
    }

    /// Makes the change that is tried out, and ends the trial.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if there is none, [`Error::Database`], [`Error::Corrupt`].
    pub async fn enforce_trial(self, by: impl Into<Actor>, id: TokenId) -> Result<Token, Error> {
        let by = by.into();
        let query = sql::query_scalar("SELECT scopes FROM trials WHERE account_id = $1 AND token_id = $2");
        let scopes: Option<String> = query.bind(by.account).bind(id).fetch_optional(self.core.read()).await?;
        let scopes = from_json(&scopes.ok_or(Refusal::NotFound)?)?;
        let token = self.set_scopes(by.clone(), id, scopes).await?;
        // Cut short before this, the trial goes on, and has nothing left to refuse.
        let mut tx = self.core.begin_in(by.account).await?;
        remove(&mut tx, by.account, id).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// Returns the trials of the account's tokens, the oldest first, with the calls that would have been refused since.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn trials(self, account: AccountId) -> Result<Vec<Trial>, Error> {
        let mut tx = self.core.read().begin().await?;
        let select = format!("{SELECT} WHERE account_id = $1 ORDER BY started_at, token_id");
        let rows: Vec<TrialRow> = sql::query_as(sqlx::AssertSqlSafe(select)).bind(account).fetch_all(&mut *tx).await?;
        let mut trials = Vec::with_capacity(rows.len());
        for row in rows {
            trials.extend(self.trial(&mut tx, row).await?);
        }
        Ok(trials)
    }

    /// Makes the changes that were to be made by themselves once a week was silent, where that is so. Returns their number.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn enforce_silent_trials(self) -> Result<u64, Error> {
        let now = self.core.now();
        let over = format!("{SELECT} WHERE enforce_when_silent = $1 AND started_at <= $2");
        let over = sql::query_as(sqlx::AssertSqlSafe(over)).bind(true).bind(now - LASTS);
        let rows: Vec<TrialRow> = over.fetch_all(self.core.read()).await?;
        let mut enforced = 0;
        for row in rows {
            let account = AccountId(row.account_id);
            let mut tx = self.core.read().begin().await?;
            let trial = self.trial(&mut tx, row).await?;
            drop(tx);
            if let Some(trial) = trial.filter(|trial| trial.is_due(now)) {
                let by = Actor { account, user: Some(trial.started_by), access_token: None, token: None };
                match self.enforce_trial(by, trial.token).await {
                    // It was decided meanwhile.
                    Err(Error::Refused(Refusal::NotFound)) => {}
                    made => {
                        made?;
                        enforced += 1;
                    }
                }
            }
        }
        Ok(enforced)
    }

    /// Returns the trial with its calls; `None` if its token is deleted.
    async fn trial(self, tx: &mut Connection, row: TrialRow) -> Result<Option<Trial>, Error> {
        let (account, id) = (AccountId(row.account_id), TokenId(row.token_id));
        let token = match present(tx, account, id).await {
            Err(Error::Refused(Refusal::NotFound)) => return Ok(None),
            found => found?,
        };
        let scopes: Scopes = from_json(&row.scopes)?;
        let started_at = time(row.started_at)?;
        let refused = self.refused_since(tx, account, &token, scopes, row.started_at).await?;
        Ok(Some(Trial {
            token: id,
            lost: token.settings.scopes.beyond(scopes),
            name: token.settings.name,
            scopes,
            started_at,
            started_by: UserId(row.started_by),
            enforce_when_silent: row.enforce_when_silent,
            refused,
        }))
    }

    /// Returns the last of the token's calls in the time of a trial that these scopes would have refused.
    async fn refused_since(
        self,
        tx: &mut Connection,
        account: AccountId,
        token: &Token,
        scopes: Scopes,
        since: i64,
    ) -> Result<RecentCalls, Error> {
        let (api_access, addresses) = demands(tx, account).await?;
        let before = Standing::of(token, account, api_access, addresses, self.core.now());
        let after = before.after(TokenChange::Update { scopes, ends_earlier: false, upgrades: false });
        let until = since.saturating_add(LASTS.num_microseconds().unwrap_or(i64::MAX));
        let wanted = |call: &RecentCall| {
            let (scope, address) = (Scope::find(&call.scope), Some(call.address));
            (since..until).contains(&micros(call.at))
                && !was_refused(call.status)
                && before.lets_pass(scope, address)
                && !after.lets_pass(scope, address)
        };
        calls_since(tx, account, token.id, (since, until), &wanted).await
    }
}

/// Returns the account's token, unless it is deleted.
async fn present(tx: &mut Connection, account: AccountId, id: TokenId) -> Result<Token, Error> {
    let stored = rows::find(tx, account, id).await?;
    if stored.deleted_at.is_none() { Ok(stored.token) } else { Err(Refusal::NotFound.into()) }
}

/// Removes the trial, and returns whether there was one.
async fn remove(tx: &mut Connection, account: AccountId, id: TokenId) -> Result<bool, Error> {
    let removed = sql::query("DELETE FROM trials WHERE account_id = $1 AND token_id = $2");
    Ok(removed.bind(account).bind(id).execute(tx).await?.rows_affected() > 0)
}
