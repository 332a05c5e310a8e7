//! Changes that are tried out before they are made.

#![allow(missing_docs)] // for the arguments, which `#[server]` makes public fields

use crate::error::AppError;
use crate::request::protocol::Call;
use domain::tokens::scope::Scopes;
use domain::tokens::token::{Token, TokenId};
use domain::tokens::trial::Trial;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use {crate::request::context::allowed, domain::members::role::Permission};

/// Returns the trials of the account's tokens, and that of its addresses for those who may change them, or only that of the
/// token, with the calls that would have been refused since.
///
/// # Errors
/// [`AppError::SignInNeeded`], `Refusal::NotAllowed`.
#[server(GetTrials, prefix = "/api", endpoint = "tokens/trials", protocol = Call)]
pub async fn trials(token: Option<TokenId>) -> Result<Vec<Trial>, AppError> {
    let (store, by) = allowed(Permission::SeeTokens)?;
    let mut trials = store.tokens().trials(by.account, token).await?;
    let may_change_policy = by.role.may(Permission::ManageSecurityPolicy);
    trials.retain(|trial| trial.token().is_some() || may_change_policy);
    Ok(trials)
}

/// Begins to try out that the token has no other scopes than these: nothing is enforced.
///
/// # Errors
/// `Refusal::Conflict`, `Refusal::NotFound`, [`AppError::SignInNeeded`], `Refusal::NotAllowed`.
#[server(prefix = "/api", endpoint = "tokens/begin_trial", protocol = Call)]
pub async fn begin_trial(
    id: TokenId,
    scopes: Scopes,
    enforce_when_silent: bool,
    revision: i64,
) -> Result<(), AppError> {
    let (store, by) = allowed(Permission::ManageTokens)?;
    Ok(store.tokens().begin_trial(&by, id, scopes, enforce_when_silent, revision).await?)
}

/// Makes the change that is tried out.
///
/// # Errors
/// `Refusal::NotFound`, [`AppError::SignInNeeded`], `Refusal::NotAllowed`.
#[server(prefix = "/api", endpoint = "tokens/enforce_trial", protocol = Call)]
pub async fn enforce_trial(id: TokenId) -> Result<Token, AppError> {
    let (store, by) = allowed(Permission::ManageTokens)?;
    Ok(store.tokens().enforce_trial(&by, id).await?)
}

/// Ends the trial without the change.
///
/// # Errors
/// As [`enforce_trial`].
#[server(prefix = "/api", endpoint = "tokens/drop_trial", protocol = Call)]
pub async fn drop_trial(id: TokenId) -> Result<(), AppError> {
    let (store, by) = allowed(Permission::ManageTokens)?;
    Ok(store.tokens().drop_trial(&by, Some(id)).await?)
}
