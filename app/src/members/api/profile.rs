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
        ui::theme_switch,
    },
    domain::Refusal,
    domain::members::membership::{MemberField, MemberFieldError},
    domain::members::user,
    domain::text::Problem,
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

/// Changes the user's name and their preferences for pages in every browser, and the colour theme of this one; an empty
/// preference follows the browser, an empty theme the system.
///
/// # Errors
/// [`AppError::InvalidMember`] if the name is unusable; [`AppError::Unusable`] if the language, time zone or theme is
/// unknown; [`AppError::SignInNeeded`].
#[server(prefix = "/api", endpoint = "profile/update", protocol = Form)]
pub async fn update_profile(name: String, language: String, time_zone: String, theme: String) -> Result<(), AppError> {
    let unusable = |problem| AppError::InvalidMember(vec![MemberFieldError { field: MemberField::Name, problem }]);
    let name = user::name(&name).map_err(unusable)?;
    let preferences = preferences::read(&language, &time_zone).map_err(AppError::Unusable)?;
    let theme = theme_switch::known(&theme).ok_or(AppError::Unusable(Problem::UnknownValue))?;
    store().members().update_profile(&myself()?, &name, &preferences).await?;
    preferences::take_effect_here(&preferences, theme);
    plain_form_goes_on_to(&routes::with_notice(routes::PROFILE, routes::Notice::Updated));
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
