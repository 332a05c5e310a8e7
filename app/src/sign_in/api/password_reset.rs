//! Setting a new password if the old one is forgotten: by a link that an administrator creates, or that the user
//! requests by mail.

#![allow(missing_docs)] // for the arguments, which `#[server]` makes public fields

use crate::error::AppError;
use crate::request::protocol::{Call, Form};
use domain::members::user::UserId;
use domain::sign_in::password_reset::NewPasswordForm;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::fmt;

#[cfg(feature = "ssr")]
use {
    crate::{
        i18n::Locale,
        request::context::{address, allowed_after_step_up, answer_header, locale, mail, plain_form_goes_on_to, store},
        routes,
    },
    domain::Refusal,
    domain::{
        members::{role::Permission, user},
        sign_in::password_reset::Handover,
    },
    http::header,
    store::ResetToken,
};

/// A link to set a new password, and how it reaches the user.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetLink {
    /// The e-mail address of the user whom the link is for.
    pub email: String,
    /// The token of the link, to be handed over; `None` if it was mailed. Kept in memory while the link is shown, and
    /// nowhere else.
    pub token: Option<String>,
    /// Whether the link should have been mailed, but sending failed.
    pub mail_failed: bool,
}

impl fmt::Debug for ResetLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResetLink").field("email", &self.email).finish_non_exhaustive()
    }
}

/// Creates a link for a user of the account. It is mailed if the server sends mail. If not, or if sending fails, the
/// administrator hands it over, unless the user belongs to other accounts too.
///
/// # Errors
/// [`Refusal::BelongsElsewhere`]; [`AppError::MailFailed`] if the link may only be mailed; [`Refusal::Deactivated`],
/// [`Refusal::NotFound`], [`Refusal::StepUpNeeded`], [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "users/make_reset_link", protocol = Call)]
pub async fn make_reset_link(id: UserId) -> Result<ResetLink, AppError> {
    let (store, by) = allowed_after_step_up(Permission::ManageUsers).await?;
    let mail = mail();
    let handover = if mail.is_some() { Handover::Mail } else { Handover::ByHand };
    let link = store.sign_in().make_reset_link(&by, id, handover).await?;
    let locale = language(link.language.as_deref());
    let mailed = match mail {
        Some(mail) => Some(mail.reset(locale, Some(&by.user.name), &link.person.email, link.token.reveal()).await),
        None => None,
    };
    if mailed == Some(false) && link.belongs_elsewhere {
        store.sign_in().withdraw_reset_link(&link.token).await?;
        return Err(AppError::MailFailed);
    }
    answer_header(header::CACHE_CONTROL, "no-store");
    let token = (mailed != Some(true)).then(|| link.token.reveal().to_owned());
    Ok(ResetLink { email: link.person.email, token, mail_failed: mailed == Some(false) })
}

/// Mails a link to the user with that address, if there is one. The answer and its timing are the same for every
/// address: the user is looked up after the answer.
///
/// # Errors
/// [`AppError::Unusable`] if it is not an e-mail address; [`Refusal::Throttled`]; [`AppError::MailFailed`] if the
/// server sends no mail.
#[server(prefix = "/api", endpoint = "password/forgotten", protocol = Form)]
pub async fn forgotten(email: String) -> Result<(), AppError> {
    let email = user::email(&email).map_err(AppError::Unusable)?;
    let mail = mail().ok_or(AppError::MailFailed)?;
    let (store, asked_in) = (store(), locale());
    store.sign_in().count_reset_request(&email, address()).await?;
    leptos::task::spawn(async move {
        match store.sign_in().reset_link_for(&email).await {
            Ok(Some(link)) => {
                let locale = link.language.as_deref().and_then(|code| code.parse().ok()).unwrap_or(asked_in);
                // To the stored address: the typed one may only look like it.
                if !mail.reset(locale, None, &link.person.email, link.token.reveal()).await
                    && let Err(error) = store.sign_in().withdraw_reset_link(&link.token).await
                {
                    tracing::warn!(%error, "a link that could not be mailed stays until it expires");
                }
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "a link to set a new password could not be made"),
        }
    });
    plain_form_goes_on_to(&routes::with_notice(routes::FORGOTTEN, routes::Notice::Created));
    Ok(())
}

/// Returns the e-mail address of the user whom a link is for.
///
/// # Errors
/// [`Refusal::ResetOver`], [`Refusal::Throttled`].
#[server(GetPasswordReset, prefix = "/api", endpoint = "password/reset_link", protocol = Form)]
pub async fn password_reset(token: String) -> Result<String, AppError> {
    let token = ResetToken::parse(&token).ok_or(Refusal::ResetOver)?;
    Ok(store().sign_in().password_reset(&token, address()).await?)
}

/// Sets a new password by a link. Returns where to go next: to the page where the user signs in with it.
///
/// # Errors
/// [`AppError::Unusable`], [`Refusal::ResetOver`], [`Refusal::Throttled`].
#[server(ResetPassword, prefix = "/api", endpoint = "password/reset", protocol = Form)]
pub async fn reset_password(token: String, form: NewPasswordForm) -> Result<String, AppError> {
    let token = ResetToken::parse(&token).ok_or(Refusal::ResetOver)?;
    let (store, from) = (store(), address());
    form.validate(&store.sign_in().password_reset(&token, from).await?).map_err(AppError::Unusable)?;
    store.sign_in().reset_password(&token, &form.password, from).await?;
    let next = routes::with_notice(routes::SIGN_IN, routes::Notice::Updated);
    plain_form_goes_on_to(&next);
    Ok(next)
}

/// Returns the language that the user has chosen, else the request's.
#[cfg(feature = "ssr")]
fn language(chosen: Option<&str>) -> Locale {
    chosen.and_then(|code| code.parse().ok()).unwrap_or_else(locale)
}
