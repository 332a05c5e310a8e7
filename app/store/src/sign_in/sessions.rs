//! Signing in and out, and the user that a session stands for.

use crate::clock::{counted, latest};
use crate::db::database::micros;
use crate::db::sql;
use crate::error::Error;
use crate::members::rows::role_named;
use crate::sign_in::SigningIn;
use crate::sign_in::challenges;
use crate::sign_in::password_check::check_password;
use crate::sign_in::second_step::{self, SignIn};
use crate::sign_in::session_start::{Client, FirstStep, SessionToken, end, first_account, see};
use crate::sign_in::throttle;
use chrono::{DateTime, TimeDelta, Utc};
use domain::Refusal;
use domain::account::AccountId;
use domain::members::user::{CurrentUser, Person, Preferences, UserId};
use uuid::Uuid;

/// The time after which a session ends at the latest.
pub const SESSION_LIFETIME: TimeDelta = TimeDelta::hours(12);
/// The time after which an unused session ends, to within a minute.
pub const SESSION_IDLE: TimeDelta = TimeDelta::hours(2);
/// The time after which the use of a session is recorded again.
const TOUCH: TimeDelta = TimeDelta::minutes(1);

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

impl SigningIn<'_> {
    /// Begins a session of the user with this e-mail address and password, in the account that they joined first, or
    /// the second step if they have a second factor. It takes the same time whether or not there is such a user.
    ///
    /// # Errors
    /// [`Refusal::WrongCredentials`]; [`Refusal::Throttled`] after 5 failures in 15 minutes for the e-mail address, or
    /// 20 for the network address `from`, until a delay has passed that doubles with every further failure;
    /// [`Error::Password`], [`Error::Database`].
    pub async fn with_password(self, email: &str, password: &str, from: impl Into<Client>) -> Result<SignIn, Error> {
        let from = from.into();
        let right = check_password(self.core, email, password, from.address).await?.ok_or(Refusal::WrongCredentials)?;
        let now = self.core.now();
        let mut tx = self.core.begin().await?;
        let account = first_account(&mut tx, right.user).await?.ok_or(Refusal::WrongCredentials)?;
        if !right.still_holds(&mut tx).await? {
            return Err(Refusal::WrongCredentials.into());
        }
        let begun =
            second_step::after(FirstStep::Password, self.core, &mut tx, account, right.user, &from, now).await?;
        tx.commit().await?;
        Ok(begun)
    }

    /// Returns the current user; see [`SigningIn::known_session`].
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn session(self, token: &SessionToken) -> Result<Option<CurrentUser>, Error> {
        Ok(self.known_session(token).await?.map(|known| known.asker))
    }

    /// Returns the session, if it is known, was used within [`SESSION_IDLE`] and began within [`SESSION_LIFETIME`].
    /// Name and role are the current ones. A failure to record this use is only logged.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn known_session(self, token: &SessionToken) -> Result<Option<KnownSession>, Error> {
        let now = self.core.now();
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

    /// Returns the session as [`SigningIn::known_session`] does, without recording a use: a page that is merely open
    /// does not keep its session alive.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn peek_session(self, token: &SessionToken) -> Result<Option<KnownSession>, Error> {
        Ok(self.look_up(token, self.core.now()).await?.map(|(known, _)| known))
    }

    /// Returns the session, and the time of its last use in microseconds since the Unix epoch.
    async fn look_up(self, token: &SessionToken, now: DateTime<Utc>) -> Result<Option<(KnownSession, i64)>, Error> {
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
        .bind(now - SESSION_IDLE)
        .fetch_optional(self.core.read())
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
    async fn touch(self, token: &SessionToken, now: DateTime<Utc>) -> Result<(), Error> {
        let mut tx = self.core.begin().await?;
        let touched: Option<(Uuid, Uuid)> = sql::query_as(
            "UPDATE sessions SET last_seen_at = $1 WHERE token_hash = $2 AND (last_seen_at < $1 OR last_seen_at > $3)
             RETURNING account_id, user_id",
        )
        .bind(now)
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
    pub async fn sign_out(self, token: &SessionToken) -> Result<(), Error> {
        let mut tx = self.core.begin().await?;
        end(token, self.core, &mut tx, self.core.now()).await?;
        Ok(tx.commit().await?)
    }

    /// Removes the sessions that are over, the failed sign-in attempts that no longer count, the sign-ins without a
    /// second step in time, and the unanswered passkey challenges. Returns the number of all these.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn remove_ended_sessions(self) -> Result<u64, Error> {
        let now = self.core.now();
        let mut tx = self.core.begin().await?;
        let (since, until) = counted(SESSION_LIFETIME, now);
        let ended = "DELETE FROM sessions WHERE created_at <= $1 OR created_at > $2 OR last_seen_at <= $3";
        let idle = micros(now - SESSION_IDLE);
        let sessions = sql::query(ended).bind(since).bind(until).bind(idle).execute(&mut *tx).await?;
        let (since, until) = counted(throttle::WINDOW, now);
        let forgotten = "DELETE FROM sign_in_failures WHERE failed_at <= $1 OR failed_at > $2";
        let failures = sql::query(forgotten).bind(since).bind(until).execute(&mut *tx).await?;
        let pending = second_step::remove_ended(&mut tx, now).await?;
        let challenges = challenges::remove_ended(&mut tx, now).await?;
        tx.commit().await?;
        Ok(sessions.rows_affected() + failures.rows_affected() + pending + challenges)
    }
}
