//! Operations on access tokens: the list and the card's menu, create and edit.

#![allow(missing_docs)] // for the arguments, which `#[server]` makes public fields

use crate::error::AppError;
use crate::request::protocol::{Call, Form};
use crate::request::request_id::new_request_id;
use domain::members::membership::Contact;
use domain::tokens::command::TokenCommand;
use domain::tokens::condition::TokenOverview;
use domain::tokens::expiry::Terms;
use domain::tokens::filter::{TokenFilter, TokenList};
use domain::tokens::overlap::{Handover, UsedFrom};
use domain::tokens::token::{Token, TokenForm, TokenId};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

#[cfg(feature = "ssr")]
use {
    crate::{
        request::context::{
            allowed, allowed_after_step_up, answer_header, offset_at, plain_form_goes_on_to, preferences, wants_page,
        },
        routes,
    },
    domain::Refusal,
    domain::{
        members::{role::Permission, user::CurrentUser},
        tokens::command::StepUpRule,
    },
    store::{IssuedToken, Store},
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

/// Answers with a secret, which nothing on its way may keep.
#[cfg(feature = "ssr")]
fn answer_with_secret(issued: IssuedToken) -> Issued {
    answer_header(http::header::CACHE_CONTROL, "no-store");
    // After a plain form the browser is redirected to a page and never reads this.
    let auth_token = if wants_page() { "" } else { issued.secret.reveal() };
    Issued { auth_token: auth_token.to_owned(), token: issued.token, name_exists: issued.name_exists }
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

/// Returns one page of the tokens that match the filter, with their calls of the last days if these can be read.
///
/// # Errors
/// [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "tokens/list", protocol = Call)]
pub async fn list(filter: TokenFilter) -> Result<TokenList, AppError> {
    let (store, by) = allowed(Permission::SeeTokens)?;
    let mut list = store.tokens().list(by.account, &filter).await?;
    let tokens: Vec<_> = list.tokens.iter().map(|token| token.id).collect();
    list.sparklines = match store.tokens().sparklines(by.account, &tokens).await {
        // The list is needed to do something about it.
        Err(error @ store::Error::Corrupt(_)) => {
            tracing::error!(%error, "a list of access tokens is shown without their calls");
            Vec::new()
        }
        read => read?,
    };
    Ok(list)
}

/// Returns the numbers of the account's tokens, in all and by condition.
///
/// # Errors
/// [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(GetOverview, prefix = "/api", endpoint = "tokens/overview", protocol = Call)]
pub async fn overview() -> Result<TokenOverview, AppError> {
    let (store, by) = allowed(Permission::SeeTokens)?;
    Ok(store.tokens().overview(by.account).await?)
}

/// Returns one token for editing.
///
/// # Errors
/// [`AppError::SignInNeeded`], [`Refusal::NotAllowed`], [`Refusal::NotFound`] (another account's tokens included).
#[server(GetEditable, prefix = "/api", endpoint = "tokens/editable", protocol = Call)]
pub async fn editable(id: TokenId) -> Result<Editable, AppError> {
    let (store, by) = allowed(Permission::SeeTokens)?;
    let as_of = store.audit().last_entry(by.account).await?; // first, so that the data read after it is at least as new
    let token = store.tokens().get(by.account, id).await?;
    let people = store.members().contacts(by.account, Some(token.settings.primary_contact)).await?;
    Ok(Editable { token, people, terms: store.account().terms(by.account).await?, as_of })
}

/// Returns the users that can be the primary contact of a new token.
///
/// # Errors
/// [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "tokens/people", protocol = Form)]
pub async fn people() -> Result<Vec<Contact>, AppError> {
    let (store, by) = allowed(Permission::SeeTokens)?;
    Ok(store.members().contacts(by.account, None).await?)
}

/// Returns the limits for the lifetimes of the account's Auth Tokens.
///
/// # Errors
/// [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(GetTerms, prefix = "/api", endpoint = "tokens/terms", protocol = Form)]
pub async fn terms() -> Result<Terms, AppError> {
    let (store, by) = allowed(Permission::SeeTokens)?;
    Ok(store.account().terms(by.account).await?)
}

/// Creates a token. `request` is the page's id for the request: a second request with the same id does nothing.
///
/// # Errors
/// [`AppError::Invalid`], [`Refusal::AlreadyDone`], [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "tokens/create", protocol = Form)]
pub async fn create(form: TokenForm, request: Uuid) -> Result<Issued, AppError> {
    let (store, by) = allowed(Permission::ManageTokens)?;
    let (people, terms) = (store.members().contacts(by.account, None).await?, store.account().terms(by.account).await?);
    let settings = in_own_zone(form).validate(&people, None, &terms).map_err(AppError::Invalid)?;
    let issued = store.tokens().create(&by, settings, request).await?;
    plain_form_goes_on_to(&routes::with_notice(&routes::token(issued.token.id), routes::Notice::Created));
    Ok(answer_with_secret(issued))
}

/// Changes a token's settings, if no other user has changed them since `revision`.
///
/// # Errors
/// [`AppError::Invalid`], [`Refusal::Conflict`], [`Refusal::NotFound`], [`AppError::SignInNeeded`],
/// [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "tokens/update", protocol = Form)]
pub async fn update(id: TokenId, form: TokenForm, revision: i64) -> Result<Updated, AppError> {
    let (store, by) = allowed(Permission::ManageTokens)?;
    let current = store.tokens().get(by.account, id).await?;
    if current.revision != revision {
        return Err(Refusal::Conflict.into()); // before the form fails validation because of another user's change
    }
    let current = current.settings;
    let people = store.members().contacts(by.account, Some(current.primary_contact)).await?;
    let terms = store.account().terms(by.account).await?;
    let settings = in_own_zone(form).validate(&people, Some(&current), &terms).map_err(AppError::Invalid)?;
    let (token, name_exists) = store.tokens().update(&by, id, settings, revision).await?;
    plain_form_goes_on_to(&routes::with_notice(&routes::token(id), routes::Notice::Updated));
    Ok(Updated { token, name_exists })
}

/// Returns the form with its last day in the user's time zone, which a plain form does not send.
#[cfg(feature = "ssr")]
fn in_own_zone(form: TokenForm) -> TokenForm {
    let preferences = preferences();
    form.in_zone(|at| offset_at(&preferences, at))
}

/// The result of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandResult {
    /// A token and its secret.
    Issued(Box<Issued>),
    /// The token after the change, or as it was before its deletion.
    Changed(Box<Token>),
}

/// Sends the command for the token to the server. `handover` says how a reset lets the old Auth Token pass.
///
/// # Errors
/// As the command's own function.
pub async fn send(command: TokenCommand, token: &Token, handover: Handover) -> Result<CommandResult, AppError> {
    let issued = |issued| CommandResult::Issued(Box::new(issued));
    let changed = |token| CommandResult::Changed(Box::new(token));
    match command {
        TokenCommand::Duplicate => duplicate(token.id, new_request_id()).await.map(issued),
        TokenCommand::Reset => reset(token.id, token.revision, handover).await.map(issued),
        TokenCommand::StopOldValue => stop_old_value(token.id).await.map(changed),
        TokenCommand::UpgradeVersion => upgrade_version(token.id).await.map(changed),
        TokenCommand::GoBackVersion => go_back_version(token.id).await.map(changed),
        TokenCommand::Disable => disable(token.id).await.map(changed),
        TokenCommand::Enable => enable(token.id).await.map(changed),
        TokenCommand::Delete => delete(token.id).await.map(changed),
        TokenCommand::View => view(token.id).await.map(issued),
    }
}

/// Returns the store and the signed-in user, if they may give the command now.
#[cfg(feature = "ssr")]
async fn commanded(command: TokenCommand) -> Result<(Store, CurrentUser), AppError> {
    let rules = command.rules();
    match rules.step_up {
        StepUpRule::NotNeeded => allowed(rules.permission),
        StepUpRule::Recent => allowed_after_step_up(rules.permission).await,
    }
}

/// Makes a copy with its own Account SID and Auth Token. `request` as in [`create`].
///
/// # Errors
/// [`Refusal::AlreadyDone`], [`Refusal::NotFound`], [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "tokens/duplicate", protocol = Call)]
pub async fn duplicate(id: TokenId, request: Uuid) -> Result<Issued, AppError> {
    let (store, by) = commanded(TokenCommand::Duplicate).await?;
    Ok(answer_with_secret(store.tokens().duplicate(&by, id, request).await?))
}

/// Replaces the Auth Token of a token; the gate refuses the old one before this returns, unless the handover lets it pass
/// for a while.
///
/// # Errors
/// [`Refusal::OverlapTooLong`], [`Refusal::StepUpNeeded`], [`Refusal::Conflict`], [`Refusal::NotFound`], [`AppError::SignInNeeded`],
/// [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "tokens/reset", protocol = Call)]
pub async fn reset(id: TokenId, revision: i64, #[server(default)] handover: Handover) -> Result<Issued, AppError> {
    let (store, by) = commanded(TokenCommand::Reset).await?;
    Ok(answer_with_secret(store.tokens().reset_with_overlap(&by, id, revision, handover).await?))
}

/// Stops the old Auth Token of a token before its overlap ends; the gate refuses it before this returns.
///
/// # Errors
/// [`Refusal::StepUpNeeded`], [`Refusal::NotFound`], [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "tokens/stop_old_value", protocol = Call)]
pub async fn stop_old_value(id: TokenId) -> Result<Token, AppError> {
    let (store, by) = commanded(TokenCommand::StopOldValue).await?;
    Ok(store.tokens().stop_old_value(&by, id).await?)
}

/// Returns the addresses from which a token's two Auth Tokens were used since a reset with an overlap.
///
/// # Errors
/// [`AppError::SignInNeeded`], [`Refusal::NotAllowed`], [`Refusal::NotFound`] (another account's tokens included).
#[server(GetMoves, prefix = "/api", endpoint = "tokens/moves", protocol = Call)]
pub async fn moves(id: TokenId) -> Result<Vec<UsedFrom>, AppError> {
    let (store, by) = allowed(Permission::SeeTokens)?;
    Ok(store.tokens().used_in_overlap(by.account, id).await?)
}

/// Returns a token's Auth Token again, if the account's policy lets it be stored.
///
/// # Errors
/// [`Refusal::NotViewable`], [`Refusal::StepUpNeeded`], [`Refusal::NotFound`], [`AppError::SignInNeeded`],
/// [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "tokens/view", protocol = Call)]
pub async fn view(id: TokenId) -> Result<Issued, AppError> {
    let (store, by) = commanded(TokenCommand::View).await?;
    Ok(answer_with_secret(store.tokens().view_secret(&by, id).await?))
}

/// Moves a token to the newest API version.
///
/// # Errors
/// [`Refusal::NotFound`], [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "tokens/upgrade_version", protocol = Call)]
pub async fn upgrade_version(id: TokenId) -> Result<Token, AppError> {
    let (store, by) = commanded(TokenCommand::UpgradeVersion).await?;
    Ok(store.tokens().upgrade_version(&by, id).await?)
}

/// Moves a token back to the API version that it was upgraded from.
///
/// # Errors
/// [`Refusal::TooLateToGoBack`], [`Refusal::NotFound`], [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "tokens/go_back_version", protocol = Call)]
pub async fn go_back_version(id: TokenId) -> Result<Token, AppError> {
    let (store, by) = commanded(TokenCommand::GoBackVersion).await?;
    Ok(store.tokens().go_back_version(&by, id).await?)
}

/// Disables a token: the gate refuses it until it is enabled again.
///
/// # Errors
/// [`Refusal::NotFound`], [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "tokens/disable", protocol = Call)]
pub async fn disable(id: TokenId) -> Result<Token, AppError> {
    let (store, by) = commanded(TokenCommand::Disable).await?;
    Ok(store.tokens().disable(&by, id).await?)
}

/// Enables a disabled token: the gate accepts it again.
///
/// # Errors
/// [`Refusal::NotFound`], [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "tokens/enable", protocol = Call)]
pub async fn enable(id: TokenId) -> Result<Token, AppError> {
    let (store, by) = commanded(TokenCommand::Enable).await?;
    Ok(store.tokens().enable(&by, id).await?)
}

/// Deletes a token: the gate refuses it at once. [`undo_delete`] restores it within 10 seconds.
///
/// # Errors
/// [`Refusal::StepUpNeeded`], [`Refusal::NotFound`], [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "tokens/delete", protocol = Call)]
pub async fn delete(id: TokenId) -> Result<Token, AppError> {
    let (store, by) = commanded(TokenCommand::Delete).await?;
    Ok(store.tokens().delete(&by, id).await?)
}

/// Restores a deleted token as it was.
///
/// # Errors
/// [`Refusal::NotFound`] once it is deleted for good, [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "tokens/undo_delete", protocol = Call)]
pub async fn undo_delete(id: TokenId) -> Result<Token, AppError> {
    let (store, by) = allowed(Permission::ManageTokens)?;
    Ok(store.tokens().undo_delete(&by, id).await?)
}
