//! Passkeys: users manage their own and sign in with them. Only the browser communicates with the authenticator.

#![allow(missing_docs)] // for the arguments, which `#[server]` makes public fields

use crate::error::AppError;
use crate::request::protocol::Call;
use domain::sign_in::second_factor::PasskeyId;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use {
    crate::{
        request::context::{address, client, myself, myself_after_step_up, session, store},
        sign_in::api::{
            second_factor::shown,
            session::{cookie, go_on_within, pending},
        },
    },
    domain::{Refusal, sign_in::second_factor},
    store::{Challenge, ChallengeToken, PasskeyAnswer, RelyingParty, SignIn},
};

/// A challenge that a passkey signs in the browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeyChallenge {
    /// Identifies the challenge in the answer. Valid once, for five minutes.
    pub token: String,
    /// `PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON` (Web Authentication Level 3).
    pub options: String,
}

/// A passkey's answer, as received from the browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenPasskey {
    /// The challenge's token.
    pub token: String,
    /// `RegistrationResponseJSON` or `AuthenticationResponseJSON` (Web Authentication Level 3).
    pub answer: String,
}

/// Creates a challenge for any user's passkey.
///
/// # Errors
/// [`Refusal::Throttled`], [`AppError::PasskeysUnsupported`].
#[server(prefix = "/api", endpoint = "passkeys/ask", protocol = Call)]
pub async fn ask_for_passkey() -> Result<PasskeyChallenge, AppError> {
    Ok(store().sign_in().ask_for_passkey(&party()?, address()).await?.into())
}

/// Creates a challenge for the signed-in user's passkeys. Returns `None` if they have none.
///
/// # Errors
/// As [`ask_for_passkey`]; [`AppError::SignInNeeded`].
#[server(prefix = "/api", endpoint = "passkeys/ask_for_own", protocol = Call)]
pub async fn ask_for_own_passkey() -> Result<Option<PasskeyChallenge>, AppError> {
    Ok(store().sign_in().ask_for_own_passkey(&myself()?, &party()?, address()).await?.map(Into::into))
}

/// Begins a session. Returns where to go next, as [`crate::sign_in::api::session::sign_in`].
///
/// # Errors
/// [`Refusal::WrongPasskey`]; [`Refusal::WrongCredentials`] if its user is active in no account.
#[server(prefix = "/api", endpoint = "passkeys/sign_in", protocol = Call)]
pub async fn sign_in_with_passkey(given: GivenPasskey, next: Option<String>) -> Result<String, AppError> {
    let session = store().sign_in().with_passkey(&answer(given)?, client()).await?;
    Ok(go_on_within(SignIn::Session(session), next.as_deref()))
}

/// Completes the second step of sign-in. Returns where to go next.
///
/// # Errors
/// [`Refusal::WrongPasskey`], [`Refusal::SignInOver`].
#[server(prefix = "/api", endpoint = "passkeys/second_step", protocol = Call)]
pub async fn second_step_with_passkey(given: GivenPasskey, next: Option<String>) -> Result<String, AppError> {
    let session = store().sign_in().second_step_with_passkey(&pending()?, &answer(given)?, client()).await?;
    Ok(go_on_within(SignIn::Session(session), next.as_deref()))
}

/// Accepts a passkey in place of the password as a step-up.
///
/// # Errors
/// [`Refusal::WrongPasskey`], [`AppError::SignInNeeded`].
#[server(prefix = "/api", endpoint = "passkeys/give_again", protocol = Call)]
pub async fn give_passkey_again(given: GivenPasskey) -> Result<(), AppError> {
    let session = store().sign_in().give_passkey_again(&myself()?, &session()?, &answer(given)?).await?;
    cookie::set(session.reveal());
    Ok(())
}

/// Creates a challenge to add a passkey for the signed-in user.
///
/// # Errors
/// [`Refusal::TooManyPasskeys`], [`Refusal::Throttled`], [`AppError::PasskeysUnsupported`];
/// [`Refusal::StepUpNeeded`], [`AppError::SignInNeeded`].
#[server(prefix = "/api", endpoint = "passkeys/begin", protocol = Call)]
pub async fn begin_passkey() -> Result<PasskeyChallenge, AppError> {
    let (store, by) = myself_after_step_up().await?;
    Ok(store.sign_in().begin_passkey(&by, &party()?, address()).await?.into())
}

/// Adds the passkey. If it is the user's first second factor, returns recovery codes, which are shown only now.
///
/// # Errors
/// [`AppError::Unusable`] if the name is invalid; [`Refusal::WrongPasskey`], [`Refusal::TooManyPasskeys`];
/// [`Refusal::StepUpNeeded`], [`AppError::SignInNeeded`].
#[server(prefix = "/api", endpoint = "passkeys/add", protocol = Call)]
pub async fn add_passkey(given: GivenPasskey, name: String) -> Result<Option<Vec<String>>, AppError> {
    let (store, by) = myself_after_step_up().await?;
    let name = second_factor::passkey_name(&name).map_err(AppError::Unusable)?;
    Ok(store.sign_in().add_passkey(&by, &answer(given)?, &name).await?.map(shown))
}

/// Removes one of the user's passkeys.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::StepUpNeeded`], [`AppError::SignInNeeded`].
#[server(prefix = "/api", endpoint = "passkeys/remove", protocol = Call)]
pub async fn remove_passkey(id: PasskeyId) -> Result<(), AppError> {
    let (store, by) = myself_after_step_up().await?;
    Ok(store.sign_in().remove_passkey(&by, id).await?)
}

/// Returns the relying party: the site that the passkeys are for.
#[cfg(feature = "ssr")]
fn party() -> Result<RelyingParty, AppError> {
    use_context().ok_or(AppError::PasskeysUnsupported)
}

#[cfg(feature = "ssr")]
fn answer(given: GivenPasskey) -> Result<PasskeyAnswer, AppError> {
    let token = ChallengeToken::parse(&given.token).ok_or(Refusal::WrongPasskey)?;
    Ok(PasskeyAnswer { party: party()?, token, json: given.answer })
}

#[cfg(feature = "ssr")]
impl From<Challenge> for PasskeyChallenge {
    fn from(challenge: Challenge) -> Self {
        Self { token: challenge.token.reveal().to_owned(), options: challenge.options }
    }
}
