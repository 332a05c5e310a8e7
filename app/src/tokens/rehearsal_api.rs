//! The rehearsal of changes: the calls of the last days that they would have refused.

#![allow(missing_docs)] // for the arguments, which `#[server]` makes public fields

use crate::error::AppError;
use crate::request::protocol::Call;
use domain::tokens::rehearsal::{AccountChange, Rehearsal, TokenChange};
use domain::tokens::token::TokenId;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use {
    crate::request::context::allowed,
    domain::account::security_policy::{PolicyProblem, RANGES_MAX},
    domain::tokens::usage::PERMISSION,
};

/// Returns what the change of the token would have refused.
///
/// # Errors
/// [`AppError::SignInNeeded`], `Refusal::NotAllowed`, `Refusal::NotFound` (another account's tokens included).
#[server(Rehearse, prefix = "/api", endpoint = "tokens/rehearse", protocol = Call)]
pub async fn rehearse(id: TokenId, change: TokenChange) -> Result<Rehearsal, AppError> {
    let (store, by) = allowed(PERMISSION)?;
    Ok(store.tokens().rehearse(by.account, id, change).await?)
}

/// Returns what the change of the account would have refused.
///
/// # Errors
/// [`AppError::InvalidPolicy`], [`AppError::SignInNeeded`], `Refusal::NotAllowed`.
#[server(RehearseAll, prefix = "/api", endpoint = "tokens/rehearse_all", protocol = Call)]
pub async fn rehearse_all(change: AccountChange) -> Result<Rehearsal, AppError> {
    let (store, by) = allowed(PERMISSION)?;
    if matches!(&change, AccountChange::Policy { allowed_addresses, .. } if allowed_addresses.len() > RANGES_MAX) {
        return Err(AppError::InvalidPolicy(vec![PolicyProblem::TooManyRanges]));
    }
    Ok(store.tokens().rehearse_all(by.account, &change).await?)
}
