//! The account's rules for its access tokens and its users.

#![allow(missing_docs)] // for the arguments, which `#[server]` makes public fields

use crate::error::AppError;
use crate::request::protocol::{Call, Form};
use domain::account::security_policy::{Consequences, SecurityPolicy, SecurityPolicyForm};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use {
    crate::{
        request::context::{address, allowed, allowed_after_step_up, plain_form_goes_on_to},
        routes,
    },
    domain::Refusal,
    domain::members::role::Permission,
};

/// The policy, and the rest of its page's data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyInForce {
    /// The policy.
    pub policy: SecurityPolicy,
    /// The policy's revision; a change names the one that it is based on.
    pub revision: i64,
    /// The network address of the request as the server sees it.
    pub own_address: String,
}

/// Returns the policy.
///
/// # Errors
/// [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(GetSecurityPolicy, prefix = "/api", endpoint = "security_policy/get", protocol = Form)]
pub async fn security_policy() -> Result<PolicyInForce, AppError> {
    let (store, by) = allowed(Permission::ManageSecurityPolicy)?;
    let (policy, revision) = store.account().security_policy(by.account).await?;
    Ok(PolicyInForce { policy, revision, own_address: address().to_canonical().to_string() })
}

/// Returns the immediate consequences that saving the policy would have, and whether it would have refused calls of the
/// last days.
///
/// # Errors
/// [`AppError::InvalidPolicy`], [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "security_policy/consequences", protocol = Form)]
pub async fn policy_consequences(form: SecurityPolicyForm) -> Result<Consequences, AppError> {
    let (store, by) = allowed(Permission::ManageSecurityPolicy)?;
    let policy = form.validate().map_err(AppError::InvalidPolicy)?;
    let consequences = store.account().policy_consequences(by.account, &policy).await?;
    let rehearsal = store.tokens().rehearse_all(by.account, &policy.change()).await?;
    Ok(Consequences { refuses: rehearsal.calls > 0 || rehearsal.unknown > 0, ..consequences })
}

/// Puts the policy in force, if no other user has changed it since `revision`.
///
/// # Errors
/// [`AppError::InvalidPolicy`], [`AppError::PolicyConflict`], [`Refusal::SecondFactorNeeded`] if a user without a second
/// factor requires one, [`Refusal::StepUpNeeded`], [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "security_policy/update", protocol = Form)]
pub async fn update_security_policy(form: SecurityPolicyForm, revision: i64) -> Result<(), AppError> {
    let (store, by) = allowed_after_step_up(Permission::ManageSecurityPolicy).await?;
    let policy = form.validate().map_err(AppError::InvalidPolicy)?;
    store.account().update_security_policy(&by, &policy, revision).await.map_err(policy_error)?;
    plain_form_goes_on_to(&routes::with_notice(routes::SECURITY_POLICY, routes::Notice::Updated));
    Ok(())
}

/// Begins to try out the allowed addresses of the form, if no other user has changed the policy since `revision`: nothing
/// is enforced.
///
/// # Errors
/// As [`update_security_policy`].
#[server(prefix = "/api", endpoint = "security_policy/begin_trial", protocol = Call)]
pub async fn begin_address_trial(
    form: SecurityPolicyForm,
    enforce_when_silent: bool,
    revision: i64,
) -> Result<(), AppError> {
    let (store, by) = allowed_after_step_up(Permission::ManageSecurityPolicy).await?;
    let addresses = form.validate().map_err(AppError::InvalidPolicy)?.allowed_addresses;
    let begun = store.tokens().begin_address_trial(&by, &addresses, enforce_when_silent, revision).await;
    begun.map_err(policy_error)
}

/// Allows the addresses only that are tried out.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::StepUpNeeded`], [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "security_policy/enforce_trial", protocol = Call)]
pub async fn enforce_address_trial() -> Result<(), AppError> {
    let (store, by) = allowed_after_step_up(Permission::ManageSecurityPolicy).await?;
    Ok(store.account().enforce_address_trial(by.account, by.user.id, None).await?)
}

/// Ends the trial of allowed addresses without the change.
///
/// # Errors
/// [`Refusal::NotFound`], [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "security_policy/drop_trial", protocol = Call)]
pub async fn drop_address_trial() -> Result<(), AppError> {
    let (store, by) = allowed(Permission::ManageSecurityPolicy)?;
    Ok(store.tokens().drop_trial(&by, None).await?)
}

#[cfg(feature = "ssr")]
fn policy_error(error: store::Error) -> AppError {
    match error {
        store::Error::Refused(Refusal::Conflict) => AppError::PolicyConflict,
        other => other.into(),
    }
}
