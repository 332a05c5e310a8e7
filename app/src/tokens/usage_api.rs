//! The use of access tokens: its sums, and the last calls. Members who see a token see its use.

#![allow(missing_docs)] // for the arguments, which `#[server]` makes public fields

use crate::error::AppError;
use crate::request::protocol::Call;
use domain::tokens::recent_call::{CallFilter, RecentCalls};
use domain::tokens::token::TokenId;
use domain::tokens::usage::{AccountUsage, HourUse, UsageSummary};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use {crate::request::context::allowed, domain::tokens::usage::PERMISSION};

/// Returns the use of the token over the last days, today included.
///
/// # Errors
/// [`AppError::SignInNeeded`], `Refusal::NotAllowed`, `Refusal::NotFound` (another account's tokens included).
#[server(GetUsage, prefix = "/api", endpoint = "tokens/usage", protocol = Call)]
pub async fn usage(id: TokenId, days: u16) -> Result<UsageSummary, AppError> {
    let (store, by) = allowed(PERMISSION)?;
    let token = store.tokens().get(by.account, id).await?;
    Ok(store.tokens().usage_of(by.account, token.id, days).await?)
}

/// Returns the calls of the token in each of the last hours.
///
/// # Errors
/// As [`usage`].
#[server(GetUsageByHour, prefix = "/api", endpoint = "tokens/usage_by_hour", protocol = Call)]
pub async fn usage_by_hour(id: TokenId) -> Result<Vec<HourUse>, AppError> {
    let (store, by) = allowed(PERMISSION)?;
    let token = store.tokens().get(by.account, id).await?;
    Ok(store.tokens().usage_by_hour(by.account, token.id).await?)
}

/// Returns the last calls of the token that match the filter.
///
/// # Errors
/// As [`usage`].
#[server(GetRecentCalls, prefix = "/api", endpoint = "tokens/recent_calls", protocol = Call)]
pub async fn recent_calls(id: TokenId, filter: CallFilter) -> Result<RecentCalls, AppError> {
    let (store, by) = allowed(PERMISSION)?;
    let token = store.tokens().get(by.account, id).await?;
    Ok(store.tokens().recent_calls(by.account, token.id, &filter).await?)
}

/// Returns the use of all tokens of the account, and those that fail.
///
/// # Errors
/// [`AppError::SignInNeeded`], `Refusal::NotAllowed`.
#[server(GetAccountUsage, prefix = "/api", endpoint = "tokens/account_usage", protocol = Call)]
pub async fn account_usage() -> Result<AccountUsage, AppError> {
    let (store, by) = allowed(PERMISSION)?;
    Ok(store.tokens().account_usage(by.account).await?)
}
