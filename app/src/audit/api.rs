//! The audit trail, and the history of one token.

#![allow(missing_docs)] // for the arguments, which `#[server]` makes public fields

use crate::error::AppError;
use crate::request::protocol::Call;
use domain::audit::trail::{Entry, Trail, TrailFilter};
use domain::tokens::token::TokenId;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use {
    crate::request::context::{allowed, offset_at, preferences},
    domain::{
        audit::{
            action::ActionGroup,
            details::{changes, subject},
            trail::HISTORY_SIZE,
        },
        members::{role::Permission, user::Person},
    },
    store::AuditEntry,
};

/// Returns one page of the entries that match the filter.
///
/// # Errors
/// [`AppError::SignInNeeded`], `Refusal::NotAllowed`.
#[server(GetTrail, prefix = "/api", endpoint = "audit/trail", protocol = Call)]
pub async fn trail(filter: TrailFilter) -> Result<Trail, AppError> {
    let (store, by) = allowed(Permission::SeeAuditTrail)?;
    let preferences = preferences();
    let filter = filter.in_zone(|at| offset_at(&preferences, at)); // a plain form has days only
    let (entries, position) = store.audit().page(by.account, &filter).await?;
    let people = store.members().people(by.account).await?;
    let users = store.audit().users(by.account).await?;
    let head = store.audit().head(by.account).await?;
    let entries = entries.into_iter().map(|entry| shown(entry, &people)).collect();
    let people = people.into_iter().filter(|person| users.contains(&person.id)).collect();
    Ok(Trail { entries, position, head, people })
}

/// Returns the latest entries of the token, at most [`domain::audit::trail::HISTORY_SIZE`]. The addresses are left out: they
/// are only for users who may see the audit trail.
///
/// # Errors
/// [`AppError::SignInNeeded`], `Refusal::NotAllowed`.
#[server(GetHistory, prefix = "/api", endpoint = "tokens/history", protocol = Call)]
pub async fn history(id: TokenId) -> Result<Vec<Entry>, AppError> {
    let (store, by) = allowed(Permission::SeeTokens)?;
    let filter = TrailFilter { token: Some(id), ..TrailFilter::default() };
    let entries = store.audit().entries(by.account, &filter, HISTORY_SIZE).await?;
    let people = store.members().people(by.account).await?;
    Ok(entries.into_iter().map(|entry| Entry { address: None, ..shown(entry, &people) }).collect())
}

/// Returns the entry as pages show it, with the names of users.
#[cfg(feature = "ssr")]
fn shown(entry: AuditEntry, people: &[Person]) -> Entry {
    let name_of = |id| people.iter().find(|person| person.id.0 == id).map(|person| person.name.clone());
    let of_token = ActionGroup::of(&entry.action) == ActionGroup::Tokens; // other actions only use a token
    Entry {
        sequence: entry.sequence,
        at: entry.at,
        user: entry.user,
        integration: entry.details["by_access_token"].as_str().map(str::to_owned),
        address: entry.address,
        action: entry.action,
        subject: subject(&entry.details, name_of).or_else(|| entry.token_name.clone().filter(|_| of_token)),
        token: entry.token.filter(|_| of_token && entry.token_name.is_some()),
        changes: changes(&entry.details, name_of),
    }
}
