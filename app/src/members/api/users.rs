//! Account users: their roles and states, and inviting others.

#![allow(missing_docs)] // for the arguments, which `#[server]` makes public fields

use crate::error::AppError;
use crate::request::protocol::{Call, Form};
use crate::sign_in::api::proof::Proof;
use domain::members::membership::{AcceptanceForm, Invitation, InvitationForm, InvitationId, Member, Welcome};
use domain::members::role::Role;
use domain::members::user::UserId;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::fmt;

#[cfg(feature = "ssr")]
use {
    crate::{
        request::context::{address, allowed, allowed_after_step_up, answer_header, client, locale, mail, store},
        routes,
        sign_in::api::session::go_on,
    },
    domain::Refusal,
    domain::members::role::Permission,
    http::header,
    store::InvitationToken,
};

/// The account's users and open invitations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountUsers {
    /// The users, by name.
    pub members: Vec<Member>,
    /// The open invitations, newest first.
    pub invitations: Vec<Invitation>,
}

/// An invitation, and how its link reaches the invited person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// The invitation.
    pub invitation: Invitation,
    /// The token of the link, to be handed over; `None` if it was mailed. Kept in memory while the link is shown, and
    /// nowhere else.
    pub token: Option<String>,
    /// Whether the link should have been mailed, but sending failed.
    pub mail_failed: bool,
}

impl fmt::Debug for Invited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invited").field("invitation", &self.invitation.id).finish_non_exhaustive()
    }
}

/// Returns the account's users and open invitations.
///
/// # Errors
/// [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(ListAccountUsers, prefix = "/api", endpoint = "users/list", protocol = Call)]
pub async fn account_users() -> Result<AccountUsers, AppError> {
    let (store, by) = allowed(Permission::ManageUsers)?;
    let invitations = store.members().invitations(by.account).await?;
    Ok(AccountUsers { members: store.members().list(by.account).await?, invitations })
}

/// Invites a person, by mail if the server sends mail. An open invitation of the same address is replaced.
///
/// # Errors
/// [`AppError::InvalidMember`], [`Refusal::AlreadyMember`], [`Refusal::StepUpNeeded`], [`AppError::SignInNeeded`],
/// [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "users/invite", protocol = Form)]
pub async fn invite(form: InvitationForm) -> Result<Invited, AppError> {
    let (store, by) = allowed_after_step_up(Permission::ManageUsers).await?;
    let (email, role) = form.validate().map_err(AppError::InvalidMember)?;
    let (invitation, token) = store.members().invite(&by, &email, role).await?;
    let mailed = match mail() {
        Some(mail) => Some(mail.invite(locale(), &by.account_name, &invitation, token.reveal()).await),
        None => None,
    };
    answer_header(header::CACHE_CONTROL, "no-store");
    let token = (mailed != Some(true)).then(|| token.reveal().to_owned());
    Ok(Invited { invitation, token, mail_failed: mailed == Some(false) })
}

/// Withdraws an invitation: its link no longer works.
///
/// # Errors
/// [`Refusal::InvitationOver`], [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "users/withdraw_invitation", protocol = Call)]
pub async fn withdraw_invitation(id: InvitationId) -> Result<(), AppError> {
    let (store, by) = allowed(Permission::ManageUsers)?;
    Ok(store.members().withdraw_invitation(&by, id).await?)
}

/// Changes a user's role, from their next request on. This always needs a proof with the request, however recent the
/// last step-up: a session alone must not suffice to make a user an administrator.
///
/// # Errors
/// [`Refusal::StepUpNeeded`] without a proof, [`Refusal::WrongPassword`], [`Refusal::WrongPasskey`],
/// [`Refusal::Throttled`]; [`Refusal::LastAdministrator`], [`Refusal::NotFound`], [`AppError::SignInNeeded`],
/// [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "users/change_role", protocol = Call)]
pub async fn change_role(id: UserId, role: Role, proof: Option<Proof>) -> Result<Member, AppError> {
    let (store, by) = allowed(Permission::ManageUsers)?;
    proof.ok_or(Refusal::StepUpNeeded)?.give().await?;
    Ok(store.members().change_role(&by, id, role).await?)
}

/// Ends a user's sessions in the account, and prevents new ones.
///
/// # Errors
/// [`Refusal::LastAdministrator`], [`Refusal::NotFound`], [`Refusal::StepUpNeeded`], [`AppError::SignInNeeded`],
/// [`Refusal::NotAllowed`].
#[server(prefix = "/api", endpoint = "users/deactivate", protocol = Call)]
pub async fn deactivate(id: UserId) -> Result<Member, AppError> {
    let (store, by) = allowed_after_step_up(Permission::ManageUsers).await?;
    Ok(store.members().deactivate(&by, id).await?)
}

/// Reactivates a deactivated user in the account.
///
/// # Errors
/// As [`deactivate`].
#[server(prefix = "/api", endpoint = "users/reinstate", protocol = Call)]
pub async fn reinstate(id: UserId) -> Result<Member, AppError> {
    let (store, by) = allowed_after_step_up(Permission::ManageUsers).await?;
    Ok(store.members().reinstate(&by, id).await?)
}

/// Returns an invitation by the token of its link.
///
/// # Errors
/// [`Refusal::InvitationOver`], [`Refusal::Throttled`].
#[server(GetInvitation, prefix = "/api", endpoint = "invitations/get", protocol = Form)]
pub async fn invitation(token: String) -> Result<Welcome, AppError> {
    let token = InvitationToken::parse(&token).ok_or(Refusal::InvitationOver)?;
    Ok(store().members().invitation(&token, address()).await?)
}

/// Accepts an invitation, and begins a session in its account as sign-in does. Returns where to go next.
///
/// # Errors
/// [`AppError::InvalidMember`], [`Refusal::InvitationOver`], [`Refusal::WrongCredentials`], [`Refusal::EmailTaken`],
/// [`Refusal::AlreadyMember`], [`Refusal::Throttled`].
#[server(AcceptInvitation, prefix = "/api", endpoint = "invitations/accept", protocol = Form)]
pub async fn accept_invitation(token: String, form: AcceptanceForm) -> Result<String, AppError> {
    let token = InvitationToken::parse(&token).ok_or(Refusal::InvitationOver)?;
    let joining =
        form.validate(&store().members().invitation(&token, address()).await?).map_err(AppError::InvalidMember)?;
    Ok(go_on(store().members().accept_invitation(&token, joining, client()).await?, routes::OVERVIEW))
}
