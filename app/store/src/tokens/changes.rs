//! Changing tokens: every action of the card's menu, creating and updating.

use crate::account::security_policy;
use crate::audit::event::Event;
use crate::clock::{counted, id_at};
use crate::db::database::{Connection, micros};
use crate::db::sql::{self, Tx};
use crate::error::Error;
use crate::gate::verification_cache::Invalidation;
use crate::tokens::Tokens;
use crate::tokens::retired;
use crate::tokens::rows::{self, StoredOld, StoredToken};
use domain::Refusal;
use domain::audit::action::{Action, Actor};
use domain::search::search_form;
use domain::tokens::command::TokenCommand;
use domain::tokens::expiry;
use domain::tokens::overlap::Handover;
use domain::tokens::secret::{AccountSid, Secret};
use domain::tokens::token::{
    GO_BACK_WITHIN, Token, TokenId, TokenSettings, TokenState, UNDO_WINDOW, UpgradedFrom, copy_name,
};
use serde_json::{Value, json};
use std::collections::HashSet;
use uuid::Uuid;

/// A token and its Auth Token. Unless the account lets it be viewed again, it can only be shown now.
#[derive(Debug, Clone)]
pub struct IssuedToken {
    /// The token.
    pub token: Token,
    /// Its Auth Token.
    pub secret: Secret,
    /// Whether the account has another token of that name.
    pub name_exists: bool,
}

impl Tokens<'_> {
    /// Creates a token. `request` is the client's own id of the request, so that sending it again does nothing.
    ///
    /// # Errors
    /// [`Refusal::AlreadyDone`], [`Error::Database`] (also for a primary contact outside the account).
    pub async fn create(
        self,
        by: impl Into<Actor>,
        settings: TokenSettings,
        request: Uuid,
    ) -> Result<IssuedToken, Error> {
        let by = by.into();
        let mut tx = self.core.begin_in(by.account).await?;
        let details = json!({ "name": settings.name, "after": told(&settings) });
        let issued = self.issue(&mut tx, &by, &settings, request, Action::TokenCreated, details).await?;
        tx.commit().await?;
        Ok(issued)
    }

    /// Makes a copy: a new, enabled token with the same settings and an Account SID and Auth Token of its own, which
    /// passes for as long as the original's did when it was new. `request` as in [`Tokens::create`].
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Refusal::AlreadyDone`], [`Error::Database`].
    pub async fn duplicate(self, by: impl Into<Actor>, id: TokenId, request: Uuid) -> Result<IssuedToken, Error> {
        let by = by.into();
        let mut tx = self.core.begin_in(by.account).await?;
        let original = rows::find(&mut tx, by.account, id).await?;
        if original.deleted_at.is_some() {
            return Err(Refusal::NotFound.into());
        }
        let mut settings = original.token.settings;
        settings.expires_at = expiry::renewed(settings.expires_at, original.secret_issued_at, self.core.now());
        let mut taken = HashSet::new();
        settings.name = loop {
            let name = copy_name(&settings.name, |name| taken.contains(name));
            if !rows::name_exists(&mut tx, by.account, &name, None).await? {
                break name;
            }
            taken.insert(name);
        };
        let details = json!({ "name": settings.name, "from": id, "after": told(&settings) });
        let issued =
            self.issue(&mut tx, &by, &settings, request, TokenCommand::Duplicate.rules().action, details).await?;
        tx.commit().await?;
        Ok(issued)
    }

    async fn issue(
        self,
        tx: &mut Connection,
        by: &Actor,
        settings: &TokenSettings,
        request: Uuid,
        action: Action,
        details: Value,
    ) -> Result<IssuedToken, Error> {
        let now = self.core.now();
        let id = TokenId(id_at(now));
        let (sid, secret) = (AccountSid::generate(&mut rand::rng()), Secret::generate(&mut rand::rng()));
        let (policy, _) = security_policy::read(tx, by.account).await?;
        let sealed = if policy.tokens_viewable { Some(self.core.seal(id, &secret)?) } else { None };
        let added = sql::query(
            "INSERT INTO tokens (id, account_id, sid, secret_hash, name, name_folded, description, api_version,
                primary_contact, developers, scopes, state, created_at, request_id, expires_at, secret_issued_at,
                sealed_secret, secret_ending)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $13, $16, $17)
             ON CONFLICT (account_id, request_id) DO NOTHING",
        )
        .bind(id)
        .bind(by.account)
        .bind(sid.as_str())
        .bind(self.core.key().hash(secret.reveal()))
        .bind(&settings.name)
        .bind(search_form(&settings.name))
        .bind(&settings.description)
        .bind(u16::from(settings.api_version))
        .bind(settings.primary_contact)
        .bind(json!(settings.developers).to_string())
        .bind(json!(settings.scopes).to_string())
        .bind(TokenState::Enabled.as_str())
        .bind(now)
        .bind(request)
        .bind(settings.expires_at)
        .bind(sealed)
        .bind(secret.ending())
        .execute(&mut *tx)
        .await?;
        if added.rows_affected() == 0 {
            return Err(Refusal::AlreadyDone.into());
        }
        Event::of(action, by.account)
            .by(by.user)
            .on(id)
            .with(details)
            .by_access_token(by.access_token.as_ref())
            .record(self.core, tx, now)
            .await?;
        let name_exists = rows::name_exists(tx, by.account, &settings.name, Some(id)).await?;
        Ok(IssuedToken { token: rows::find(tx, by.account, id).await?.token, secret, name_exists })
    }

    /// Changes a token's settings, unless it was changed since `revision`. Also returns whether the account has another
    /// token with this name.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Refusal::Conflict`], [`Error::Database`] (also for a primary contact outside the
    /// account).
    pub async fn update(
        self,
        by: impl Into<Actor>,
        id: TokenId,
        settings: TokenSettings,
        revision: i64,
    ) -> Result<(Token, bool), Error> {
        self.change(by.into(), id, Action::TokenUpdated, |stored| {
            stored.require_revision(revision)?;
            stored.token.settings = settings;
            Ok(())
        })
        .await
    }

    /// Gives a token a new Auth Token, unless the token was changed since `revision`. The old one no longer passes; the
    /// new one passes for as long as the old one did when it was new.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Refusal::Conflict`], [`Error::Database`], [`Error::SealingKeys`].
    pub async fn reset(self, by: impl Into<Actor>, id: TokenId, revision: i64) -> Result<IssuedToken, Error> {
        self.reset_with_overlap(by, id, revision, Handover::default()).await
    }

    /// Gives a token a new Auth Token as [`Tokens::reset`] does, but lets the old one pass beside it for a while. If an
    /// overlap is open already, the older Auth Token stops at once: at most two pass.
    ///
    /// # Errors
    /// [`Refusal::OverlapTooLong`] if the old one's own expiry or the account's policy does not allow this overlap, and
    /// those of [`Tokens::reset`].
    pub async fn reset_with_overlap(
        self,
        by: impl Into<Actor>,
        id: TokenId,
        revision: i64,
        handover: Handover,
    ) -> Result<IssuedToken, Error> {
        let secret = Secret::generate(&mut rand::rng());
        let changed = self.change(by.into(), id, TokenCommand::Reset.rules().action, |stored| {
            stored.require_revision(revision)?;
            let now = self.core.now();
            let until = stored.token.overlap_terms(now).end(handover.overlap);
            let until = until.map_err(|_| Refusal::OverlapTooLong)?;
            let hash = std::mem::replace(&mut stored.secret_hash, self.core.key().hash(secret.reveal()));
            let ending = stored.token.values.ending.replace(secret.ending().to_owned());
            let (issued_at, close_when_moved) = (stored.secret_issued_at, handover.close_when_moved);
            stored.old = until.map(|until| StoredOld { hash, issued_at, until, ending, close_when_moved });
            let settings = &mut stored.token.settings;
            settings.expires_at = expiry::renewed(settings.expires_at, stored.secret_issued_at, now);
            stored.secret_issued_at = now;
            stored.sealed_secret = if stored.tokens_viewable { Some(self.core.seal(id, &secret)?) } else { None };
            Ok(())
        });
        let (token, name_exists) = changed.await?;
        Ok(IssuedToken { token, secret, name_exists })
    }

    /// Stops the old Auth Token before its overlap ends; the new one is not concerned. Does nothing if no overlap is
    /// open.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Error::Database`].
    pub async fn stop_old_value(self, by: impl Into<Actor>, id: TokenId) -> Result<Token, Error> {
        let changed = self.change(by.into(), id, TokenCommand::StopOldValue.rules().action, |stored| {
            stored.old = None;
            Ok(())
        });
        Ok(changed.await?.0)
    }

    /// Keeps a token from passing the gate until it is enabled again.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Error::Database`].
    pub async fn disable(self, by: impl Into<Actor>, id: TokenId) -> Result<Token, Error> {
        self.set_state(by.into(), id, TokenState::Disabled, TokenCommand::Disable.rules().action).await
    }

    /// Lets a disabled token pass again.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Error::Database`].
    pub async fn enable(self, by: impl Into<Actor>, id: TokenId) -> Result<Token, Error> {
        self.set_state(by.into(), id, TokenState::Enabled, TokenCommand::Enable.rules().action).await
    }

    async fn set_state(self, by: Actor, id: TokenId, state: TokenState, action: Action) -> Result<Token, Error> {
        let changed = self.change(by, id, action, |stored| {
            stored.token.state = state;
            Ok(())
        });
        Ok(changed.await?.0)
    }

    /// Deletes a token: from then on only [`Tokens::undo_delete`] finds it, within [`UNDO_WINDOW`].
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Error::Database`].
    pub async fn delete(self, by: impl Into<Actor>, id: TokenId) -> Result<Token, Error> {
        let changed = self.change(by.into(), id, TokenCommand::Delete.rules().action, |stored| {
            stored.deleted_at = Some(self.core.now());
            Ok(())
        });
        Ok(changed.await?.0)
    }

    /// Restores a token that was deleted within [`UNDO_WINDOW`], as it was. A token that is not deleted stays as it is.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Error::Database`].
    pub async fn undo_delete(self, by: impl Into<Actor>, id: TokenId) -> Result<Token, Error> {
        let (since, until) = counted(UNDO_WINDOW, self.core.now());
        let undone = self.change_any(by.into(), id, Action::TokenDeletionUndone, |stored| {
            if stored.deleted_at.is_some_and(|at| !(since + 1..=until).contains(&micros(at))) {
                return Err(Refusal::NotFound.into());
            }
            stored.deleted_at = None;
            Ok(())
        });
        Ok(undone.await?.0)
    }

    /// Removes for good the tokens whose deletion can no longer be undone. Returns their number. The cache is not
    /// concerned: it dropped them when they were deleted, and takes in no deleted token.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn remove_deleted(self) -> Result<u64, Error> {
        let (since, until) = counted(UNDO_WINDOW, self.core.now());
        let mut tx = self.core.begin().await?;
        let removed = sql::query("DELETE FROM tokens WHERE deleted_at <= $1 OR deleted_at > $2");
        let removed = removed.bind(since).bind(until).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(removed.rows_affected())
    }

    /// Changes a token as [`Tokens::change_any`] does, unless it is deleted.
    pub(crate) async fn change(
        self,
        by: Actor,
        id: TokenId,
        action: Action,
        edit: impl FnOnce(&mut StoredToken) -> Result<(), Error> + Send,
    ) -> Result<(Token, bool), Error> {
        self.change_any(by, id, action, |stored| match stored.deleted_at {
            Some(_) => Err(Refusal::NotFound.into()),
            None => edit(stored),
        })
        .await
    }

    /// Changes a token of the actor's account in one transaction: reads it, lets `edit` change or refuse it, and writes
    /// it back as a new revision with its audit event. If `edit` leaves everything as it was, nothing is written.
    /// Returns the token after the change, and whether the account has another with this name.
    async fn change_any(
        self,
        by: Actor,
        id: TokenId,
        action: Action,
        edit: impl FnOnce(&mut StoredToken) -> Result<(), Error> + Send,
    ) -> Result<(Token, bool), Error> {
        let tx = self.core.begin_in(by.account).await?;
        self.change_in(tx, by, id, action, edit).await
    }

    /// Changes a token as [`Tokens::change_any`] does, in a transaction that has begun with its account, and commits it.
    pub(crate) async fn change_in(
        self,
        mut tx: Tx,
        by: Actor,
        id: TokenId,
        action: Action,
        edit: impl FnOnce(&mut StoredToken) -> Result<(), Error> + Send,
    ) -> Result<(Token, bool), Error> {
        let before = rows::find(&mut tx, by.account, id).await?;
        let mut after = before.clone();
        edit(&mut after)?;
        let (older, newer) = (before.token.settings.api_version, after.token.settings.api_version);
        if newer > older {
            let until = self.core.now() + GO_BACK_WITHIN;
            after.token.upgraded_from = Some(UpgradedFrom { version: older, until });
        }
        let changed = after != before;
        if changed {
            write(&mut tx, &by, &after).await?;
            retired::retire(&mut tx, id, (&before, &after), self.core.now()).await?;
        }
        let token = rows::find(&mut tx, by.account, id).await?.token;
        if changed {
            let overlap = after.old.as_ref().filter(|_| after.old != before.old).map(|old| old.until);
            let [before, after] = [before, after].map(|stored| stored.token.settings);
            let mut details = json!({ "name": after.name, "revision": token.revision });
            if before != after {
                (details["before"], details["after"]) = (told(&before), told(&after));
            }
            if let Some(until) = overlap {
                details["old_until"] = json!(until.to_rfc3339());
            }
            Event::of(action, by.account)
                .by(by.user)
                .on(id)
                .with(details)
                .by_access_token(by.access_token.as_ref())
                .record(self.core, &mut tx, self.core.now())
                .await?;
        }
        let name_exists = rows::name_exists(&mut tx, by.account, &token.settings.name, Some(id)).await?;
        self.core.commit(tx, Invalidation::Token(token.sid.clone())).await?;
        Ok((token, name_exists))
    }
}

impl StoredToken {
    fn require_revision(&self, revision: i64) -> Result<(), Error> {
        if self.token.revision == revision { Ok(()) } else { Err(Refusal::Conflict.into()) }
    }
}

/// Writes everything that can change about a token, as its next revision.
async fn write(tx: &mut Connection, by: &Actor, stored: &StoredToken) -> Result<(), Error> {
    let StoredToken { token, secret_hash, secret_issued_at, sealed_secret, old, tokens_viewable: _, deleted_at } =
        stored;
    let old = old.as_ref();
    let settings = &token.settings;
    sql::query(
        "UPDATE tokens SET secret_hash = $1, name = $2, name_folded = $3, description = $4, api_version = $5,
            primary_contact = $6, developers = $7, scopes = $8, state = $9, deleted_at = $10, expires_at = $11,
            secret_issued_at = $12, sealed_secret = $13, secret_ending = $14, old_secret_hash = $15,
            old_issued_at = $16, old_until = $17, old_ending = $18, close_when_moved = $19,
            version_before = $20, go_back_until = $21, revision = revision + 1
         WHERE account_id = $22 AND id = $23",
    )
    .bind(secret_hash)
    .bind(&settings.name)
    .bind(search_form(&settings.name))
    .bind(&settings.description)
    .bind(u16::from(settings.api_version))
    .bind(settings.primary_contact)
    .bind(json!(settings.developers).to_string())
    .bind(json!(settings.scopes).to_string())
    .bind(token.state.as_str())
    .bind(*deleted_at)
    .bind(settings.expires_at)
    .bind(*secret_issued_at)
    .bind(sealed_secret.as_deref())
    .bind(token.values.ending.as_deref())
    .bind(old.map(|old| old.hash.as_slice()))
    .bind(old.map(|old| old.issued_at))
    .bind(old.map(|old| old.until))
    .bind(old.and_then(|old| old.ending.as_deref()))
    .bind(old.is_some_and(|old| old.close_when_moved))
    .bind(token.upgraded_from.map(|from| u16::from(from.version)))
    .bind(token.upgraded_from.map(|from| from.until))
    .bind(by.account)
    .bind(token.id)
    .execute(tx)
    .await?;
    Ok(())
}

/// Returns the settings for the audit trail, with times that people can read.
fn told(settings: &TokenSettings) -> Value {
    let mut told = json!(settings);
    if let Some(at) = settings.expires_at {
        told["expires_at"] = json!(at.to_rfc3339());
    }
    told
}
