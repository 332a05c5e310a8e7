//! The challenges that passkeys sign, each kept until it is answered.

use crate::clock::counted;
use crate::core::Core;
use crate::db::database::{Connection, time};
use crate::db::sql;
use crate::error::Error;
use crate::sign_in::bearer::{Bearer, Kind};
use chrono::{DateTime, Utc};
use domain::Refusal;
use domain::gate::client_address;
use domain::members::user::UserId;
use domain::sign_in::second_factor::CHALLENGE_WITHIN;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::net::IpAddr;
use uuid::Uuid;

/// The most unanswered challenges that one user can have at a time or, for people who are not signed in, one network.
const UNANSWERED_MAX: i64 = 100;

/// The token that the browser sends back with its answer.
pub type ChallengeToken = Bearer<OfChallenge>;

/// The kind of [`ChallengeToken`].
#[derive(Debug)]
pub enum OfChallenge {}

impl Kind for OfChallenge {
    const NAME: &'static str = "ChallengeToken";
}

/// Stores a challenge until it is answered, by this user if there is one.
pub(crate) async fn keep(
    core: &Core,
    tx: &mut Connection,
    user: Option<UserId>,
    state: &impl Serialize,
    from: IpAddr,
) -> Result<ChallengeToken, Error> {
    let now = core.now();
    let network = client_address::network(from).to_string();
    let (since, until) = counted(CHALLENGE_WITHIN, now);
    let unanswered = match user {
        Some(user) => sql::query_as(
            "SELECT COUNT(*), MIN(created_at) FROM passkey_challenges
             WHERE user_id = $1 AND created_at > $2 AND created_at <= $3",
        )
        .bind(user),
        None => sql::query_as(
            "SELECT COUNT(*), MIN(created_at) FROM passkey_challenges
             WHERE user_id IS NULL AND address = $1 AND created_at > $2 AND created_at <= $3",
        )
        .bind(&network),
    };
    let (unanswered, oldest): (i64, Option<i64>) = unanswered.bind(since).bind(until).fetch_one(&mut *tx).await?;
    if unanswered >= UNANSWERED_MAX {
        let oldest = oldest.map(time).transpose()?.unwrap_or(now);
        let retry_after = (oldest + CHALLENGE_WITHIN - now).to_std().unwrap_or_default();
        return Err(Refusal::Throttled { retry_after }.into());
    }
    let token = ChallengeToken::generate();
    sql::query(
        "INSERT INTO passkey_challenges (token_hash, user_id, state, address, created_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(token.hash())
    .bind(user)
    .bind(serde_json::to_string(state).map_err(unreadable)?)
    .bind(network)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    Ok(token)
}

/// Takes the stored state of the challenge, which is used up then, whatever the answer is.
pub(crate) async fn take<T: DeserializeOwned>(
    core: &Core,
    user: Option<UserId>,
    token: &ChallengeToken,
    now: DateTime<Utc>,
) -> Result<T, Error> {
    let (since, until) = counted(CHALLENGE_WITHIN, now);
    let mut tx = core.begin().await?;
    let kept: Option<(Option<Uuid>, String)> = sql::query_as(
        "DELETE FROM passkey_challenges WHERE token_hash = $1 AND created_at > $2 AND created_at <= $3
         RETURNING user_id, state",
    )
    .bind(token.hash())
    .bind(since)
    .bind(until)
    .fetch_optional(&mut *tx)
    .await?;
    tx.commit().await?;
    let kept = kept.filter(|(whose, _)| *whose == user.map(|user| user.0));
    let (_, state) = kept.ok_or(Refusal::WrongPasskey)?;
    // A challenge of the other kind, to add a passkey or to use one, is none here.
    serde_json::from_str(&state).map_err(wrong)
}

/// Removes the challenges that can no longer be answered. Returns their number.
pub(crate) async fn remove_ended(tx: &mut Connection, now: DateTime<Utc>) -> Result<u64, Error> {
    let (since, until) = counted(CHALLENGE_WITHIN, now);
    let ended = sql::query("DELETE FROM passkey_challenges WHERE created_at <= $1 OR created_at > $2");
    Ok(ended.bind(since).bind(until).execute(tx).await?.rows_affected())
}

/// Logs why a passkey was refused, which the error does not say.
pub(crate) fn wrong(error: impl fmt::Display) -> Error {
    tracing::info!(%error, "a passkey was refused");
    Refusal::WrongPasskey.into()
}

pub(crate) fn unreadable(error: impl fmt::Display) -> Error {
    Error::Corrupt(format!("a passkey: {error}"))
}
