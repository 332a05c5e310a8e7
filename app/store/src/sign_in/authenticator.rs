//! Authenticator apps: their secrets, and the codes that they show (RFC 6238).

use crate::clock::CLOCK_SKEW;
use crate::core::Core;
use crate::db::database::Connection;
use crate::db::sql;
use crate::error::Error;
use crate::keys::sealing::SealingKey;
use crate::keys::server_key::ServerKey;
use chrono::{DateTime, Utc};
use domain::members::user::UserId;
use domain::sign_in::second_factor::{CODE_DIGITS, SKEW, STEP_SECONDS};
use totp_rs::{Algorithm, Builder, Secret, Totp};

/// Length of an authenticator's secret in bytes (RFC 4226, section 4, R6).
pub(crate) const SECRET_LENGTH: usize = 20;

/// The name that authenticator apps show beside the code.
const ISSUER: &str = "Kagitaba";

/// Takes a code of the authenticator, confirmed or not as given, of this time step or one beside it, and later than the
/// last one taken.
pub(crate) async fn take_authenticator_code(
    core: &Core,
    tx: &mut Connection,
    user: UserId,
    (given, confirmed): (&str, bool),
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let sealed: Option<Vec<u8>> =
        sql::query_scalar("SELECT secret FROM authenticators WHERE user_id = $1 AND (confirmed_at IS NOT NULL) = $2")
            .bind(user)
            .bind(confirmed)
            .fetch_optional(&mut *tx)
            .await?;
    let Some(sealed) = sealed else { return Ok(false) };
    let secret = sealing_key(core.key()).open(&sealed, &associated(user));
    let secret = secret.ok_or_else(|| Error::Corrupt("an authenticator's secret".to_owned()))?;
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    let Some(step) = authenticator(&secret, "")?.check(given, seconds) else { return Ok(false) };
    let step = i64::try_from(step).unwrap_or(i64::MAX);
    // A last step in the future was stored by a clock that was ahead: it would lock the user out until it comes.
    let taken = "UPDATE authenticators SET last_step = $1 WHERE user_id = $2 AND (last_step < $1 OR last_step > $3)";
    let taken = sql::query(taken).bind(step).bind(user).bind(latest_step(now));
    Ok(taken.execute(tx).await?.rows_affected() > 0)
}

/// Returns the latest time step of which a code may have been taken by now.
fn latest_step(now: DateTime<Utc>) -> i64 {
    let seconds = u64::try_from((now + CLOCK_SKEW).timestamp()).unwrap_or_default();
    i64::try_from(seconds / STEP_SECONDS + u64::from(SKEW)).unwrap_or(i64::MAX)
}

pub(crate) fn sealing_key(key: &ServerKey) -> SealingKey {
    SealingKey::derived(key, "authenticators")
}

pub(crate) fn associated(user: UserId) -> Vec<u8> {
    [b"authenticator of ".as_slice(), user.0.as_bytes()].concat()
}

/// Returns the authenticator with this secret.
pub(crate) fn authenticator(secret: &[u8], email: &str) -> Result<Totp, Error> {
    let digits = u8::try_from(CODE_DIGITS).unwrap_or_default();
    let builder = Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(digits)
        .with_skew(SKEW)
        .with_step_duration(STEP_SECONDS)
        .with_secret(Secret::new(secret.into()))
        .with_issuer(Some(ISSUER))
        .with_account_name(email);
    builder.build().map_err(|error| Error::Corrupt(format!("an authenticator: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vectors of RFC 6238, appendix B, cut to six digits.
    #[test]
    fn authenticator_codes_match_rfc_6238() {
        let totp = authenticator(b"12345678901234567890", "").unwrap();
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
            assert_eq!(totp.check(code, seconds), Some(seconds / STEP_SECONDS), "{code}");
            assert_eq!(totp.check(code, seconds + 2 * STEP_SECONDS), None, "{code}");
        }
    }

    #[test]
    fn otpauth_url_names_product_and_person() {
        let url = authenticator(&[7; SECRET_LENGTH], "aya+1@agency.example").unwrap().to_url().unwrap();
        assert!(url.starts_with("otpauth://totp/Kagitaba:aya%2B1%40agency.example?secret="), "{url}");
        assert!(url.ends_with("&issuer=Kagitaba"), "{url}");
    }
}
