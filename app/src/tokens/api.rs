//! Operations on access tokens: the list and the card's menu, create and edit.

#![allow(missing_docs)] // for the arguments, which `#[server]` makes public fields

use crate::error::AppError;
use crate::request::protocol::{Call, Form};
use domain::members::membership::Contact;
use domain::tokens::expiry::Terms;
use domain::tokens::filter::{TokenFilter, TokenList};
use domain::tokens::token::{Token, TokenForm, TokenId};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

#[cfg(feature = "ssr")]
use {
    crate::{
        request::context::{allowed, allowed_after_step_up, answer_header, plain_form_goes_on_to, wants_page},
        routes,
    },
    domain::Refusal,
    domain::members::role::Permission,
};

/// A token and its secret, shown once, right after it was created, duplicated or reset, and again if the account's
/// policy lets it be viewed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// The token.
    pub token: Token,
    /// The token's Auth Token. Kept in memory while it is shown, and nowhere else. Empty in the answer to a plain form.
    pub auth_token: String,
    /// Whether the account has another token of the same name.
    pub name_exists: bool,
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued").field("token", &self.token.id).finish_non_exhaustive()
    }
}

#[cfg(feature = "ssr")]
impl From<store::IssuedToken> for Issued {
    fn from(issued: store::IssuedToken) -> Self {
        answer_header(http::header::CACHE_CONTROL, "no-store");
        // After a plain form the browser is redirected to a page and never reads this.
        let auth_token = if wants_page() { "" } else { issued.secret.reveal() };
        Self { auth_token: auth_token.to_owned(), token: issued.token, name_exists: issued.name_exists }
    }
}

/// A token after an update.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Updated {
    /// The token.
    pub token: Token,
    /// Whether the account has another token of the same name.
    pub name_exists: bool,
}

/// A token with the data that its page needs to edit it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Editable {
    /// The token.
    pub token: Token,
    /// The users that can be its primary contact.
    pub people: Vec<Contact>,
    /// The limits for its Auth Token's lifetime.
    pub terms: Terms,
    /// The number of the last entry in the audit trail when the token was read: later changes have greater numbers.
    pub as_of: i64,
}

/// Returns one page of the tokens that match the filter.
///
/// # Errors
/// [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "tokens/list", protocol = Call)]
pub async fn list(filter: TokenFilter) -> Result<TokenList, AppError> {
    let (store, by) = allowed(Permission::SeeTokens)?;
    Ok(store.list(by.account, &filter).await?)
}

/// Returns one token for editing.
///
/// # Errors
/// [`AppError::SignInNeeded`], [`Refusal::NotAllowed`], [`Refusal::NotFound`] (another account's tokens included).
#[server(GetEditable, prefix = "/api", endpoint = "tokens/editable", protocol = Call)]
pub async fn editable(id: TokenId) -> Result<Editable, AppError> {
    let (store, by) = allowed(Permission::SeeTokens)?;
    let as_of = store.last_entry(by.account).await?; // first, so that the data read after it is at least as new
    let token = store.token(by.account, id).await?;
    let people = store.contacts(by.account, Some(token.settings.primary_contact)).await?;
    Ok(Editable { token, people, terms: store.terms(by.account).await?, as_of })
}

/// Returns the users that can be the primary contact of a new token.
///
/// # Errors
/// [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "tokens/people", protocol = Form)]
pub async fn people() -> Result<Vec<Contact>, AppError> {
    let (store, by) = allowed(Permission::SeeTokens)?;
    Ok(store.contacts(by.account, None).await?)
}

/// Returns the limits for the lifetimes of the account's Auth Tokens.
///
/// # Errors
/// [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(GetTerms, prefix = "/api", endpoint = "tokens/terms", protocol = Form)]
pub async fn terms() -> Result<Terms, AppError> {
    let (store, by) = allowed(Permission::SeeTokens)?;
    Ok(store.terms(by.account).await?)
}

/// Creates a token. `request` is the page's id for the request: a second request with the same id does nothing.
///
/// # Errors
/// [`AppError::Invalid`], [`Refusal::AlreadyDone`], [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "tokens/create", protocol = Form)]
pub async fn create(form: TokenForm, request: Uuid) -> Result<Issued, AppError> {
    let (store, by) = allowed(Permission::ManageTokens)?;
    let (people, terms) = (store.contacts(by.account, None).await?, store.terms(by.account).await?);
    let settings = form.validate(&people, None, &terms).map_err(AppError::Invalid)?;
    let issued = store.create(&by, settings, request).await?;
    plain_form_goes_on_to(&routes::token_with_notice(issued.token.id, routes::Notice::Created));
    Ok(issued.into())
}

/// Changes a token's settings, if no other user has changed them since `revision`.
///
/// # Errors
/// [`AppError::Invalid`], [`Refusal::Conflict`], [`Refusal::NotFound`], [`AppError::SignInNeeded`],
/// [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "tokens/update", protocol = Form)]
pub async fn update(id: TokenId, form: TokenForm, revision: i64) -> Result<Updated, AppError> {
    let (store, by) = allowed(Permission::ManageTokens)?;
    let current = store.token(by.account, id).await?;
    if current.revision != revision {
        return Err(AppError::Refused(Refusal::Conflict)); // before the form fails validation because of another user's change
    }
    let current = current.settings;
    let people = store.contacts(by.account, Some(current.primary_contact)).await?;
    let terms = store.terms(by.account).await?;
    let settings = form.validate(&people, Some(&current), &terms).map_err(AppError::Invalid)?;
    let (token, name_exists) = store.update(&by, id, settings, revision).await?;
    plain_form_goes_on_to(&routes::token_with_notice(id, routes::Notice::Updated));
    Ok(Updated { token, name_exists })
}

/// Makes a copy with its own Account SID and Auth Token. `request` as in [`create`].
///
/// # Errors
/// [`Refusal::AlreadyDone`], [`Refusal::NotFound`], [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "tokens/duplicate", protocol = Call)]
pub async fn duplicate(id: TokenId, request: Uuid) -> Result<Issued, AppError> {
    let (store, by) = allowed(Permission::ManageTokens)?;
    Ok(store.duplicate(&by, id, request).await?.into())
}

/// Replaces the Auth Token of a token; the gate refuses the old one before this returns.
///
/// # Errors
/// [`Refusal::StepUpNeeded`], [`Refusal::Conflict`], [`Refusal::NotFound`], [`AppError::SignInNeeded`],
/// [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "tokens/reset", protocol = Call)]
pub async fn reset(id: TokenId, revision: i64) -> Result<Issued, AppError> {
    let (store, by) = allowed_after_step_up(Permission::ManageTokens).await?;
    Ok(store.reset(&by, id, revision).await?.into())
}

/// Returns a token's Auth Token again, if the account's policy lets it be stored.
///
/// # Errors
/// [`Refusal::NotViewable`], [`Refusal::StepUpNeeded`], [`Refusal::NotFound`], [`AppError::SignInNeeded`],
/// [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "tokens/view", protocol = Call)]
pub async fn view(id: TokenId) -> Result<Issued, AppError> {
    let (store, by) = allowed_after_step_up(Permission::ManageTokens).await?;
    Ok(store.view_secret(&by, id).await?.into())
}

/// Moves a token to the newest API version.
///
/// # Errors
/// [`Refusal::NotFound`], [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "tokens/upgrade_version", protocol = Call)]
pub async fn upgrade_version(id: TokenId) -> Result<Token, AppError> {
    let (store, by) = allowed(Permission::ManageTokens)?;
    Ok(store.upgrade_version(&by, id).await?)
}

/// Disables a token: the gate refuses it until it is enabled again.
///
/// # Errors
/// [`Refusal::NotFound`], [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "tokens/disable", protocol = Call)]
pub async fn disable(id: TokenId) -> Result<Token, AppError> {
    let (store, by) = allowed(Permission::ManageTokens)?;
    Ok(store.disable(&by, id).await?)
}

/// Enables a disabled token: the gate accepts it again.
///
/// # Errors
/// [`Refusal::NotFound`], [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "tokens/enable", protocol = Call)]
pub async fn enable(id: TokenId) -> Result<Token, AppError> {
    let (store, by) = allowed(Permission::ManageTokens)?;
    Ok(store.enable(&by, id).await?)
}

/// Deletes a token: the gate refuses it at once. [`undo_delete`] restores it within 10 seconds.
///
/// # Errors
/// [`Refusal::StepUpNeeded`], [`Refusal::NotFound`], [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "tokens/delete", protocol = Call)]
pub async fn delete(id: TokenId) -> Result<Token, AppError> {
    let (store, by) = allowed_after_step_up(Permission::ManageTokens).await?;
    Ok(store.delete(&by, id).await?)
}

/// Restores a deleted token as it was.
///
/// # Errors
/// [`Refusal::NotFound`] once it is deleted for good, [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "tokens/undo_delete", protocol = Call)]
pub async fn undo_delete(id: TokenId) -> Result<Token, AppError> {
    let (store, by) = allowed(Permission::ManageTokens)?;
    Ok(store.undo_delete(&by, id).await?)
}
