//! `kagitaba user`: users before there is anybody who could invite them, and their links to the identity provider.

use std::io::{self, IsTerminal as _};

use anyhow::{Context as _, Result, bail, ensure};
use domain::account::AccountId;
use store::{Error, NewUser, Store};

use crate::{
    cli::{SecondFactorReset, UserAdd, UserUnlink},
    output::say,
};

/// Adds the user, and the account too where it does not exist yet.
///
/// # Errors
/// Where the password is too short, too long or too easy to guess, the address is taken, or the store fails.
pub async fn add(user: &UserAdd) -> Result<()> {
    let store = user.data.open().await?;
    let password = read_password(&user.email)?;

    let account = account(&store, &user.account).await?;
    let new = NewUser { name: user.name.clone(), email: user.email.clone(), password, role: user.role };
    store.add_user(account, new).await.with_context(|| format!("cannot add {}", user.email))?;
    say!("Added {} ({}) to {} as {}.", user.name, user.email, user.account, user.role.as_str())?;
    Ok(())
}

/// Switches off the user's two-step sign-in.
///
/// # Errors
/// Where nobody has the address, or the store fails.
pub async fn reset_second_factor(user: &SecondFactorReset) -> Result<()> {
    let had = match user.data.open().await?.reset_second_factor(&user.email).await {
        Err(Error::NotFound) => bail!("there is no user with the address {}; check it", user.email),
        had => had?,
    };
    say!("{}", if had { format!("Switched off for {}.", user.email) } else { "It was not on.".to_owned() })?;
    Ok(())
}

/// Removes the user's links to identity providers.
///
/// # Errors
/// Where nobody has the address, or the store fails.
pub async fn unlink(user: &UserUnlink) -> Result<()> {
    let removed = user.data.open().await?.unlink_identities(&user.email).await;
    let removed = match removed {
        Err(Error::NotFound) => bail!("there is no user with the address {}; check it", user.email),
        removed => removed?,
    };
    say!("{}", if removed == 0 { "There was no link.".to_owned() } else { format!("Unlinked {}.", user.email) })?;
    Ok(())
}

/// The account of that name, which is added where it does not exist yet.
///
/// # Errors
/// Where the store fails.
pub async fn account(store: &Store, name: &str) -> Result<AccountId, Error> {
    match store.account_named(name).await? {
        Some(account) => Ok(account),
        None => store.add_account(name).await,
    }
}

/// From the terminal without showing it, twice; else one line of standard input. Never an argument, which every process
/// of the machine could read.
fn read_password(email: &str) -> Result<String> {
    let password = if io::stdin().is_terminal() {
        let password = rpassword::prompt_password("Password: ")?;
        ensure!(password == rpassword::prompt_password("Password again: ")?, "the two passwords differ; try again");
        password
    } else {
        let mut line = String::new();
        io::stdin().read_line(&mut line).context("cannot read the password from standard input")?;
        line.trim_end_matches(['\n', '\r']).to_owned()
    };
    domain::user::password(&password, email).context("the password does not do")?;
    Ok(password)
}
