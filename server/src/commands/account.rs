//! The account that a command names.

use anyhow::{Result, bail};
use domain::account::AccountId;
use store::Store;

/// Returns the account of this name, which must exist: making a new account for each misspelt name would help no user.
///
/// # Errors
/// If there is no such account, or if the store fails.
pub async fn named(store: &Store, name: &str) -> Result<AccountId> {
    if let Some(account) = store.account().named(name).await? {
        return Ok(account);
    }
    let names: Vec<_> = store.account().all().await?.into_iter().map(|account| account.name).collect();
    if names.is_empty() {
        bail!("there are no accounts in this database yet; add one with kagitaba user add");
    }
    bail!("there's no account named {name}; use one of these: {}", names.join(", "))
}
