//! A person's second factors: setting up and removing an authenticator app, recovery codes, and accounts that require a
//! second factor of every user. Passkeys have a file of their own.

use crate::audit::event::Event;
use crate::clock::CLOCK_SKEW;
use crate::db::database::{Connection, Tx, micros, require_row, time};
use crate::db::sql;
use crate::error::Error;
use crate::keys::sealing::SealingKey;
use crate::keys::server_key::{Purpose, ServerKey};
use crate::sign_in::passkeys;
use crate::store::Store;
use crate::{members::users, sign_in::throttle};
use chrono::{DateTime, Utc};
use domain::Refusal;
use domain::account::AccountId;
use domain::audit::action::Action;
use domain::members::membership::require_administrator;
use domain::members::user::{CurrentUser, UserId};
use domain::sign_in::second_factor::{
    CODE_DIGITS, GivenCode, RECOVERY_ALPHABET, RECOVERY_CODES, RECOVERY_LENGTH, SKEW, STEP_SECONDS, SecondFactors,
    SecondStepBy,
};
use rand::{Rng, RngExt};
use serde_json::json;
use std::fmt;
use std::net::IpAddr;
use totp_rs::{Algorithm, Builder, Secret, Totp};
use zeroize::Zeroizing;

/// Length of an authenticator's secret in bytes (RFC 4226, section 4, R6).
const SECRET_LENGTH: usize = 20;
/// The name that authenticator apps show beside the code.
const ISSUER: &str = "Kagitaba";

/// A new authenticator, to be shown once: its secret is stored sealed.
pub struct NewAuthenticator {
    /// The secret, as people type it.
    pub secret: Zeroizing<String>,
    /// The secret as an otpauth URL, for a QR code.
    pub url: Zeroizing<String>,
}

impl fmt::Debug for NewAuthenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewAuthenticator(…)")
    }
}

/// New recovery codes, to be shown once, without hyphens: only keyed hashes are stored.
pub struct RecoveryCodes(pub Vec<Zeroizing<String>>);

impl fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCodes(…)")
    }
}

/// The kind of a right code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RightCode {
    Authenticator,
    Recovery,
}

impl Store {
    /// Returns the current user's own second factors.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn second_factors(&self, by: &CurrentUser) -> Result<SecondFactors, Error> {
        let mut connection = self.pools().read.acquire().await?;
        let (since, codes, required): (Option<i64>, i64, bool) = sql::query_as(
            "SELECT (SELECT confirmed_at FROM authenticators WHERE user_id = $1),
                (SELECT COUNT(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL),
                second_factor_required
             FROM accounts WHERE id = $2",
        )
        .bind(by.user.id.0)
        .bind(by.account.0)
        .fetch_one(&mut connection)
        .await?;
        Ok(SecondFactors {
            authenticator_since: since.map(time).transpose()?,
            recovery_codes: u32::try_from(codes).unwrap_or_default(),
            passkeys: passkeys::passkeys_of(&mut connection, by.user.id).await?,
            required,
        })
    }

    /// Gives the current user a new authenticator, which counts once it is confirmed. An unconfirmed one is replaced.
    ///
    /// # Errors
    /// [`Refusal::AlreadyDone`] if they have one that counts; [`Error::Corrupt`] if an otpauth URL can't hold their
    /// e-mail address; [`Error::Database`].
    pub async fn begin_authenticator(&self, by: &CurrentUser) -> Result<NewAuthenticator, Error> {
        let mut secret = Zeroizing::new([0; SECRET_LENGTH]);
        rand::rng().fill_bytes(secret.as_mut());
        let totp = authenticator(secret.as_ref(), &by.user.email)?;
        let mut tx = self.pools().begin().await?;
        let begun = sql::query(
            "INSERT INTO authenticators (user_id, secret, created_at) VALUES ($1, $2, $3)
             ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at
             WHERE authenticators.confirmed_at IS NULL",
        )
        .bind(by.user.id.0)
        .bind(sealing_key(self.key()).seal(secret.as_ref(), &associated(by.user.id)))
        .bind(micros(self.clock().now()))
        .execute(&mut *tx)
        .await?;
        if begun.rows_affected() == 0 {
            return Err(Refusal::AlreadyDone.into());
        }
        tx.commit().await?;
        let url = totp.to_url().map_err(|error| Error::Corrupt(format!("an authenticator: {error}")))?;
        Ok(NewAuthenticator { secret: Zeroizing::new(totp.secret().to_base32()), url: Zeroizing::new(url) })
    }

    /// Confirms the current user's new authenticator with its first code: from then on signing in takes two steps.
    /// Returns new recovery codes; earlier ones no longer count.
    ///
    /// # Errors
    /// [`Refusal::WrongCode`]; [`Refusal::Throttled`] as [`Store::second_step`]; [`Refusal::AlreadyDone`] if it is confirmed
    /// already; [`Refusal::NotFound`] if there is none; [`Error::Database`], [`Error::Corrupt`].
    pub async fn confirm_authenticator(
        &self,
        by: &CurrentUser,
        code: &str,
        from: IpAddr,
    ) -> Result<RecoveryCodes, Error> {
        let user = by.user.id;
        let now = self.clock().now();
        let guess = guess_hash(self.key(), user);
        let mut tx = self.pools().begin().await?;
        throttle::attempt(&mut tx, now, &guess, from).await?;
        let confirmed = sql::query_scalar("SELECT confirmed_at IS NOT NULL FROM authenticators WHERE user_id = $1");
        if confirmed.bind(user.0).fetch_optional(&mut *tx).await?.ok_or(Refusal::NotFound)? {
            return Err(Refusal::AlreadyDone.into());
        }
        let right = match GivenCode::read(code) {
            Some(GivenCode::Authenticator(code)) => {
                take_authenticator_code(self, &mut tx, user, (&code, false), now).await?
            }
            _ => false,
        };
        if !right {
            tx.commit().await?; // keeps the failed attempt
            return Err(Refusal::WrongCode.into());
        }
        throttle::forgive(&mut tx, &guess).await?;
        let confirm = sql::query("UPDATE authenticators SET confirmed_at = $1 WHERE user_id = $2");
        require_row(&confirm.bind(micros(now)).bind(user.0).execute(&mut *tx).await?)?;
        let codes = new_recovery_codes(self.key(), &mut tx, user).await?;
        self.note_own(&mut tx, by, Action::SecondFactorSetUp).await?;
        tx.commit().await?;
        Ok(codes)
    }

    /// Gives the current user new recovery codes; earlier ones no longer count.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if they have no second factor; [`Error::Database`].
    pub async fn renew_recovery_codes(&self, by: &CurrentUser) -> Result<RecoveryCodes, Error> {
        let mut tx = self.pools().begin().await?;
        if !has_second_factor(&mut tx, by.user.id).await? {
            return Err(Refusal::NotFound.into());
        }
        let codes = new_recovery_codes(self.key(), &mut tx, by.user.id).await?;
        self.note_own(&mut tx, by, Action::RecoveryCodesRenewed).await?;
        tx.commit().await?;
        Ok(codes)
    }

    /// Removes the current user's authenticator: without a passkey, signing in then takes the password only, and the
    /// recovery codes are removed, too.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if they have none; [`Error::Database`].
    pub async fn switch_second_factor_off(&self, by: &CurrentUser) -> Result<(), Error> {
        let mut tx = self.pools().begin().await?;
        let removed = sql::query("DELETE FROM authenticators WHERE user_id = $1 AND confirmed_at IS NOT NULL");
        require_row(&removed.bind(by.user.id.0).execute(&mut *tx).await?)?;
        remove_idle_codes(&mut tx, by.user.id).await?;
        // If a passkey is left, only the authenticator is removed.
        let left = has_second_factor(&mut tx, by.user.id).await?;
        let action = if left { Action::AuthenticatorRemoved } else { Action::SecondFactorSwitchedOff };
        self.note_own(&mut tx, by, action).await?;
        Ok(tx.commit().await?)
    }

    /// Removes all second factors of a user who has lost them, for the person who runs the server. Returns whether
    /// there were any. The user's sessions end.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if no user has this e-mail address; [`Error::Database`].
    pub async fn reset_second_factor(&self, email: &str) -> Result<bool, Error> {
        let mut tx = self.pools().begin().await?;
        let user = users::named(&mut tx, email).await?.ok_or(Refusal::NotFound)?;
        let had = has_second_factor(&mut tx, user).await?;
        for table in ["authenticators", "passkeys", "recovery_codes", "sessions", "pending_sign_ins"] {
            if had {
                let remove = sqlx::AssertSqlSafe(format!("DELETE FROM {table} WHERE user_id = $1"));
                sql::query(remove).bind(user.0).execute(&mut *tx).await?;
            }
        }
        if let Some((account, _)) = users::membership(&mut tx, user).await?.filter(|_| had) {
            let action = Action::SecondFactorSwitchedOff;
            let event = Event { account, user: None, action, token: None, details: json!({ "user": user }) };
            event.record(self, &mut tx, self.clock().now()).await?;
        }
        tx.commit().await?;
        Ok(had)
    }

    /// Returns whether the account requires a second factor of every user.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if there is no such account; [`Error::Database`].
    pub async fn second_factor_required(&self, account: AccountId) -> Result<bool, Error> {
        let required = sql::query_scalar("SELECT second_factor_required FROM accounts WHERE id = $1");
        required.bind(account.0).fetch_optional(&self.pools().read).await?.ok_or(Refusal::NotFound.into())
    }

    /// Lets the current user's account require a second factor of every user, or no longer. Users who have none can
    /// then do nothing but set one up.
    ///
    /// # Errors
    /// [`Refusal::SecondFactorNeeded`] if it is switched on by a user who has none; [`Refusal::NotAllowed`] if the current
    /// user is no longer an active administrator; [`Error::Database`], [`Error::Corrupt`].
    pub async fn require_second_factor(&self, by: &CurrentUser, on: bool) -> Result<(), Error> {
        let mut tx = self.pools().begin().await?;
        require_administrator(&users::members(&mut tx, by.account).await?, by.user.id)?;
        if on && !has_second_factor(&mut tx, by.user.id).await? {
            return Err(Refusal::SecondFactorNeeded.into());
        }
        let changed = sql::query(
            "UPDATE accounts SET second_factor_required = $1 WHERE id = $2 AND second_factor_required <> $1",
        );
        if changed.bind(on).bind(by.account.0).execute(&mut *tx).await?.rows_affected() > 0 {
            let action = if on { Action::SecondFactorRequired } else { Action::SecondFactorNotRequired };
            self.note_own(&mut tx, by, action).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn note_own(&self, tx: &mut Tx, by: &CurrentUser, action: Action) -> Result<(), Error> {
        let event = Event { account: by.account, user: Some(by.user.id), action, token: None, details: json!({}) };
        event.record(self, tx, self.clock().now()).await
    }
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
    let (authenticator, passkey) = sql::query_as(has).bind(user.0).fetch_one(tx).await?;
    Ok(SecondStepBy { authenticator, passkey })
}

/// Removes the user's recovery codes if they have no second factor that the codes could stand in for.
pub(crate) async fn remove_idle_codes(tx: &mut Connection, user: UserId) -> Result<(), Error> {
    if !has_second_factor(tx, user).await? {
        sql::query("DELETE FROM recovery_codes WHERE user_id = $1").bind(user.0).execute(tx).await?;
    }
    Ok(())
}

/// Takes a code and returns its kind if it is right; it is used up then.
pub(crate) async fn take_code(
    store: &Store,
    tx: &mut Connection,
    user: UserId,
    code: &str,
    now: DateTime<Utc>,
) -> Result<Option<RightCode>, Error> {
    Ok(match GivenCode::read(code) {
        Some(GivenCode::Authenticator(code)) => {
            take_authenticator_code(store, tx, user, (&code, true), now).await?.then_some(RightCode::Authenticator)
        }
        Some(GivenCode::Recovery(code)) => {
            let taking = sql::query(
                "UPDATE recovery_codes SET used_at = $1 WHERE user_id = $2 AND code_hash = $3 AND used_at IS NULL",
            );
            let hash = recovery_hash(store.key(), user, &code);
            let taken = taking.bind(micros(now)).bind(user.0).bind(hash).execute(tx).await?;
            (taken.rows_affected() > 0).then_some(RightCode::Recovery)
        }
        None => None,
    })
}

/// Takes a code of the authenticator, confirmed or not as given, of this time step or one beside it, and later than the
/// last one taken.
async fn take_authenticator_code(
    store: &Store,
    tx: &mut Connection,
    user: UserId,
    (code, confirmed): (&str, bool),
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let sealed: Option<Vec<u8>> =
        sql::query_scalar("SELECT secret FROM authenticators WHERE user_id = $1 AND (confirmed_at IS NOT NULL) = $2")
            .bind(user.0)
            .bind(confirmed)
            .fetch_optional(&mut *tx)
            .await?;
    let Some(sealed) = sealed else { return Ok(false) };
    let secret = sealing_key(store.key()).open(&sealed, &associated(user));
    let secret = secret.ok_or_else(|| Error::Corrupt("an authenticator's secret".to_owned()))?;
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    let Some(step) = authenticator(&secret, "")?.check(code, seconds) else { return Ok(false) };
    let step = i64::try_from(step).unwrap_or(i64::MAX);
    // A last step in the future was stored by a clock that was ahead: it would lock the user out until it comes.
    let taken = "UPDATE authenticators SET last_step = $1 WHERE user_id = $2 AND (last_step < $1 OR last_step > $3)";
    let taken = sql::query(taken).bind(step).bind(user.0).bind(latest_step(now));
    Ok(taken.execute(tx).await?.rows_affected() > 0)
}

/// Returns the latest time step of which a code may have been taken by now.
fn latest_step(now: DateTime<Utc>) -> i64 {
    let seconds = u64::try_from((now + CLOCK_SKEW).timestamp()).unwrap_or_default();
    i64::try_from(seconds / STEP_SECONDS + u64::from(SKEW)).unwrap_or(i64::MAX)
}

/// Replaces all recovery codes of the user, and returns the new ones.
pub(crate) async fn new_recovery_codes(
    key: &ServerKey,
    tx: &mut Connection,
    user: UserId,
) -> Result<RecoveryCodes, Error> {
    sql::query("DELETE FROM recovery_codes WHERE user_id = $1").bind(user.0).execute(&mut *tx).await?;
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let code = recovery_code();
        sql::query("INSERT INTO recovery_codes (user_id, code_hash) VALUES ($1, $2)")
            .bind(user.0)
            .bind(recovery_hash(key, user, &code))
            .execute(&mut *tx)
            .await?;
        codes.push(code);
    }
    Ok(RecoveryCodes(codes))
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

/// Returns the hash by which guesses at a user's codes are counted. A correct password does not forgive them.
pub(crate) fn guess_hash(key: &ServerKey, user: UserId) -> Vec<u8> {
    key.hash_for(Purpose::SecondFactorGuess, user.0.as_bytes())
}

fn sealing_key(key: &ServerKey) -> SealingKey {
    SealingKey::derived(key, "authenticators")
}

fn associated(user: UserId) -> Vec<u8> {
    [b"authenticator of ".as_slice(), user.0.as_bytes()].concat()
}

/// Returns the authenticator with this secret.
fn authenticator(secret: &[u8], email: &str) -> Result<Totp, Error> {
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

    #[test]
    fn recovery_codes_are_read_back_and_differ() {
        let [one, two] = [(); 2].map(|()| recovery_code());
        assert_ne!(one, two);
        assert_eq!(GivenCode::read(&one), Some(GivenCode::Recovery(one.to_string())));
    }
}
