//! Passkeys: what people do about their own, and signing in with them. The browser itself speaks with the authenticator.

#![allow(missing_docs)] // the arguments, which `#[server]` makes public fields

use crate::api::protocol::Call;
use crate::error::AppError;
use domain::sign_in::second_factor::PasskeyId;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use {
    super::{
        asked::{address, client, myself, myself_after_step_up, session, store},
        second_factor::shown,
        session::{cookie, go_on_within, pending},
    },
    domain::sign_in::second_factor,
    store::{Challenge, ChallengeToken, PasskeyAnswer, RelyingParty},
};

/// What the browser is to have signed by a passkey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeyChallenge {
    /// By which the answer is known to belong to it. It counts once, for five minutes.
    pub token: String,
    /// `PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON` (Web Authentication Level 3).
    pub options: String,
}

/// A passkey's answer, as the browser has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenPasskey {
    /// The challenge's.
    pub token: String,
    /// `RegistrationResponseJSON` or `AuthenticationResponseJSON` (Web Authentication Level 3).
    pub answer: String,
}

/// Whether the server takes passkeys: it is known by a domain. The browser reads it from the page.
#[must_use]
pub fn passkeys_taken() -> bool {
    #[cfg(feature = "ssr")]
    return use_context::<RelyingParty>().is_some();
    #[cfg(not(feature = "ssr"))]
    false
}

/// Begins to ask for a passkey, whosever it is.
///
/// # Errors
/// [`AppError::Throttled`], [`AppError::PasskeysUnsupported`].
#[server(prefix = "/api", endpoint = "passkeys/ask", protocol = Call)]
pub async fn ask_for_passkey() -> Result<PasskeyChallenge, AppError> {
    Ok(store().ask_for_passkey(&party()?, address()).await?.into())
}

/// Likewise, for who is signed in; nothing where they have none.
///
/// # Errors
/// As [`ask_for_passkey`]; [`AppError::SignInNeeded`].
#[server(prefix = "/api", endpoint = "passkeys/ask_for_own", protocol = Call)]
pub async fn ask_for_own_passkey() -> Result<Option<PasskeyChallenge>, AppError> {
    Ok(store().ask_for_own_passkey(&myself()?, &party()?, address()).await?.map(Into::into))
}

/// Begins a session. Answers where to go on, as [`crate::api::session::sign_in`].
///
/// # Errors
/// [`AppError::WrongPasskey`]; [`AppError::WrongCredentials`] where its user is active nowhere.
#[server(prefix = "/api", endpoint = "passkeys/sign_in", protocol = Call)]
pub async fn sign_in_with_passkey(given: GivenPasskey, next: Option<String>) -> Result<String, AppError> {
    let begun = store().sign_in_with_passkey(&answer(given)?, client()).await;
    go_on_within(begun, next.as_deref())
}

/// Takes the second step of signing in. Answers where to go on.
///
/// # Errors
/// [`AppError::WrongPasskey`], [`AppError::SignInOver`].
#[server(prefix = "/api", endpoint = "passkeys/second_step", protocol = Call)]
pub async fn second_step_with_passkey(given: GivenPasskey, next: Option<String>) -> Result<String, AppError> {
    let begun = store().second_step_with_passkey(&pending()?, &answer(given)?, client()).await;
    go_on_within(begun, next.as_deref())
}

/// Takes a passkey in place of the password, for what needs that given of late.
///
/// # Errors
/// [`AppError::WrongPasskey`], [`AppError::SignInNeeded`].
#[server(prefix = "/api", endpoint = "passkeys/give_again", protocol = Call)]
pub async fn give_passkey_again(given: GivenPasskey) -> Result<(), AppError> {
    let session = store().give_passkey_again(&myself()?, &session()?, &answer(given)?).await?;
    cookie::set(session.reveal());
    Ok(())
}

/// Begins to add a passkey of the person's.
///
/// # Errors
/// [`AppError::TooManyPasskeys`], [`AppError::Throttled`], [`AppError::PasskeysUnsupported`];
/// [`AppError::StepUpNeeded`], [`AppError::SignInNeeded`].
#[server(prefix = "/api", endpoint = "passkeys/begin", protocol = Call)]
pub async fn begin_passkey() -> Result<PasskeyChallenge, AppError> {
    let (store, by) = myself_after_step_up().await?;
    Ok(store.begin_passkey(&by, &party()?, address()).await?.into())
}

/// Adds the passkey. Answers recovery codes, this once, where it is the person's first second factor.
///
/// # Errors
/// [`AppError::Unusable`] where the name won't do; [`AppError::WrongPasskey`], [`AppError::TooManyPasskeys`];
/// [`AppError::StepUpNeeded`], [`AppError::SignInNeeded`].
#[server(prefix = "/api", endpoint = "passkeys/add", protocol = Call)]
pub async fn add_passkey(given: GivenPasskey, name: String) -> Result<Option<Vec<String>>, AppError> {
    let (store, by) = myself_after_step_up().await?;
    let name = second_factor::passkey_name(&name).map_err(AppError::Unusable)?;
    Ok(store.add_passkey(&by, &answer(given)?, &name).await?.map(shown))
}

/// Removes one of the person's passkeys.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::StepUpNeeded`], [`AppError::SignInNeeded`].
#[server(prefix = "/api", endpoint = "passkeys/remove", protocol = Call)]
pub async fn remove_passkey(id: PasskeyId) -> Result<(), AppError> {
    let (store, by) = myself_after_step_up().await?;
    Ok(store.remove_passkey(&by, id).await?)
}

/// The site that passkeys are for.
#[cfg(feature = "ssr")]
fn party() -> Result<RelyingParty, AppError> {
    use_context().ok_or(AppError::PasskeysUnsupported)
}

#[cfg(feature = "ssr")]
fn answer(given: GivenPasskey) -> Result<PasskeyAnswer, AppError> {
    let token = ChallengeToken::parse(&given.token).ok_or(AppError::WrongPasskey)?;
    Ok(PasskeyAnswer { party: party()?, token, json: given.answer })
}

#[cfg(feature = "ssr")]
impl From<Challenge> for PasskeyChallenge {
    fn from(challenge: Challenge) -> Self {
        Self { token: challenge.token.reveal().to_owned(), options: challenge.options }
    }
}
