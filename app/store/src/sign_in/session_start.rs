//! The start of a session and its end, whichever way the person has signed in.

use crate::audit::event::Event;
use crate::clock::id_at;
use crate::core::Core;
use crate::db::database::{Connection, require_row};
use crate::db::sql;
use crate::error::Error;
use crate::sign_in::bearer::{Bearer, Kind};
use chrono::{DateTime, Utc};
use domain::Refusal;
use domain::account::AccountId;
use domain::audit::action::Action;
use domain::members::user::{CurrentUser, UserId};
use domain::sign_in::session::USER_AGENT_MAX;
use serde_json::json;
use std::net::IpAddr;
use uuid::Uuid;

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

/// The content of a session's cookie.
pub type SessionToken = Bearer<OfSession>;

/// The kind of [`SessionToken`].
#[derive(Debug)]
pub enum OfSession {}

impl Kind for OfSession {
    const NAME: &'static str = "SessionToken";
}

/// Returns the account that the user joined first, of those in which they are active.
pub(crate) async fn first_account(connection: &mut Connection, user: UserId) -> Result<Option<AccountId>, Error> {
    let account: Option<Uuid> = sql::query_scalar(
        "SELECT account_id FROM memberships WHERE user_id = $1 AND state = 'active'
         ORDER BY created_at, account_id LIMIT 1",
    )
    .bind(user)
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

/// Begins a session of the user in the account, after this step, and ends the one that the browser had. The caller has
/// verified who the user is.
///
/// # Errors
/// [`Refusal::WrongCredentials`] if they are not an active user of it, perhaps since a moment ago.
pub(crate) async fn begin(
    step: FirstStep<'_>,
    core: &Core,
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
        end(before, core, tx, now).await?;
    }
    let token = SessionToken::generate();
    sql::query(
        "INSERT INTO sessions
            (token_hash, id, account_id, user_id, created_at, authenticated_at, last_seen_at, address, user_agent)
         VALUES ($1, $2, $3, $4, $5, $6, $5, $7, $8)",
    )
    .bind(token.hash())
    .bind(id_at(now))
    .bind(account)
    .bind(user)
    .bind(now)
    .bind(authenticated_at)
    .bind(from.address.to_string())
    .bind(from.user_agent.chars().take(USER_AGENT_MAX).collect::<String>())
    .execute(&mut *tx)
    .await?;
    Event::of(Action::SignedIn, account).by(user).with(details).record(core, tx, now).await?;
    Ok(token)
}

/// Ends the session, if there is one.
pub(crate) async fn end(
    token: &SessionToken,
    core: &Core,
    tx: &mut Connection,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let ended = sql::query_as("DELETE FROM sessions WHERE token_hash = $1 RETURNING account_id, user_id");
    let ended: Option<(Uuid, Uuid)> = ended.bind(token.hash()).fetch_optional(&mut *tx).await?;
    let Some((account, user)) = ended else { return Ok(()) };
    Event::of(Action::SignedOut, AccountId(account)).by(UserId(user)).record(core, tx, now).await
}

/// Gives the session a new token, and records that the password, or a passkey in its place, was given now.
pub(crate) async fn renew(
    session: &SessionToken,
    core: &Core,
    tx: &mut Connection,
    by: &CurrentUser,
) -> Result<SessionToken, Error> {
    let new = SessionToken::generate();
    let renewed =
        sql::query("UPDATE sessions SET token_hash = $1, authenticated_at = $2 WHERE token_hash = $3 AND user_id = $4")
            .bind(new.hash())
            .bind(core.now())
            .bind(session.hash())
            .bind(by.user.id)
            .execute(tx)
            .await?;
    require_row(&renewed)?;
    Ok(new)
}

/// Records that the user uses the account at this time. Returns whether they are an active user of it.
pub(crate) async fn see(
    tx: &mut Connection,
    account: AccountId,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let seen = sql::query(
        "UPDATE memberships SET last_seen_at = $1 WHERE account_id = $2 AND user_id = $3 AND state = 'active'",
    )
    .bind(now)
    .bind(account)
    .bind(user)
    .execute(tx)
    .await?;
    Ok(seen.rows_affected() > 0)
}
