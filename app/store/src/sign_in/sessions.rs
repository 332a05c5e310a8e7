//! Signing in and out, and the user that a session stands for.

use crate::audit::event::Event;
use crate::clock::{counted, id_at, latest};
use crate::db::database::{Connection, micros};
use crate::db::sql;
use crate::error::Error;
use crate::members::users::role_named;
use crate::sign_in::bearer::bearer;
use crate::sign_in::passkeys;
use crate::sign_in::second_step::{self, SignIn};
use crate::sign_in::throttle;
use crate::store::Store;
use chrono::{DateTime, TimeDelta, Utc};
use domain::Refusal;
use domain::account::AccountId;
use domain::audit::action::Action;
use domain::members::user::{CurrentUser, Person, Preferences, UserId};
use domain::sign_in::session::USER_AGENT_MAX;
use serde_json::json;
use std::net::IpAddr;
use uuid::Uuid;

/// The time after which a session ends at the latest.
pub const SESSION_LIFETIME: TimeDelta = TimeDelta::hours(12);
/// The time after which an unused session ends, to within a minute.
pub const SESSION_IDLE: TimeDelta = TimeDelta::hours(2);
/// The time after which the use of a session is recorded again.
const TOUCH: TimeDelta = TimeDelta::minutes(1);

/// The client that a session begins for.
#[derive(Debug, Clone)]
pub struct Client {
    /// The network address.
    pub address: IpAddr,
    /// The browser's name for itself; empty if it gives none.
    pub user_agent: String,
    /// The session that the browser already has, which ends when another begins, as the browser forgets it then.
    pub session: Option<SessionToken>,
}

impl From<IpAddr> for Client {
    fn from(address: IpAddr) -> Self {
        Self { address, user_agent: String::new(), session: None }
    }
}

bearer! {
    /// The content of a session's cookie.
    SessionToken
}

#[derive(sqlx_macros::FromRow)]
struct SessionRow {
    user_id: Uuid,
    user_name: String,
    email: String,
    account_id: Uuid,
    account_name: String,
    role: String,
    last_seen_at: i64,
    second_factor_missing: bool,
    language: Option<String>,
    time_zone: Option<String>,
}

/// The user and the settings that a session stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownSession {
    /// The current user.
    pub asker: CurrentUser,
    /// Whether the account requires a second factor of every user, and they have none yet.
    pub second_factor_missing: bool,
    /// Their preferences for pages.
    pub preferences: Preferences,
}

impl Store {
    /// Begins a session of the user with this e-mail address and password, in the account that they joined first, or the
    /// second step if they have a second factor. It takes the same time whether or not there is such a user.
    ///
    /// # Errors
    /// [`Refusal::WrongCredentials`]; [`Refusal::Throttled`] after 5 failures in 15 minutes for the e-mail address, or
    /// 20 for the network address `from`, until a delay has passed that doubles with every further failure;
    /// [`Error::Password`], [`Error::Database`].
    pub async fn sign_in(&self, email: &str, password: &str, from: impl Into<Client>) -> Result<SignIn, Error> {
        let from = from.into();
        let right = self.check_password(email, password, from.address).await?.ok_or(Refusal::WrongCredentials)?;
        let now = self.clock().now();
        let mut tx = self.pools().begin().await?;
        let account = first_account(&mut tx, right.user).await?.ok_or(Refusal::WrongCredentials)?;
        if !right.still_holds(&mut tx).await? {
            return Err(Refusal::WrongCredentials.into());
        }
        let begun = second_step::after(FirstStep::Password, self, &mut tx, account, right.user, &from, now).await?;
        tx.commit().await?;
        Ok(begun)
    }

    /// Returns the current user; see [`Store::known_session`].
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn session(&self, token: &SessionToken) -> Result<Option<CurrentUser>, Error> {
        Ok(self.known_session(token).await?.map(|known| known.asker))
    }

    /// Returns the session, if it is known, was used within [`SESSION_IDLE`] and began within [`SESSION_LIFETIME`].
    /// Name and role are the current ones. A failure to record this use is only logged.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn known_session(&self, token: &SessionToken) -> Result<Option<KnownSession>, Error> {
        let now = self.clock().now();
        let Some((known, last_seen_at)) = self.look_up(token, now).await? else { return Ok(None) };
        let (recently, by_now) = counted(TOUCH, now);
        if (last_seen_at <= recently || last_seen_at > by_now)
            && let Err(error) = self.touch(token, now).await
        {
            // The session is known all the same; the next use tries again.
            tracing::warn!(%error, "the use of a session was not written down");
        }
        Ok(Some(known))
    }

    /// Returns the session as [`Store::known_session`] does, without recording a use: a page that is merely open does
    /// not keep its session alive.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn peek_session(&self, token: &SessionToken) -> Result<Option<KnownSession>, Error> {
        Ok(self.look_up(token, self.clock().now()).await?.map(|(known, _)| known))
    }

    /// Returns the session, and the time of its last use in microseconds since the Unix epoch.
    async fn look_up(&self, token: &SessionToken, now: DateTime<Utc>) -> Result<Option<(KnownSession, i64)>, Error> {
        let (since, until) = counted(SESSION_LIFETIME, now);
        let row: Option<SessionRow> = sql::query_as(
            "SELECT users.id AS user_id, users.name AS user_name, users.email, accounts.id AS account_id,
                accounts.name AS account_name, memberships.role, sessions.last_seen_at,
                accounts.second_factor_required
                    AND NOT EXISTS (SELECT 1 FROM authenticators WHERE user_id = users.id AND confirmed_at IS NOT NULL)
                    AND NOT EXISTS (SELECT 1 FROM passkeys WHERE user_id = users.id) AS second_factor_missing,
                users.language, users.time_zone
             FROM sessions
             JOIN memberships USING (account_id, user_id)
             JOIN accounts ON accounts.id = sessions.account_id
             JOIN users ON users.id = sessions.user_id
             WHERE sessions.token_hash = $1 AND sessions.created_at > $2 AND sessions.created_at <= $3
                AND sessions.last_seen_at > $4 AND memberships.state = 'active'",
        )
        .bind(token.hash())
        .bind(since)
        .bind(until)
        .bind(micros(now - SESSION_IDLE))
        .fetch_optional(&self.pools().read)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let role = role_named(&row.role)?;
        let asker = CurrentUser {
            user: Person { id: UserId(row.user_id), name: row.user_name, email: row.email },
            account: AccountId(row.account_id),
            account_name: row.account_name,
            role,
        };
        let preferences = Preferences { language: row.language, time_zone: row.time_zone };
        let known = KnownSession { asker, second_factor_missing: row.second_factor_missing, preferences };
        Ok(Some((known, row.last_seen_at)))
    }

    /// Records that the session was used at this time.
    async fn touch(&self, token: &SessionToken, now: DateTime<Utc>) -> Result<(), Error> {
        let mut tx = self.pools().begin().await?;
        let touched: Option<(Uuid, Uuid)> = sql::query_as(
            "UPDATE sessions SET last_seen_at = $1 WHERE token_hash = $2 AND (last_seen_at < $1 OR last_seen_at > $3)
             RETURNING account_id, user_id",
        )
        .bind(micros(now))
        .bind(token.hash())
        .bind(latest(now))
        .fetch_optional(&mut *tx)
        .await?;
        if let Some((account, user)) = touched {
            see(&mut tx, AccountId(account), UserId(user), now).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Ends the session, if there is one.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn sign_out(&self, token: &SessionToken) -> Result<(), Error> {
        let mut tx = self.pools().begin().await?;
        end(token, self, &mut tx, self.clock().now()).await?;
        Ok(tx.commit().await?)
    }

    /// Removes the sessions that are over, the failed sign-in attempts that no longer count, the sign-ins without a
    /// second step in time, and the unanswered passkey challenges. Returns the number of all these.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn remove_ended_sessions(&self) -> Result<u64, Error> {
        let now = self.clock().now();
        let mut tx = self.pools().begin().await?;
        let (since, until) = counted(SESSION_LIFETIME, now);
        let ended = "DELETE FROM sessions WHERE created_at <= $1 OR created_at > $2 OR last_seen_at <= $3";
        let idle = micros(now - SESSION_IDLE);
        let sessions = sql::query(ended).bind(since).bind(until).bind(idle).execute(&mut *tx).await?;
        let (since, until) = counted(throttle::WINDOW, now);
        let forgotten = "DELETE FROM sign_in_failures WHERE failed_at <= $1 OR failed_at > $2";
        let failures = sql::query(forgotten).bind(since).bind(until).execute(&mut *tx).await?;
        let pending = second_step::remove_ended(&mut tx, now).await?;
        let challenges = passkeys::remove_ended(&mut tx, now).await?;
        tx.commit().await?;
        Ok(sessions.rows_affected() + failures.rows_affected() + pending + challenges)
    }
}

/// Returns the account that the user joined first, of those in which they are active.
pub(crate) async fn first_account(connection: &mut Connection, user: UserId) -> Result<Option<AccountId>, Error> {
    let account: Option<Uuid> = sql::query_scalar(
        "SELECT account_id FROM memberships WHERE user_id = $1 AND state = 'active'
         ORDER BY created_at, account_id LIMIT 1",
    )
    .bind(user.0)
    .fetch_optional(connection)
    .await?;
    Ok(account.map(AccountId))
}

/// The way in which a person has proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FirstStep<'a> {
    /// By the password.
    Password,
    /// By the passkey with this name, which is two factors in one: it is possessed, and unlocked by a PIN or
    /// biometrics.
    Passkey(&'a str),
    /// By the identity provider with this issuer. It may not have asked for anything just now, so operations that need
    /// a recent password still need it.
    Provider(&'a str),
    /// By the identity provider, on having just joined by an invitation. The person has no password yet, so this counts
    /// as a recent one until step-up is due: they can add a passkey or set up a second factor.
    Joined(&'a str),
}

/// Ends the session, if there is one.
async fn end(token: &SessionToken, store: &Store, tx: &mut Connection, now: DateTime<Utc>) -> Result<(), Error> {
    let ended = sql::query_as("DELETE FROM sessions WHERE token_hash = $1 RETURNING account_id, user_id");
    let ended: Option<(Uuid, Uuid)> = ended.bind(token.hash()).fetch_optional(&mut *tx).await?;
    let Some((account, user)) = ended else { return Ok(()) };
    session_event(account, user, Action::SignedOut, json!({})).record(store, tx, now).await
}

/// Begins a session of the user in the account, after this step, and ends the one that the browser had. The caller has
/// verified who the user is.
///
/// # Errors
/// [`Refusal::WrongCredentials`] if they are not an active user of it, perhaps since a moment ago.
pub(crate) async fn begin(
    step: FirstStep<'_>,
    store: &Store,
    tx: &mut Connection,
    account: AccountId,
    user: UserId,
    from: &Client,
    now: DateTime<Utc>,
) -> Result<SessionToken, Error> {
    if !see(tx, account, user, now).await? {
        return Err(Refusal::WrongCredentials.into());
    }
    let (authenticated_at, details) = match step {
        FirstStep::Password => (now, json!({ "from": from.address })),
        FirstStep::Passkey(name) => (now, json!({ "from": from.address, "passkey": name })),
        FirstStep::Joined(issuer) => (now, json!({ "from": from.address, "issuer": issuer })),
        FirstStep::Provider(issuer) => (DateTime::UNIX_EPOCH, json!({ "from": from.address, "issuer": issuer })),
    };
    // Otherwise it would go on under a cookie that only a thief still has.
    if let Some(before) = &from.session {
        end(before, store, tx, now).await?;
    }
    let token = SessionToken::generate();
    sql::query(
        "INSERT INTO sessions
            (token_hash, id, account_id, user_id, created_at, authenticated_at, last_seen_at, address, user_agent)
         VALUES ($1, $2, $3, $4, $5, $6, $5, $7, $8)",
    )
    .bind(token.hash())
    .bind(id_at(now))
    .bind(account.0)
    .bind(user.0)
    .bind(micros(now))
    .bind(micros(authenticated_at))
    .bind(from.address.to_string())
    .bind(from.user_agent.chars().take(USER_AGENT_MAX).collect::<String>())
    .execute(&mut *tx)
    .await?;
    session_event(account.0, user.0, Action::SignedIn, details).record(store, tx, now).await?;
    Ok(token)
}

/// Records that the user uses the account at this time. Returns whether they are an active user of it.
async fn see(tx: &mut Connection, account: AccountId, user: UserId, now: DateTime<Utc>) -> Result<bool, Error> {
    let seen = sql::query(
        "UPDATE memberships SET last_seen_at = $1 WHERE account_id = $2 AND user_id = $3 AND state = 'active'",
    )
    .bind(micros(now))
    .bind(account.0)
    .bind(user.0)
    .execute(tx)
    .await?;
    Ok(seen.rows_affected() > 0)
}

fn session_event(account: Uuid, user: Uuid, action: Action, details: serde_json::Value) -> Event {
    Event { account: AccountId(account), user: Some(UserId(user)), action, token: None, details }
}
