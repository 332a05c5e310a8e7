//! A person's second factors: setting up and removing an authenticator app, and recovery codes. Passkeys have a file of
//! their own.

use crate::audit::event::Event;
use crate::db::database::{Tx, require_row, time};
use crate::db::sql;
use crate::error::Error;
use crate::members::rows;
use crate::sign_in::SigningIn;
use crate::sign_in::authenticator::{SECRET_LENGTH, associated, authenticator, sealing_key, take_authenticator_code};
use crate::sign_in::factors::{guess_hash, has_second_factor, passkeys_of, remove_idle_codes};
use crate::sign_in::recovery_codes::{RecoveryCodes, new_recovery_codes};
use crate::sign_in::throttle;
use domain::Refusal;
use domain::audit::action::Action;
use domain::members::user::CurrentUser;
use domain::sign_in::second_factor::{GivenCode, SecondFactors};
use rand::Rng;
use serde_json::json;
use std::fmt;
use std::net::IpAddr;
use zeroize::Zeroizing;

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

impl SigningIn<'_> {
    /// Returns the current user's own second factors.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn second_factors(self, by: &CurrentUser) -> Result<SecondFactors, Error> {
        let mut connection = self.core.read().acquire().await?;
        let (since, codes, required): (Option<i64>, i64, bool) = sql::query_as(
            "SELECT (SELECT confirmed_at FROM authenticators WHERE user_id = $1),
                (SELECT COUNT(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL),
                second_factor_required
             FROM accounts WHERE id = $2",
        )
        .bind(by.user.id)
        .bind(by.account)
        .fetch_one(&mut connection)
        .await?;
        Ok(SecondFactors {
            authenticator_since: since.map(time).transpose()?,
            recovery_codes: u32::try_from(codes).unwrap_or_default(),
            passkeys: passkeys_of(&mut connection, by.user.id).await?,
            required,
        })
    }

    /// Gives the current user a new authenticator, which counts once it is confirmed. An unconfirmed one is replaced.
    ///
    /// # Errors
    /// [`Refusal::AlreadyDone`] if they have one that counts; [`Error::Corrupt`] if an otpauth URL can't hold their
    /// e-mail address; [`Error::Database`].
    pub async fn begin_authenticator(self, by: &CurrentUser) -> Result<NewAuthenticator, Error> {
        let mut secret = Zeroizing::new([0; SECRET_LENGTH]);
        rand::rng().fill_bytes(secret.as_mut());
        let totp = authenticator(secret.as_ref(), &by.user.email)?;
        let mut tx = self.core.begin().await?;
        let begun = sql::query(
            "INSERT INTO authenticators (user_id, secret, created_at) VALUES ($1, $2, $3)
             ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at
             WHERE authenticators.confirmed_at IS NULL",
        )
        .bind(by.user.id)
        .bind(sealing_key(self.core.key()).seal(secret.as_ref(), &associated(by.user.id)))
        .bind(self.core.now())
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
    /// [`Refusal::WrongCode`]; [`Refusal::Throttled`] as [`SigningIn::second_step`]; [`Refusal::AlreadyDone`] if it is
    /// confirmed already; [`Refusal::NotFound`] if there is none; [`Error::Database`], [`Error::Corrupt`].
    pub async fn confirm_authenticator(
        self,
        by: &CurrentUser,
        code: &str,
        from: IpAddr,
    ) -> Result<RecoveryCodes, Error> {
        let user = by.user.id;
        let now = self.core.now();
        let guess = guess_hash(self.core.key(), user);
        let mut tx = self.core.begin().await?;
        throttle::attempt(&mut tx, now, &guess, from).await?;
        let confirmed = sql::query_scalar("SELECT confirmed_at IS NOT NULL FROM authenticators WHERE user_id = $1");
        if confirmed.bind(user).fetch_optional(&mut *tx).await?.ok_or(Refusal::NotFound)? {
            return Err(Refusal::AlreadyDone.into());
        }
        let right = match GivenCode::read(code) {
            Some(GivenCode::Authenticator(code)) => {
                take_authenticator_code(self.core, &mut tx, user, (&code, false), now).await?
            }
            _ => false,
        };
        if !right {
            tx.commit().await?; // keeps the failed attempt
            return Err(Refusal::WrongCode.into());
        }
        throttle::forgive(&mut tx, &guess).await?;
        let confirm = sql::query("UPDATE authenticators SET confirmed_at = $1 WHERE user_id = $2");
        require_row(&confirm.bind(now).bind(user).execute(&mut *tx).await?)?;
        let codes = new_recovery_codes(self.core.key(), &mut tx, user).await?;
        self.note_own(&mut tx, by, Action::SecondFactorSetUp).await?;
        tx.commit().await?;
        Ok(codes)
    }

    /// Gives the current user new recovery codes; earlier ones no longer count.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if they have no second factor; [`Error::Database`].
    pub async fn renew_recovery_codes(self, by: &CurrentUser) -> Result<RecoveryCodes, Error> {
        let mut tx = self.core.begin().await?;
        if !has_second_factor(&mut tx, by.user.id).await? {
            return Err(Refusal::NotFound.into());
        }
        let codes = new_recovery_codes(self.core.key(), &mut tx, by.user.id).await?;
        self.note_own(&mut tx, by, Action::RecoveryCodesRenewed).await?;
        tx.commit().await?;
        Ok(codes)
    }

    /// Removes the current user's authenticator: without a passkey, signing in then takes the password only, and the
    /// recovery codes are removed, too.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if they have none; [`Error::Database`].
    pub async fn switch_second_factor_off(self, by: &CurrentUser) -> Result<(), Error> {
        let mut tx = self.core.begin().await?;
        let removed = sql::query("DELETE FROM authenticators WHERE user_id = $1 AND confirmed_at IS NOT NULL");
        require_row(&removed.bind(by.user.id).execute(&mut *tx).await?)?;
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
    pub async fn reset_second_factor(self, email: &str) -> Result<bool, Error> {
        let mut tx = self.core.begin().await?;
        let user = rows::named(&mut tx, email).await?.ok_or(Refusal::NotFound)?;
        let had = has_second_factor(&mut tx, user).await?;
        for table in ["authenticators", "passkeys", "recovery_codes", "sessions", "pending_sign_ins"] {
            if had {
                let remove = sqlx::AssertSqlSafe(format!("DELETE FROM {table} WHERE user_id = $1"));
                sql::query(remove).bind(user).execute(&mut *tx).await?;
            }
        }
        if let Some((account, _)) = rows::membership(&mut tx, user).await?.filter(|_| had) {
            let action = Action::SecondFactorSwitchedOff;
            Event::of(action, account)
                .with(json!({ "user": user }))
                .record(self.core, &mut tx, self.core.now())
                .await?;
        }
        tx.commit().await?;
        Ok(had)
    }

    async fn note_own(self, tx: &mut Tx, by: &CurrentUser, action: Action) -> Result<(), Error> {
        Event::of(action, by.account).by(by.user.id).record(self.core, tx, self.core.now()).await
    }
}
