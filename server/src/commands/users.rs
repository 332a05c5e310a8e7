//! `kagitaba user`: adds the first users, makes changes that no administrator can make any more, and unlinks users from
//! the identity provider. Each takes effect on a running server.

#![allow(clippy::doc_markdown)] // the doc comments of arguments are the help texts, too

use std::io::{self, IsTerminal as _};

use anyhow::{Context as _, Result, bail, ensure};
use chrono::SecondsFormat;
use clap::{
    Args, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use domain::Refusal;
use domain::{
    account::AccountId,
    members::{
        membership::{Change, Member},
        role::Role,
        user,
    },
};
use store::{Error, NewUser, Store};

use crate::{commands::account, config::Data, output::say};

/// The commands for account users.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add a user, and the account if it doesn't exist yet. The password is asked for, or read as one line from standard
    /// input.
    Add(UserAdd),
    /// Remove a user's link to the identity provider. Their next sign-in there links them again, by e-mail address.
    Unlink(UserUnlink),
    /// Set a user's password, for example if they have forgotten it. It is asked for, or read as one line from standard
    /// input. The user is signed out everywhere; two-step sign-in isn't affected.
    SetPassword(UserNamed),
    /// List users: account, e-mail address, name, role, state and when they were last active, separated by tabs.
    List(UserList),
    /// Deactivate a user in an account: they are signed out of it immediately. An account's last active Account
    /// Administrator can't be deactivated.
    Deactivate(MemberNamed),
    /// Reinstate a deactivated user in an account.
    Reinstate(MemberNamed),
    /// Change a user's role in an account, from their next action. An account's last active Account Administrator can't
    /// give up the role.
    Role(UserRole),
    /// Turn off a user's two-step sign-in, for example if they have lost their authenticator app and recovery codes. Make
    /// sure the request really came from them. The user is signed out everywhere.
    ResetSecondFactor(SecondFactorReset),
}

impl UserCommand {
    /// Carries out the command.
    ///
    /// # Errors
    /// If the command failed.
    pub async fn run(&self) -> Result<()> {
        match self {
            Self::Add(user) => add(user).await,
            Self::Unlink(user) => unlink(user).await,
            Self::ResetSecondFactor(user) => reset_second_factor(user).await,
            Self::SetPassword(user) => set_password(user).await,
            Self::List(users) => list(users).await,
            Self::Deactivate(user) => change(user, Change::Deactivate).await,
            Self::Reinstate(user) => change(user, Change::Reinstate).await,
            Self::Role(user) => change(&user.member, Change::Role(user.role)).await,
        }
    }
}

/// A user to add.
#[derive(Debug, Clone, Args)]
pub struct UserAdd {
    /// The e-mail address to sign in with.
    #[arg(long, value_parser = user::email)]
    pub email: String,
    /// The name shown to other users.
    #[arg(long, value_parser = user::name)]
    pub name: String,
    /// The user's role in the account.
    #[arg(long, value_parser = role())]
    pub role: Role,
    /// The agency account's name.
    #[arg(long, value_parser = user::name)]
    pub account: String,
    /// The location of the data.
    #[command(flatten)]
    pub data: Data,
}

/// A user, in all accounts that they belong to.
#[derive(Debug, Clone, Args)]
pub struct UserNamed {
    /// The user's e-mail address.
    #[arg(long, value_parser = user::email)]
    pub email: String,
    /// The location of the data.
    #[command(flatten)]
    pub data: Data,
}

/// A user of one account.
#[derive(Debug, Clone, Args)]
pub struct MemberNamed {
    /// The user's e-mail address.
    #[arg(long, value_parser = user::email)]
    pub email: String,
    /// The agency account's name.
    #[arg(long, value_name = "NAME", value_parser = user::name)]
    pub account: String,
    /// The location of the data.
    #[command(flatten)]
    pub data: Data,
}

/// A user of one account, and another role.
#[derive(Debug, Clone, Args)]
pub struct UserRole {
    /// The user.
    #[command(flatten)]
    pub member: MemberNamed,
    /// The user's new role in the account.
    #[arg(long, value_parser = role())]
    pub role: Role,
}

/// Which users to list.
#[derive(Debug, Clone, Args)]
pub struct UserList {
    /// The agency account's name [default: all accounts].
    #[arg(long, value_name = "NAME", value_parser = user::name)]
    pub account: Option<String>,
    /// The location of the data.
    #[command(flatten)]
    pub data: Data,
}

/// A user to unlink.
#[derive(Debug, Clone, Args)]
pub struct UserUnlink {
    /// The user's e-mail address.
    #[arg(long, value_parser = user::email)]
    pub email: String,
    /// The location of the data.
    #[command(flatten)]
    pub data: Data,
}

/// A user whose two-step sign-in is to be switched off.
#[derive(Debug, Clone, Args)]
pub struct SecondFactorReset {
    /// The user's e-mail address.
    #[arg(long, value_parser = user::email)]
    pub email: String,
    /// The location of the data.
    #[command(flatten)]
    pub data: Data,
}

/// Parses a role by name. Help lists the values this parser takes, so the roles are named once, in the domain.
fn role() -> impl TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::ALL.map(Role::as_str))
        .try_map(|name| name.parse::<Role>().map_err(|_| "there's no such role"))
}

/// Adds the user, and the account too if it does not exist yet.
///
/// # Errors
/// If the password is too short, too long or too easy to guess, if the address is taken, or if the store fails.
pub async fn add(user: &UserAdd) -> Result<()> {
    let store = user.data.open().await?;
    let password = read_password(&user.email)?;

    let account = account(&store, &user.account).await?;
    let new = NewUser { name: user.name.clone(), email: user.email.clone(), password, role: user.role };
    store.members().add(account, new).await.with_context(|| format!("cannot add {}", user.email))?;
    say!("Added {} ({}) to {} as {}.", user.name, user.email, user.account, user.role.as_str())?;
    Ok(())
}

/// Switches off the user's two-step sign-in.
///
/// # Errors
/// If no user has the address, or if the store fails.
pub async fn reset_second_factor(user: &SecondFactorReset) -> Result<()> {
    let had = match user.data.open().await?.sign_in().reset_second_factor(&user.email).await {
        Err(Error::Refused(Refusal::NotFound)) => bail!(no_user(&user.email)),
        had => had?,
    };
    say!("{}", if had { format!("Turned off for {}.", user.email) } else { "It wasn't turned on.".to_owned() })?;
    Ok(())
}

/// Sets the user's password, and signs them out everywhere.
///
/// # Errors
/// If no user has the address, if the password is too short, too long or too easy to guess, or if the store fails.
pub async fn set_password(user: &UserNamed) -> Result<()> {
    let store = user.data.open().await?;
    let password = read_password(&user.email)?;
    let ended = match store.sign_in().set_password(&user.email, &password).await {
        Err(Error::Refused(Refusal::NotFound)) => bail!(no_user(&user.email)),
        ended => ended?,
    };
    say!("Set the password of {}. Sessions ended: {ended}.", user.email)?;
    Ok(())
}

/// Lists users.
///
/// # Errors
/// If the account does not exist, if the store fails, or if standard output can't be written.
pub async fn list(list: &UserList) -> Result<()> {
    let store = list.data.open().await?;
    let account = match &list.account {
        Some(name) => Some(account::named(&store, name).await?),
        None => None,
    };
    say!("Account\tE-mail\tName\tRole\tState\tLast active")?;
    for (account, Member { person, role, state, last_seen_at }) in store.members().all(account).await? {
        let seen = last_seen_at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)).unwrap_or_default();
        let columns = [&*account, &*person.email, &*person.name, role.as_str(), state.as_str(), &*seen];
        say!("{}", columns.join("\t"))?;
    }
    Ok(())
}

/// Changes the user's role or state in the account.
///
/// # Errors
/// If the account or the user does not exist, if the account would be left without an active administrator, or if the
/// store fails.
pub async fn change(member: &MemberNamed, change: Change) -> Result<()> {
    let store = member.data.open().await?;
    let account = account::named(&store, &member.account).await?;
    let after = match store.members().change_named(account, &member.email, change).await {
        Err(Error::Refused(Refusal::NotFound)) => {
            bail!("{} has no user with the address {}; check the address", member.account, member.email)
        }
        after => after?,
    };
    say!("{} is {} in {}, {}.", member.email, after.role.as_str(), member.account, after.state.as_str())?;
    Ok(())
}

fn no_user(email: &str) -> String {
    format!("there's no user with the address {email}; check the address")
}

/// Removes the user's links to identity providers.
///
/// # Errors
/// If no user has the address, or if the store fails.
pub async fn unlink(user: &UserUnlink) -> Result<()> {
    let removed = user.data.open().await?.sign_in().unlink_identities(&user.email).await;
    let removed = match removed {
        Err(Error::Refused(Refusal::NotFound)) => bail!(no_user(&user.email)),
        removed => removed?,
    };
    say!(
        "{}",
        if removed == 0 { "There was no link to remove.".to_owned() } else { format!("Unlinked {}.", user.email) }
    )?;
    Ok(())
}

/// Returns the account of that name, which is added if it does not exist yet.
///
/// # Errors
/// If the store fails.
pub async fn account(store: &Store, name: &str) -> Result<AccountId, Error> {
    match store.account().named(name).await? {
        Some(account) => Ok(account),
        None => store.account().add(name).await,
    }
}

/// Reads the password from the terminal, twice and without showing it, or else from one line of standard input. It is
/// never an argument, which every process of the machine could read.
fn read_password(email: &str) -> Result<String> {
    let password = if io::stdin().is_terminal() {
        let password = rpassword::prompt_password("Password: ")?;
        ensure!(
            password == rpassword::prompt_password("Repeat the password: ")?,
            "the two passwords differ; try again"
        );
        password
    } else {
        let mut line = String::new();
        io::stdin().read_line(&mut line).context("cannot read the password from standard input")?;
        line.trim_end_matches(['\n', '\r']).to_owned()
    };
    domain::members::user::password(&password, email).context("the password can't be used")?;
    Ok(password)
}
