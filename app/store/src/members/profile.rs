//! Operations of users on themselves: step-up, password, name, preferences, sessions, and the account that they work
//! in.

use crate::audit::event::Event;
use crate::clock::counted;
use crate::db::database::{Tx, require_row, time};
use crate::db::sql;
use crate::error::Error;
use crate::members::Members;
use crate::members::rows::role_named;
use crate::sign_in::password_check::check_password;
use crate::sign_in::session_start::{self, SessionToken};
use crate::sign_in::sessions::{SESSION_IDLE, SESSION_LIFETIME};
use domain::Refusal;
use domain::account::AccountId;
use domain::audit::action::Action;
use domain::members::user::{CurrentUser, Preferences};
use domain::sign_in::session::{OwnAccount, OwnSession, STEP_UP_AFTER, SessionId};
use serde_json::{Map, Value, json};
use std::net::IpAddr;
use uuid::Uuid;
use zeroize::Zeroizing;

#[derive(sqlx_macros::FromRow)]
struct OwnSessionRow {
    id: Uuid,
    current: bool,
    created_at: i64,
    last_seen_at: i64,
    address: String,
    user_agent: String,
}

impl TryFrom<OwnSessionRow> for OwnSession {
    type Error = Error;

    fn try_from(row: OwnSessionRow) -> Result<Self, Error> {
        Ok(Self {
            id: SessionId(row.id),
            current: row.current,
            created_at: time(row.created_at)?,
            last_seen_at: time(row.last_seen_at)?,
            address: row.address,
            user_agent: row.user_agent,
        })
    }
}

impl Members<'_> {
    /// Makes sure that the password was given within [`STEP_UP_AFTER`] in this session.
    ///
    /// # Errors
    /// [`Refusal::StepUpNeeded`], [`Error::Database`].
    pub async fn require_recent_password(self, session: &SessionToken) -> Result<(), Error> {
        let (since, until) = counted(STEP_UP_AFTER, self.core.now());
        let recent = "SELECT EXISTS
            (SELECT 1 FROM sessions WHERE token_hash = $1 AND authenticated_at > $2 AND authenticated_at <= $3)";
        let recent = sql::query_scalar(recent).bind(session.hash()).bind(since).bind(until);
        if recent.fetch_one(self.core.read()).await? { Ok(()) } else { Err(Refusal::StepUpNeeded.into()) }
    }

    /// Takes the current user's password again. The session goes on under a new token; the old one ends.
    ///
    /// # Errors
    /// [`Refusal::WrongPassword`]; [`Refusal::Throttled`] as `SigningIn::with_password`; [`Refusal::NotFound`] if the
    /// session is over, or not the current user's; [`Error::Password`], [`Error::Database`].
    pub async fn give_password_again(
        self,
        by: &CurrentUser,
        session: &SessionToken,
        password: &str,
        from: IpAddr,
    ) -> Result<SessionToken, Error> {
        let right = check_password(self.core, &by.user.email, password, from).await?.ok_or(Refusal::WrongPassword)?;
        let mut tx = self.core.begin().await?;
        if !right.still_holds(&mut tx).await? {
            return Err(Refusal::WrongPassword.into());
        }
        let session = session_start::renew(session, self.core, &mut tx, by).await?;
        tx.commit().await?;
        Ok(session)
    }

    /// Replaces the current user's password. All their other sessions end, in every account; this one goes on under a
    /// new token. The caller has checked the new password by `domain`'s rules.
    ///
    /// # Errors
    /// As [`Members::give_password_again`].
    pub async fn change_password(
        self,
        by: &CurrentUser,
        session: &SessionToken,
        (old, new): (&str, &str),
        from: IpAddr,
    ) -> Result<SessionToken, Error> {
        let right = check_password(self.core, &by.user.email, old, from).await?.ok_or(Refusal::WrongPassword)?;
        let hash = self.core.passwords().hash(Zeroizing::new(new.to_owned())).await?;
        let mut tx = self.core.begin().await?;
        if !right.still_holds(&mut tx).await? {
            return Err(Refusal::WrongPassword.into());
        }
        let changed = sql::query("UPDATE users SET password_hash = $1 WHERE id = $2").bind(hash).bind(by.user.id);
        require_row(&changed.execute(&mut *tx).await?)?;
        let session = session_start::renew(session, self.core, &mut tx, by).await?;
        let ended = end_others(&mut tx, by, &session).await?;
        self.note(&mut tx, by, Action::PasswordChanged, json!({ "sessions_ended": ended })).await?;
        tx.commit().await?;
        Ok(session)
    }

    /// Changes the current user's name and their preferences for pages. The caller has checked both.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Error::Database`].
    pub async fn update_profile(self, by: &CurrentUser, name: &str, preferences: &Preferences) -> Result<(), Error> {
        let mut tx = self.core.begin().await?;
        let before: Option<(String, Option<String>, Option<String>)> =
            sql::query_as("SELECT name, language, time_zone FROM users WHERE id = $1")
                .bind(by.user.id)
                .fetch_optional(&mut *tx)
                .await?;
        let (name_before, language, time_zone) = before.ok_or(Refusal::NotFound)?;
        let before = Preferences { language, time_zone };
        let mut details = Map::new();
        if name_before != name {
            details.insert("name".to_owned(), json!({ "before": name_before, "after": name }));
        }
        if before != *preferences {
            details.insert("before".to_owned(), json!(before));
            details.insert("after".to_owned(), json!(preferences));
        }
        if !details.is_empty() {
            sql::query("UPDATE users SET name = $1, language = $2, time_zone = $3 WHERE id = $4")
                .bind(name)
                .bind(preferences.language.as_deref())
                .bind(preferences.time_zone.as_deref())
                .bind(by.user.id)
                .execute(&mut *tx)
                .await?;
            self.note(&mut tx, by, Action::ProfileUpdated, Value::Object(details)).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Returns the current user's sessions that are not over, most recently used first.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn own_sessions(self, by: &CurrentUser, session: &SessionToken) -> Result<Vec<OwnSession>, Error> {
        let now = self.core.now();
        let (since, until) = counted(SESSION_LIFETIME, now);
        let rows: Vec<OwnSessionRow> = sql::query_as(
            "SELECT id, token_hash = $2 AS current, created_at, last_seen_at, address, user_agent FROM sessions
             WHERE user_id = $1 AND created_at > $3 AND created_at <= $4 AND last_seen_at > $5
             ORDER BY last_seen_at DESC, id DESC",
        )
        .bind(by.user.id)
        .bind(session.hash())
        .bind(since)
        .bind(until)
        .bind(now - SESSION_IDLE)
        .fetch_all(self.core.read())
        .await?;
        rows.into_iter().map(OwnSession::try_from).collect()
    }

    /// Ends one of the current user's sessions.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if it is over, or another user's; [`Error::Database`].
    pub async fn end_session(self, by: &CurrentUser, id: SessionId) -> Result<(), Error> {
        let mut tx = self.core.begin().await?;
        let ended = sql::query("DELETE FROM sessions WHERE id = $1 AND user_id = $2").bind(id).bind(by.user.id);
        require_row(&ended.execute(&mut *tx).await?)?;
        self.note(&mut tx, by, Action::SessionsEnded, json!({ "sessions_ended": 1 })).await?;
        Ok(tx.commit().await?)
    }

    /// Ends all of the current user's sessions but this one. Returns their number.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn sign_out_elsewhere(self, by: &CurrentUser, session: &SessionToken) -> Result<u64, Error> {
        let mut tx = self.core.begin().await?;
        let ended = end_others(&mut tx, by, session).await?;
        if ended > 0 {
            self.note(&mut tx, by, Action::SessionsEnded, json!({ "sessions_ended": ended })).await?;
        }
        tx.commit().await?;
        Ok(ended)
    }

    /// Returns the accounts that the current user belongs to, by name.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn own_accounts(self, by: &CurrentUser) -> Result<Vec<OwnAccount>, Error> {
        let rows: Vec<(Uuid, String, String)> = sql::query_as(
            "SELECT accounts.id, accounts.name, memberships.role FROM memberships
             JOIN accounts ON accounts.id = memberships.account_id
             WHERE memberships.user_id = $1 AND memberships.state = 'active' ORDER BY accounts.name, accounts.id",
        )
        .bind(by.user.id)
        .fetch_all(self.core.read())
        .await?;
        let account = |(id, name, role): (Uuid, String, String)| {
            Ok(OwnAccount { id: AccountId(id), name, role: role_named(&role)? })
        };
        rows.into_iter().map(account).collect()
    }

    /// Lets the session go on in another account of the current user.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if the current user does not belong to it, or the session is over; [`Error::Database`].
    pub async fn switch_account(self, by: &CurrentUser, session: &SessionToken, to: AccountId) -> Result<(), Error> {
        let mut tx = self.core.begin().await?;
        let switched = sql::query(
            "UPDATE sessions SET account_id = $1 WHERE token_hash = $2 AND user_id = $3
                AND EXISTS (
                    SELECT 1 FROM memberships WHERE account_id = $1 AND user_id = $3 AND state = 'active'
                )",
        )
        .bind(to)
        .bind(session.hash())
        .bind(by.user.id)
        .execute(&mut *tx)
        .await?;
        require_row(&switched)?;
        // Each account's trail records that the person comes or goes, also if they switch accounts.
        let now = self.core.now();
        for (account, action) in [(by.account, Action::SignedOut), (to, Action::SignedIn)] {
            Event::of(action, account).by(by.user.id).record(self.core, &mut tx, now).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn note(self, tx: &mut Tx, by: &CurrentUser, action: Action, details: Value) -> Result<(), Error> {
        Event::of(action, by.account).by(by.user.id).with(details).record(self.core, tx, self.core.now()).await
    }
}

async fn end_others(tx: &mut Tx, by: &CurrentUser, session: &SessionToken) -> Result<u64, Error> {
    let ended = sql::query("DELETE FROM sessions WHERE user_id = $1 AND token_hash <> $2")
        .bind(by.user.id)
        .bind(session.hash())
        .execute(&mut **tx)
        .await?;
    Ok(ended.rows_affected())
}
