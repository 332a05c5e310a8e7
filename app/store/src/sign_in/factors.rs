//! The second factors that a user has, and the codes that prove them.

use crate::core::Core;
use crate::db::database::{Connection, time};
use crate::db::sql;
use crate::error::Error;
use crate::keys::server_key::{Purpose, ServerKey};
use crate::sign_in::authenticator::take_authenticator_code;
use crate::sign_in::recovery_codes;
use chrono::{DateTime, Utc};
use domain::members::user::UserId;
use domain::sign_in::second_factor::{GivenCode, OwnPasskey, PasskeyId, SecondStepBy};
use uuid::Uuid;

/// The kind of a right code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RightCode {
    Authenticator,
    Recovery,
}

/// Returns whether the user has a second factor that counts.
pub(crate) async fn has_second_factor(tx: &mut Connection, user: UserId) -> Result<bool, Error> {
    let SecondStepBy { authenticator, passkey } = second_step_by(tx, user).await?;
    Ok(authenticator || passkey)
}

/// Returns which second factors the user has.
pub(crate) async fn second_step_by(tx: &mut Connection, user: UserId) -> Result<SecondStepBy, Error> {
    let has = "SELECT EXISTS (SELECT 1 FROM authenticators WHERE user_id = $1 AND confirmed_at IS NOT NULL),
        EXISTS (SELECT 1 FROM passkeys WHERE user_id = $1)";
    let (authenticator, passkey) = sql::query_as(has).bind(user).fetch_one(tx).await?;
    Ok(SecondStepBy { authenticator, passkey })
}

/// Returns the user's passkeys, oldest first.
pub(crate) async fn passkeys_of(connection: &mut Connection, user: UserId) -> Result<Vec<OwnPasskey>, Error> {
    let rows: Vec<(Uuid, String, i64, Option<i64>)> = sql::query_as(
        "SELECT id, name, created_at, last_used_at FROM passkeys WHERE user_id = $1 ORDER BY created_at, id",
    )
    .bind(user)
    .fetch_all(connection)
    .await?;
    let passkey = |(id, name, created_at, last_used_at): (_, _, _, Option<i64>)| {
        let last_used_at = last_used_at.map(time).transpose()?;
        Ok(OwnPasskey { id: PasskeyId(id), name, created_at: time(created_at)?, last_used_at })
    };
    rows.into_iter().map(passkey).collect()
}

/// Removes the user's recovery codes if they have no second factor that the codes could stand in for.
pub(crate) async fn remove_idle_codes(tx: &mut Connection, user: UserId) -> Result<(), Error> {
    if !has_second_factor(tx, user).await? {
        sql::query("DELETE FROM recovery_codes WHERE user_id = $1").bind(user).execute(tx).await?;
    }
    Ok(())
}

/// Takes a code and returns its kind if it is right; it is used up then.
pub(crate) async fn take_code(
    core: &Core,
    tx: &mut Connection,
    user: UserId,
    given: &str,
    now: DateTime<Utc>,
) -> Result<Option<RightCode>, Error> {
    Ok(match GivenCode::read(given) {
        Some(GivenCode::Authenticator(digits)) => {
            take_authenticator_code(core, tx, user, (&digits, true), now).await?.then_some(RightCode::Authenticator)
        }
        Some(GivenCode::Recovery(word)) => {
            recovery_codes::take(core.key(), tx, user, &word, now).await?.then_some(RightCode::Recovery)
        }
        None => None,
    })
}

/// Returns the hash by which guesses at a user's codes are counted. A correct password does not forgive them.
pub(crate) fn guess_hash(key: &ServerKey, user: UserId) -> Vec<u8> {
    key.hash_for(Purpose::SecondFactorGuess, user.0.as_bytes())
}
