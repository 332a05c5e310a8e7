//! Passkeys: adding, removing and using them: to sign in without a password, as the second step, and in place of the
//! password for step-up. Every use takes the person's PIN or biometrics (user verification), so it counts as two
//! factors.

use crate::audit::event::Event;
use crate::clock::id_at;
use crate::db::database::Connection;
use crate::db::sql;
use crate::error::Error;
use crate::keys::server_key::Purpose;
use crate::sign_in::SigningIn;
use crate::sign_in::challenges::{self, ChallengeToken, unreadable, wrong};
use crate::sign_in::factors::{has_second_factor, remove_idle_codes};
use crate::sign_in::recovery_codes::{RecoveryCodes, new_recovery_codes};
use crate::sign_in::second_step::{self, PendingSignIn};
use crate::sign_in::session_start::{self, Client, FirstStep, SessionToken};
use crate::sign_in::throttle;
use chrono::{DateTime, Utc};
use domain::Refusal;
use domain::audit::action::Action;
use domain::members::user::{CurrentUser, UserId};
use domain::sign_in::second_factor::{PASSKEYS_MAX, PasskeyId};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use uuid::Uuid;
use webauthn_rs::prelude::{
    Credential, CredentialID, DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Url, Webauthn, WebauthnBuilder,
};

/// The name that people's authenticators show beside the address.
const NAME: &str = "Kagitaba";

/// The position of the flags in authenticator data, after the hash of the site's domain (Web Authentication Level 3,
/// 6.1).
const FLAGS_AT: usize = 32;
/// The flag of a passkey that can be backed up (BE).
const BACKUP_ELIGIBLE: u8 = 0x08;

/// The site that passkeys are for: an origin with a domain, by which browsers know them.
#[derive(Clone)]
pub struct RelyingParty(Arc<Webauthn>);

impl RelyingParty {
    /// Returns the site with this origin, such as `https://keys.example`; `None` if it has no domain. An IP address can
    /// have no passkeys.
    #[must_use]
    pub fn of(origin: &str) -> Option<Self> {
        let origin = Url::parse(origin).ok()?;
        let webauthn = WebauthnBuilder::new(origin.domain()?, &origin).ok()?.rp_name(NAME).build().ok()?;
        Some(Self(Arc::new(webauthn)))
    }
}

impl fmt::Debug for RelyingParty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RelyingParty").field(&self.0.get_allowed_origins()).finish()
    }
}

/// A challenge for the browser to have signed.
#[derive(Debug)]
pub struct Challenge {
    /// The token by which the answer is matched to the challenge.
    pub token: ChallengeToken,
    /// `PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON` (Web Authentication Level
    /// 3).
    pub options: String,
}

/// A passkey's answer to a challenge of this site.
#[derive(Debug, Clone)]
pub struct PasskeyAnswer {
    /// The site.
    pub party: RelyingParty,
    /// The token of the challenge.
    pub token: ChallengeToken,
    /// `RegistrationResponseJSON` or `AuthenticationResponseJSON` (Web Authentication Level 3), as the browser sent it.
    pub json: String,
}

impl SigningIn<'_> {
    /// Begins to add a passkey of the current user.
    ///
    /// # Errors
    /// [`Refusal::TooManyPasskeys`]; [`Error::Corrupt`], [`Error::Database`].
    pub async fn begin_passkey(self, by: &CurrentUser, party: &RelyingParty, from: IpAddr) -> Result<Challenge, Error> {
        let mut tx = self.core.begin().await?;
        let known: Vec<CredentialID> = sql::query_scalar("SELECT credential_id FROM passkeys WHERE user_id = $1")
            .bind(by.user.id)
            .fetch_all(&mut *tx)
            .await?;
        if known.len() >= PASSKEYS_MAX {
            return Err(Refusal::TooManyPasskeys.into());
        }
        let (user, email) = (by.user.id.0, by.user.email.as_str());
        let (options, state) =
            party.0.start_passkey_registration(user, email, &by.user.name, Some(known)).map_err(unreadable)?;
        let mut options = serde_json::to_value(options.public_key).map_err(unreadable)?;
        // It has to be found without an e-mail address.
        options["authenticatorSelection"]["residentKey"] = json!("required");
        options["authenticatorSelection"]["requireResidentKey"] = json!(true);
        let token = challenges::keep(self.core, &mut tx, Some(by.user.id), &state, from).await?;
        tx.commit().await?;
        Ok(Challenge { token, options: options.to_string() })
    }

    /// Adds the passkey that answers the challenge, under this name, which `domain` has checked. Returns recovery codes
    /// if it is the current user's first second factor.
    ///
    /// # Errors
    /// [`Refusal::WrongPasskey`] if the answer is not to a challenge of the current user from the last
    /// `CHALLENGE_WITHIN`, or the passkey is known already; [`Refusal::TooManyPasskeys`]; [`Error::Database`],
    /// [`Error::Corrupt`].
    pub async fn add_passkey(
        self,
        by: &CurrentUser,
        answer: &PasskeyAnswer,
        name: &str,
    ) -> Result<Option<RecoveryCodes>, Error> {
        let now = self.core.now();
        let state: PasskeyRegistration = challenges::take(self.core, Some(by.user.id), &answer.token, now).await?;
        let given: RegisterPublicKeyCredential = read(&answer.json)?;
        let passkey = answer.party.0.finish_passkey_registration(&given, &state).map_err(wrong)?;
        let mut tx = self.core.begin().await?;
        let known = sql::query_scalar("SELECT COUNT(*) FROM passkeys WHERE user_id = $1").bind(by.user.id);
        let known: i64 = known.fetch_one(&mut *tx).await?;
        if usize::try_from(known).is_ok_and(|known| known >= PASSKEYS_MAX) {
            return Err(Refusal::TooManyPasskeys.into());
        }
        let first = !has_second_factor(&mut tx, by.user.id).await?;
        let added = sql::query(
            "INSERT INTO passkeys (id, user_id, credential_id, name, passkey, created_at)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (credential_id) DO NOTHING",
        )
        .bind(id_at(now))
        .bind(by.user.id)
        .bind(passkey.cred_id().clone())
        .bind(name)
        .bind(serde_json::to_string(&passkey).map_err(unreadable)?)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        if added.rows_affected() == 0 {
            return Err(Refusal::WrongPasskey.into());
        }
        let codes = if first { Some(new_recovery_codes(self.core.key(), &mut tx, by.user.id).await?) } else { None };
        Event::of(Action::PasskeyAdded, by.account)
            .by(by.user.id)
            .with(json!({ "name": name }))
            .record(self.core, &mut tx, now)
            .await?;
        tx.commit().await?;
        Ok(codes)
    }

    /// Removes a passkey of the current user and, with their last second factor, the recovery codes.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if it is gone, or another user's; [`Error::Database`].
    pub async fn remove_passkey(self, by: &CurrentUser, id: PasskeyId) -> Result<(), Error> {
        let mut tx = self.core.begin().await?;
        let removed: Option<String> =
            sql::query_scalar("DELETE FROM passkeys WHERE id = $1 AND user_id = $2 RETURNING name")
                .bind(id)
                .bind(by.user.id)
                .fetch_optional(&mut *tx)
                .await?;
        let name = removed.ok_or(Refusal::NotFound)?;
        remove_idle_codes(&mut tx, by.user.id).await?;
        Event::of(Action::PasskeyRemoved, by.account)
            .by(by.user.id)
            .with(json!({ "name": name }))
            .record(self.core, &mut tx, self.core.now())
            .await?;
        Ok(tx.commit().await?)
    }

    /// Begins to ask for a passkey of any user.
    ///
    /// # Errors
    /// [`Refusal::Throttled`] if the network of the address `from` has a hundred unanswered challenges;
    /// [`Error::Corrupt`], [`Error::Database`].
    pub async fn ask_for_passkey(self, party: &RelyingParty, from: IpAddr) -> Result<Challenge, Error> {
        self.ask(party, None, from).await
    }

    /// Begins to ask for a passkey of the current user; returns `None` if they have none.
    ///
    /// # Errors
    /// [`Refusal::Throttled`] if they have a hundred unanswered challenges; [`Error::Corrupt`], [`Error::Database`].
    pub async fn ask_for_own_passkey(
        self,
        by: &CurrentUser,
        party: &RelyingParty,
        from: IpAddr,
    ) -> Result<Option<Challenge>, Error> {
        let has = sql::query_scalar("SELECT EXISTS (SELECT 1 FROM passkeys WHERE user_id = $1)").bind(by.user.id);
        if !has.fetch_one(self.core.read()).await? {
            return Ok(None);
        }
        self.ask(party, Some(by.user.id), from).await.map(Some)
    }

    /// Begins a session of the passkey's user, in the account that they joined first.
    ///
    /// # Errors
    /// [`Refusal::WrongPasskey`] if it is not known, the answer is not to a challenge from the last
    /// `CHALLENGE_WITHIN`, or its user is active in no account; [`Error::Database`], [`Error::Corrupt`].
    pub async fn with_passkey(self, answer: &PasskeyAnswer, from: impl Into<Client>) -> Result<SessionToken, Error> {
        let now = self.core.now();
        let state = challenges::take(self.core, None, &answer.token, now).await?;
        let mut tx = self.core.begin().await?;
        let (user, name) = self.verify_passkey(&mut tx, answer, state, None, now).await?;
        let account = session_start::first_account(&mut tx, user).await?.ok_or(Refusal::WrongPasskey)?;
        let session =
            session_start::begin(FirstStep::Passkey(&name), self.core, &mut tx, account, user, &from.into(), now)
                .await?;
        tx.commit().await?;
        Ok(session)
    }

    /// Takes the second step of signing in with a passkey.
    ///
    /// # Errors
    /// [`Refusal::SignInOver`] and [`Refusal::Throttled`] as [`SigningIn::second_step`]; [`Refusal::WrongPasskey`] if
    /// it is not known or not the user's, or the answer is not to a challenge from the last `CHALLENGE_WITHIN`;
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn second_step_with_passkey(
        self,
        pending: &PendingSignIn,
        answer: &PasskeyAnswer,
        from: impl Into<Client>,
    ) -> Result<SessionToken, Error> {
        let now = self.core.now();
        let state = challenges::take(self.core, None, &answer.token, now).await?;
        let mut tx = self.core.begin().await?;
        let first = second_step::find(&mut tx, pending, now).await?;
        let from = from.into();
        // Counted separately: wrong codes do not lock the passkey out.
        let guess = self
            .core
            .key()
            .hash_for(Purpose::SecondFactorGuess, [b"passkey of ", first.user.0.as_bytes().as_slice()].concat());
        throttle::attempt(&mut tx, now, &guess, from.address).await?;
        match self.verify_passkey(&mut tx, answer, state, Some(first.user), now).await {
            Err(Error::Refused(Refusal::WrongPasskey)) => {
                Event::of(Action::SecondStepFailed, first.account)
                    .by(first.user)
                    .record(self.core, &mut tx, now)
                    .await?;
                tx.commit().await?;
                return Err(Refusal::WrongPasskey.into());
            }
            verified => verified?,
        };
        throttle::forgive(&mut tx, &guess).await?;
        let session = second_step::finish(self.core, &mut tx, pending, &first, &from, now).await?;
        tx.commit().await?;
        Ok(session)
    }

    /// Takes a passkey of the current user in place of their password. The session goes on under a new token; the old
    /// one ends.
    ///
    /// # Errors
    /// [`Refusal::WrongPasskey`] as [`SigningIn::second_step_with_passkey`]; [`Refusal::NotFound`] if the session is
    /// over, or not the current user's; [`Error::Database`], [`Error::Corrupt`].
    pub async fn give_passkey_again(
        self,
        by: &CurrentUser,
        session: &SessionToken,
        answer: &PasskeyAnswer,
    ) -> Result<SessionToken, Error> {
        let now = self.core.now();
        let state = challenges::take(self.core, Some(by.user.id), &answer.token, now).await?;
        let mut tx = self.core.begin().await?;
        self.verify_passkey(&mut tx, answer, state, Some(by.user.id), now).await?;
        let session = session_start::renew(session, self.core, &mut tx, by).await?;
        tx.commit().await?;
        Ok(session)
    }

    /// Asks for a passkey of this user, or of any user.
    async fn ask(self, party: &RelyingParty, user: Option<UserId>, from: IpAddr) -> Result<Challenge, Error> {
        let (options, state) = party.0.start_discoverable_authentication().map_err(unreadable)?;
        let options = serde_json::to_string(&options.public_key).map_err(unreadable)?;
        let mut tx = self.core.begin().await?;
        let token = challenges::keep(self.core, &mut tx, user, &state, from).await?;
        tx.commit().await?;
        Ok(Challenge { token, options })
    }

    /// Returns the user whose passkey has answered, and its name. If `whose` is given, another user's passkey is
    /// refused.
    async fn verify_passkey(
        self,
        tx: &mut Connection,
        answer: &PasskeyAnswer,
        state: DiscoverableAuthentication,
        whose: Option<UserId>,
        now: DateTime<Utc>,
    ) -> Result<(UserId, String), Error> {
        let party = &answer.party.0;
        let given: PublicKeyCredential = read(&answer.json)?;
        let (user, credential) = party.identify_discoverable_authentication(&given).map_err(wrong)?;
        if whose.is_some_and(|whose| whose.0 != user) {
            return Err(Refusal::WrongPasskey.into());
        }
        let known: Option<(Uuid, String, String)> =
            sql::query_as("SELECT id, name, passkey FROM passkeys WHERE user_id = $1 AND credential_id = $2")
                .bind(user)
                .bind(credential.to_vec())
                .fetch_optional(&mut *tx)
                .await?;
        let (id, name, passkey) = known.ok_or(Refusal::WrongPasskey)?;
        let passkey: Passkey = serde_json::from_str(&passkey).map_err(unreadable)?;
        let mut passkey = taking_up_backup(passkey, &given);
        let right = party.finish_discoverable_authentication_v2(&given, state, &passkey).map_err(wrong)?;
        passkey.update_credential(&right);
        sql::query("UPDATE passkeys SET passkey = $1, last_used_at = $2 WHERE id = $3")
            .bind(serde_json::to_string(&passkey).map_err(unreadable)?)
            .bind(now)
            .bind(id)
            .execute(tx)
            .await?;
        Ok((UserId(user), name))
    }
}

/// Returns the passkey, marked from now on as one that can be backed up if its answer says so. Web Authentication Level
/// 3 (6.1.3) lets this never change, yet password managers have changed it for all passkeys that they had made before,
/// and their users would be locked out. The mark is only kept if the answer is signed with the passkey's own key. A
/// passkey that can no longer be backed up is refused by the library: that answer may come from a copy of the key.
fn taking_up_backup(passkey: Passkey, given: &PublicKeyCredential) -> Passkey {
    let flags = given.response.authenticator_data.get(FLAGS_AT).copied().unwrap_or_default();
    let mut credential = Credential::from(passkey);
    credential.backup_eligible |= flags & BACKUP_ELIGIBLE != 0;
    credential.into()
}

/// Parses a browser's answer.
fn read<T: DeserializeOwned>(json: &str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::RelyingParty;

    #[test]
    fn passkeys_are_for_a_site_with_a_domain() {
        for origin in ["https://keys.example", "https://keys.example:8443", "http://localhost:3000"] {
            assert!(RelyingParty::of(origin).is_some(), "{origin}");
        }
        for origin in ["", "keys.example", "http://127.0.0.1:3000", "http://[::1]:3000"] {
            assert!(RelyingParty::of(origin).is_none(), "{origin}");
        }
    }
}
