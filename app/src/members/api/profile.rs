//! Actions of users on themselves: their name, password, preferences, sessions, and the account that they work in.

#![allow(missing_docs)] // for the arguments, which `#[server]` makes public fields

use crate::error::AppError;
use crate::request::protocol::{Call, Form};
use domain::account::AccountId;
use domain::sign_in::session::{OwnAccount, OwnSession, SessionId};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use {
    crate::{
        members::api::preferences,
        request::context::{address, myself, plain_form_goes_on_to, session, store},
        routes,
        sign_in::api::session::cookie,
    },
    domain::Refusal,
    domain::members::user,
};

/// Accepts the password again as a step-up.
///
/// # Errors
/// [`Refusal::WrongPassword`], [`Refusal::Throttled`], [`AppError::SignInNeeded`].
#[server(prefix = "/api", endpoint = "profile/give_password_again", protocol = Call)]
pub async fn give_password_again(password: String) -> Result<(), AppError> {
    let session = store().members().give_password_again(&myself()?, &session()?, &password, address()).await?;
    cookie::set(session.reveal());
    Ok(())
}

/// Replaces the password; all other sessions end.
///
/// # Errors
/// [`AppError::Unusable`], [`Refusal::WrongPassword`], [`Refusal::Throttled`], [`AppError::SignInNeeded`].
#[server(prefix = "/api", endpoint = "profile/change_password", protocol = Form)]
pub async fn change_password(old: String, new: String) -> Result<(), AppError> {
    let by = myself()?;
    user::password(&new, &by.user.email).map_err(AppError::Unusable)?;
    let session = store().members().change_password(&by, &session()?, (&old, &new), address()).await?;
    cookie::set(session.reveal());
    plain_form_goes_on_to(routes::PROFILE);
    Ok(())
}

/// Renames the user.
///
/// # Errors
/// [`AppError::Unusable`], [`AppError::SignInNeeded`].
#[server(prefix = "/api", endpoint = "profile/rename", protocol = Form)]
pub async fn rename(name: String) -> Result<(), AppError> {
    let name = user::name(&name).map_err(AppError::Unusable)?;
    store().members().rename_self(&myself()?, &name).await?;
    plain_form_goes_on_to(routes::PROFILE);
    Ok(())
}

/// Sets the user's preferences for pages in every browser; an empty value follows the browser.
///
/// # Errors
/// [`AppError::Unusable`] if the language or time zone is unknown; [`AppError::SignInNeeded`].
#[server(prefix = "/api", endpoint = "profile/set_preferences", protocol = Form)]
pub async fn set_preferences(language: String, time_zone: String) -> Result<(), AppError> {
    let preferences = preferences::read(&language, &time_zone).map_err(AppError::Unusable)?;
    store().members().set_preferences(&myself()?, &preferences).await?;
    preferences::take_effect_here(&preferences);
    plain_form_goes_on_to(routes::PROFILE);
    Ok(())
}

/// Returns the user's sessions.
///
/// # Errors
/// [`AppError::SignInNeeded`].
#[server(prefix = "/api", endpoint = "profile/sessions", protocol = Form)]
pub async fn own_sessions() -> Result<Vec<OwnSession>, AppError> {
    Ok(store().members().own_sessions(&myself()?, &session()?).await?)
}

/// Ends one of the user's sessions.
///
/// # Errors
/// [`Refusal::NotFound`], [`AppError::SignInNeeded`].
#[server(prefix = "/api", endpoint = "profile/end_session", protocol = Call)]
pub async fn end_session(id: SessionId) -> Result<(), AppError> {
    Ok(store().members().end_session(&myself()?, id).await?)
}

/// Ends all of the user's sessions but this one. Returns how many were ended.
///
/// # Errors
/// [`AppError::SignInNeeded`].
#[server(prefix = "/api", endpoint = "profile/sign_out_elsewhere", protocol = Form)]
pub async fn sign_out_elsewhere() -> Result<u64, AppError> {
    let ended = store().members().sign_out_elsewhere(&myself()?, &session()?).await?;
    plain_form_goes_on_to(routes::PROFILE);
    Ok(ended)
}

/// Returns the accounts that the user belongs to.
///
/// # Errors
/// [`AppError::SignInNeeded`].
#[server(prefix = "/api", endpoint = "profile/accounts", protocol = Form)]
pub async fn own_accounts() -> Result<Vec<OwnAccount>, AppError> {
    Ok(store().members().own_accounts(&myself()?).await?)
}

/// Switches the session to another account of the user.
///
/// # Errors
/// [`AppError::NoSuchAccount`] if they don't belong to it; [`AppError::SignInNeeded`].
#[server(prefix = "/api", endpoint = "profile/switch_account", protocol = Form)]
pub async fn switch_account(account: AccountId) -> Result<(), AppError> {
    let switched = store().members().switch_account(&myself()?, &session()?, account).await;
    switched.map_err(|error| {
        if matches!(error, store::Error::Refused(Refusal::NotFound)) { AppError::NoSuchAccount } else { error.into() }
    })?;
    plain_form_goes_on_to(routes::OVERVIEW);
    Ok(())
}
