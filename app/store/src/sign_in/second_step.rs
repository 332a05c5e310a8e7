//! The second step of signing in, for users with a second factor: it follows the right password, or the identity
//! provider.

use crate::audit::event::Event;
use crate::clock::counted;
use crate::core::Core;
use crate::db::database::Connection;
use crate::db::sql;
use crate::error::Error;
use crate::sign_in::SigningIn;
use crate::sign_in::bearer::{Bearer, Kind};
use crate::sign_in::factors::{self, RightCode};
use crate::sign_in::session_start::{self, Client, FirstStep, SessionToken};
use crate::sign_in::throttle;
use chrono::{DateTime, Utc};
use domain::Refusal;
use domain::account::AccountId;
use domain::audit::action::Action;
use domain::members::user::UserId;
use domain::sign_in::second_factor::{SECOND_STEP_WITHIN, SecondStepBy};
use uuid::Uuid;

/// The browser's token of a sign-in between the first step and the second.
pub type PendingSignIn = Bearer<OfPendingSignIn>;

/// The kind of [`PendingSignIn`].
#[derive(Debug)]
pub enum OfPendingSignIn {}

impl Kind for OfPendingSignIn {
    const NAME: &'static str = "PendingSignIn";
}

/// The outcome of a first step that was right.
#[derive(Debug, Clone)]
pub enum SignIn {
    /// The session that has begun.
    Session(SessionToken),
    /// The user has a second factor, with which signing in goes on. The state for that was stored.
    SecondStep(PendingSignIn),
}

impl SignIn {
    /// Returns the session, unless the second step is still to be taken.
    #[must_use]
    pub fn session(self) -> Option<SessionToken> {
        match self {
            Self::Session(session) => Some(session),
            Self::SecondStep(_) => None,
        }
    }
}

impl SigningIn<'_> {
    /// Returns the ways to take the second step, if it still can be taken.
    ///
    /// # Errors
    /// [`Refusal::SignInOver`] if it can't; [`Error::Database`].
    pub async fn pending(self, pending: &PendingSignIn) -> Result<SecondStepBy, Error> {
        let mut connection = self.core.read().acquire().await?;
        let first = find(&mut connection, pending, self.core.now()).await?;
        factors::second_step_by(&mut connection, first.user).await
    }

    /// Takes the second step of signing in with a code of the authenticator or a recovery code, which is used up then.
    ///
    /// # Errors
    /// [`Refusal::SignInOver`] if the password was given too long ago, or has been replaced since;
    /// [`Refusal::WrongCode`]; [`Refusal::Throttled`] after 5 wrong codes for the user in 15 minutes, and on, as
    /// [`SigningIn::with_password`] for passwords; [`Error::Database`], [`Error::Corrupt`].
    pub async fn second_step(
        self,
        pending: &PendingSignIn,
        code: &str,
        from: impl Into<Client>,
    ) -> Result<SessionToken, Error> {
        let from = from.into();
        let now = self.core.now();
        let mut tx = self.core.begin().await?;
        let first = find(&mut tx, pending, now).await?;
        let (account, user) = (first.account, first.user);
        let guess = factors::guess_hash(self.core.key(), user);
        throttle::attempt(&mut tx, now, &guess, from.address).await?;
        let event = |action| Event::of(action, account).by(user);
        let Some(right) = factors::take_code(self.core, &mut tx, user, code, now).await? else {
            event(Action::SecondStepFailed).record(self.core, &mut tx, now).await?;
            tx.commit().await?; // keeps the failed attempt
            return Err(Refusal::WrongCode.into());
        };
        throttle::forgive(&mut tx, &guess).await?;
        if right == RightCode::Recovery {
            event(Action::RecoveryCodeUsed).record(self.core, &mut tx, now).await?;
        }
        let session = finish(self.core, &mut tx, pending, &first, &from, now).await?;
        tx.commit().await?;
        Ok(session)
    }
}

/// Goes on after the first step: begins a session, or requires the second step of a user with a second factor.
pub(crate) async fn after(
    step: FirstStep<'_>,
    core: &Core,
    tx: &mut Connection,
    account: AccountId,
    user: UserId,
    from: &Client,
    now: DateTime<Utc>,
) -> Result<SignIn, Error> {
    Ok(match require(step, tx, account, user, now).await? {
        None => SignIn::Session(session_start::begin(step, core, tx, account, user, from, now).await?),
        Some(pending) => SignIn::SecondStep(pending),
    })
}

/// Returns the second step that a user, identified by the first, has to take; `None` if they have no second factor.
async fn require(
    step: FirstStep<'_>,
    tx: &mut Connection,
    account: AccountId,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<Option<PendingSignIn>, Error> {
    if !factors::has_second_factor(tx, user).await? {
        return Ok(None);
    }
    let pending = PendingSignIn::generate();
    let issuer = match step {
        FirstStep::Password | FirstStep::Passkey(_) => None,
        FirstStep::Provider(issuer) | FirstStep::Joined(issuer) => Some(issuer),
    };
    sql::query(
        "INSERT INTO pending_sign_ins (token_hash, account_id, user_id, password_hash, issuer, created_at)
         SELECT $1, $2, id, password_hash, $5, $3 FROM users WHERE id = $4",
    )
    .bind(pending.hash())
    .bind(account)
    .bind(now)
    .bind(user)
    .bind(issuer)
    .execute(tx)
    .await?;
    Ok(Some(pending))
}

/// Removes the sign-ins that can no longer go on. Returns their number.
pub(crate) async fn remove_ended(tx: &mut Connection, now: DateTime<Utc>) -> Result<u64, Error> {
    let (since, until) = counted(SECOND_STEP_WITHIN, now);
    let ended = sql::query("DELETE FROM pending_sign_ins WHERE created_at <= $1 OR created_at > $2");
    Ok(ended.bind(since).bind(until).execute(tx).await?.rows_affected())
}

/// The user who has taken the first step.
pub(crate) struct First {
    pub(crate) account: AccountId,
    pub(crate) user: UserId,
    /// The identity provider that it was taken at; `None` if it was the password.
    issuer: Option<String>,
}

/// Begins the session of a user who has taken both steps.
pub(crate) async fn finish(
    core: &Core,
    tx: &mut Connection,
    pending: &PendingSignIn,
    first: &First,
    from: &Client,
    now: DateTime<Utc>,
) -> Result<SessionToken, Error> {
    let over = sql::query("DELETE FROM pending_sign_ins WHERE token_hash = $1");
    over.bind(pending.hash()).execute(&mut *tx).await?;
    let step = first.issuer.as_deref().map_or(FirstStep::Password, FirstStep::Provider);
    session_start::begin(step, core, tx, first.account, first.user, from, now).await
}

/// Returns the user who has taken the first step, if it was not too long ago.
pub(crate) async fn find(
    connection: &mut Connection,
    pending: &PendingSignIn,
    now: DateTime<Utc>,
) -> Result<First, Error> {
    let (since, until) = counted(SECOND_STEP_WITHIN, now);
    let found: Option<(Uuid, Uuid, Option<String>)> = sql::query_as(
        "SELECT pending_sign_ins.account_id, users.id, pending_sign_ins.issuer FROM pending_sign_ins
         JOIN users ON users.id = pending_sign_ins.user_id AND users.password_hash = pending_sign_ins.password_hash
         WHERE pending_sign_ins.token_hash = $1 AND pending_sign_ins.created_at > $2
            AND pending_sign_ins.created_at <= $3",
    )
    .bind(pending.hash())
    .bind(since)
    .bind(until)
    .fetch_optional(connection)
    .await?;
    let (account, user, issuer) = found.ok_or(Refusal::SignInOver)?;
    Ok(First { account: AccountId(account), user: UserId(user), issuer })
}
