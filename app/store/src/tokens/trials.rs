//! Changes that are tried out: scopes that a token would lose, and addresses that an account would allow. Nothing is
//! enforced, and the gate knows nothing of them: the calls that passed say which of them would have been refused.

use crate::account::{Accounts, security_policy};
use crate::audit::event::Event;
use crate::db::database::{Connection, micros};
use crate::db::sql::{self, QueryBuilder};
use crate::error::Error;
use crate::tokens::Tokens;
use crate::tokens::rows::from_json;
use crate::tokens::trial_calls::{TrialRow, present};
use crate::tokens::trial_rows::{remove, subject};
use chrono::{DateTime, Utc};
use domain::Refusal;
use domain::account::AccountId;
use domain::audit::action::{Action, Actor};
use domain::gate::address_range::AddressRange;
use domain::members::user::CurrentUser;
use domain::tokens::scope::Scopes;
use domain::tokens::token::{Token, TokenId};
use domain::tokens::trial::{LASTS, Trial};
use serde_json::{Value, json};

/// The head of every query for [`TrialRow`]s.
const SELECT: &str =
    "SELECT account_id, token_id, scopes, addresses, started_at, started_by, enforce_when_silent FROM trials";

/// A change to be tried out: of a token's scopes, or else of the account's addresses. Both are as stored.
struct Noted {
    token: Option<TokenId>,
    scopes: Option<String>,
    addresses: Option<String>,
    enforce_when_silent: bool,
}

impl Tokens<'_> {
    /// Begins to try out that the token has no other scopes than these, unless it was changed since `revision`. Scopes that
    /// it does not have are not given to it. Another trial of the same token ends.
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
        let had = token.settings.scopes;
        let lost = had.beyond(scopes);
        let details = json!({
            "name": token.settings.name,
            "before": { "scopes": had },
            "after": { "scopes": had.beyond(lost) },
        });
        let scopes = Some(json!(lost).to_string());
        let noted = Noted { token: Some(id), scopes, addresses: None, enforce_when_silent };
        self.note(&mut tx, by, noted, details).await?;
        Ok(tx.commit().await?)
    }

    /// Begins to try out that the account allows these addresses only, unless its policy was changed since `revision`.
    /// Another trial of its addresses ends.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Refusal::Conflict`], [`Error::Database`], [`Error::Corrupt`].
    pub async fn begin_address_trial(
        self,
        by: &CurrentUser,
        addresses: &[AddressRange],
        enforce_when_silent: bool,
        revision: i64,
    ) -> Result<(), Error> {
        let mut tx = self.core.begin_in(by.account).await?;
        let (policy, current) = security_policy::read(&mut tx, by.account).await?;
        if current != revision {
            return Err(Refusal::Conflict.into());
        }
        let details = json!({
            "before": { "allowed_addresses": policy.allowed_addresses },
            "after": { "allowed_addresses": addresses },
        });
        let addresses = Some(json!(addresses).to_string());
        let noted = Noted { token: None, scopes: None, addresses, enforce_when_silent };
        self.note(&mut tx, by, noted, details).await?;
        Ok(tx.commit().await?)
    }

    /// Writes down and records that the change is tried out from now on.
    async fn note(self, tx: &mut Connection, by: &CurrentUser, noted: Noted, details: Value) -> Result<(), Error> {
        let now = self.core.now();
        let Noted { token, scopes, addresses, enforce_when_silent } = noted;
        sql::query(
            "INSERT INTO trials
                (subject, account_id, token_id, scopes, addresses, started_at, started_by, enforce_when_silent)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (subject) DO UPDATE SET scopes = excluded.scopes, addresses = excluded.addresses,
                started_at = excluded.started_at, started_by = excluded.started_by,
                enforce_when_silent = excluded.enforce_when_silent",
        )
        .bind(subject(by.account, token))
        .bind(by.account)
        .bind(token)
        .bind(scopes)
        .bind(addresses)
        .bind(now)
        .bind(by.user.id)
        .bind(enforce_when_silent)
        .execute(&mut *tx)
        .await?;
        let action = if token.is_some() { Action::TokenTrialBegun } else { Action::PolicyTrialBegun };
        Event::of(action, by.account).by(by.user.id).on(token).with(details).record(self.core, tx, now).await
    }

    /// Ends the trial of the token, or that of the account's addresses, without the change.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if there is none, [`Error::Database`].
    pub async fn drop_trial(self, by: &CurrentUser, token: Option<TokenId>) -> Result<(), Error> {
        let mut tx = self.core.begin_in(by.account).await?;
        let (action, details) = match token {
            Some(id) => {
                let name = present(&mut tx, by.account, id).await?.settings.name;
                (Action::TokenTrialDropped, json!({ "name": name }))
            }
            None => (Action::PolicyTrialDropped, json!({})),
        };
        if !remove(&mut tx, by.account, token).await? {
            return Err(Refusal::NotFound.into());
        }
        let event = Event::of(action, by.account).by(by.user.id).on(token).with(details);
        event.record(self.core, &mut tx, self.core.now()).await?;
        Ok(tx.commit().await?)
    }

    /// Takes the scopes from the token that it loses in its trial, and ends the trial.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if there is none, [`Error::Database`], [`Error::Corrupt`].
    pub async fn enforce_trial(self, by: impl Into<Actor>, id: TokenId) -> Result<Token, Error> {
        self.enforce_begun(by.into(), id, None).await
    }

    /// Does so for the trial alone that has begun at that time, if there is one.
    async fn enforce_begun(self, by: Actor, id: TokenId, begun: Option<DateTime<Utc>>) -> Result<Token, Error> {
        let account = by.account;
        let mut tx = self.core.begin_in(account).await?;
        let query = sql::query_as("SELECT scopes, started_at FROM trials WHERE account_id = $1 AND token_id = $2");
        let found: Option<(Option<String>, i64)> = query.bind(account).bind(id).fetch_optional(&mut *tx).await?;
        let found = found.filter(|(_, at)| begun.is_none_or(|begun| micros(begun) == *at));
        let lost: Scopes = from_json(&found.and_then(|(scopes, _)| scopes).ok_or(Refusal::NotFound)?)?;
        remove(&mut tx, account, Some(id)).await?;
        let changed = self.change_in(tx, by, id, Action::TokenUpdated, |stored| {
            if stored.deleted_at.is_some() {
                return Err(Refusal::NotFound.into());
            }
            // Its scopes may have been changed meanwhile: those are neither given back nor taken away.
            let settings = &mut stored.token.settings;
            settings.scopes = settings.scopes.beyond(lost);
            Ok(())
        });
        Ok(changed.await?.0)
    }

    /// Returns the trials of the account and its tokens, or only that of the token, the oldest first, with the calls that
    /// would have been refused since.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn trials(self, account: AccountId, token: Option<TokenId>) -> Result<Vec<Trial>, Error> {
        let mut tx = self.core.read().begin().await?;
        let mut query = QueryBuilder::new(SELECT);
        query.push(" WHERE account_id = ").push_bind(account);
        if let Some(token) = token {
            query.push(" AND token_id = ").push_bind(token);
        }
        query.push(" ORDER BY started_at, subject");
        let rows: Vec<TrialRow> = query.build_query_as().fetch_all(&mut *tx).await?;
        let mut trials = Vec::with_capacity(rows.len());
        for row in rows {
            trials.extend(self.trial(&mut tx, row, true).await?);
        }
        Ok(trials)
    }

    /// Makes the changes that were to be made by themselves once a week was silent, where that is so. Returns their number.
    ///
    /// # Errors
    /// [`Error::SealingKeys`], [`Error::Database`], [`Error::Corrupt`].
    pub async fn enforce_silent_trials(self) -> Result<u64, Error> {
        let now = self.core.now();
        let over = format!("{SELECT} WHERE enforce_when_silent = $1 AND started_at <= $2");
        let over = sql::query_as(sqlx::AssertSqlSafe(over)).bind(true).bind(now - LASTS);
        let rows: Vec<TrialRow> = over.fetch_all(self.core.read()).await?;
        let (mut enforced, mut failed) = (0, None);
        for row in rows {
            match self.enforce_if_silent(row, now).await {
                Ok(made) => enforced += u64::from(made),
                Err(error) if error.is_unavailable() => return Err(error),
                // Those of other accounts do not wait for it.
                Err(error) => {
                    failed.get_or_insert(error);
                }
            }
        }
        failed.map_or(Ok(enforced), Err)
    }

    async fn enforce_if_silent(self, row: TrialRow, now: DateTime<Utc>) -> Result<bool, Error> {
        let account = AccountId(row.account_id);
        let mut tx = self.core.read().begin().await?;
        let trial = self.trial(&mut tx, row, false).await?;
        drop(tx);
        let Some(trial) = trial.filter(|trial| trial.is_due(now)) else { return Ok(false) };
        match self.enforce(account, &trial).await {
            // It was decided meanwhile.
            Err(Error::Refused(Refusal::NotFound)) => Ok(false),
            made => made.map(|()| true),
        }
    }

    /// Makes the change in the name of whoever has begun the trial.
    async fn enforce(self, account: AccountId, trial: &Trial) -> Result<(), Error> {
        let (by, begun) = (trial.started_by, Some(trial.started_at));
        if let Some(token) = trial.token() {
            let by = Actor { account, user: Some(by), access_token: None, token: None };
            self.enforce_begun(by, token, begun).await.map(drop)
        } else {
            Accounts { core: self.core }.enforce_address_trial(account, by, begun).await
        }
    }
}
