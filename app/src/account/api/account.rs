//! The account's API access.

use crate::error::AppError;
use crate::request::protocol::{Call, Form};
use domain::account::Account;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use {crate::request::context::allowed, domain::members::role::Permission};

/// Returns the account, for users who may see its tokens.
///
/// # Errors
/// [`AppError::SignInNeeded`], `Refusal::NotAllowed`.
#[server(GetAccount, prefix = "/api", endpoint = "account", protocol = Call)]
pub async fn account() -> Result<Account, AppError> {
    let (store, by) = allowed(Permission::SeeTokens)?;
    Ok(store.account().get(by.account).await?)
}

/// Switches API access on.
///
/// # Errors
/// [`AppError::SignInNeeded`], `Refusal::NotAllowed`.
#[server(prefix = "/api", endpoint = "account/enable_api_access", protocol = Form)]
pub async fn enable_api_access() -> Result<(), AppError> {
    let (store, by) = allowed(Permission::EnableApiAccess)?;
    Ok(store.account().enable_api_access(&by).await?)
}

/// Switches API access off: from now on the gate refuses all tokens of the account.
///
/// # Errors
/// [`AppError::SignInNeeded`], `Refusal::NotAllowed`.
#[server(prefix = "/api", endpoint = "account/disable_api_access", protocol = Form)]
pub async fn disable_api_access() -> Result<(), AppError> {
    let (store, by) = allowed(Permission::DisableApiAccess)?;
    Ok(store.account().disable_api_access(&by).await?)
}
