//! Recovery codes, which stand in for a lost second factor, each once.

use crate::db::database::Connection;
use crate::db::sql;
use crate::error::Error;
use crate::keys::server_key::ServerKey;
use chrono::{DateTime, Utc};
use domain::members::user::UserId;
use domain::sign_in::second_factor::{RECOVERY_ALPHABET, RECOVERY_CODES, RECOVERY_LENGTH};
use rand::RngExt;
use std::fmt;
use zeroize::Zeroizing;

/// New recovery codes, to be shown once, without hyphens: only keyed hashes are stored.
pub struct RecoveryCodes(pub Vec<Zeroizing<String>>);

impl fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCodes(…)")
    }
}

/// Replaces all recovery codes of the user, and returns the new ones.
pub(crate) async fn new_recovery_codes(
    key: &ServerKey,
    tx: &mut Connection,
    user: UserId,
) -> Result<RecoveryCodes, Error> {
    sql::query("DELETE FROM recovery_codes WHERE user_id = $1").bind(user).execute(&mut *tx).await?;
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let code = recovery_code();
        sql::query("INSERT INTO recovery_codes (user_id, code_hash) VALUES ($1, $2)")
            .bind(user)
            .bind(recovery_hash(key, user, &code))
            .execute(&mut *tx)
            .await?;
        codes.push(code);
    }
    Ok(RecoveryCodes(codes))
}

/// Takes a recovery code and returns whether it is right; it is used up then.
pub(crate) async fn take(
    key: &ServerKey,
    tx: &mut Connection,
    user: UserId,
    code: &str,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let taking =
        sql::query("UPDATE recovery_codes SET used_at = $1 WHERE user_id = $2 AND code_hash = $3 AND used_at IS NULL");
    let taken = taking.bind(now).bind(user).bind(recovery_hash(key, user, code)).execute(tx).await?;
    Ok(taken.rows_affected() > 0)
}

fn recovery_code() -> Zeroizing<String> {
    let mut random = rand::rng();
    let mut code = Zeroizing::new(String::with_capacity(RECOVERY_LENGTH));
    code.extend(
        (0..RECOVERY_LENGTH).map(|_| char::from(RECOVERY_ALPHABET[random.random_range(0..RECOVERY_ALPHABET.len())])),
    );
    code
}

fn recovery_hash(key: &ServerKey, user: UserId, code: &str) -> Vec<u8> {
    key.hash([b"recovery code\xff".as_slice(), user.0.as_bytes(), code.as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::sign_in::second_factor::GivenCode;

    #[test]
    fn recovery_codes_are_read_back_and_differ() {
        let [one, two] = [(); 2].map(|()| recovery_code());
        assert_ne!(one, two);
        assert_eq!(GivenCode::read(&one), Some(GivenCode::Recovery(one.to_string())));
    }
}
