//! The command line: its commands and options, and the dispatch to the code that carries them out.

#![allow(clippy::doc_markdown)] // these doc comments are the help texts, too

use std::{net::SocketAddr, path::PathBuf};

use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use clap::{
    Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum,
    builder::{FalseyValueParser, PossibleValuesParser, Resettable, TypedValueParser},
};
use domain::members::{membership::Change, role::Role, user};
use store::AuditHash;
use tokio::runtime::Runtime;

use crate::{
    commands::{advertisers, audit, calls, databases, serve::serve, users},
    config::Data,
    console::mail,
    environment, gate,
    http::{connections, public_url::PublicUrl},
    oidc, sealing_keys,
    spreadsheet::Encoding,
};

/// A self-hosted console for API access tokens, and the gate that checks them.
#[derive(Debug, Parser)]
#[command(name = "kagitaba", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

impl Cli {
    /// Reads the command line and the environment, in which an empty variable counts as not set. Ends the process if
    /// the arguments are invalid or ask for help.
    #[must_use]
    pub fn read() -> Self {
        let read = Self::from_arg_matches(&without_empty_variables(Self::command()).get_matches());
        read.unwrap_or_else(|error| error.exit())
    }

    /// Returns the names of all environment variables that options are read from.
    #[must_use]
    pub fn variables() -> Vec<String> {
        fn of(command: &clap::Command, names: &mut Vec<String>) {
            names.extend(command.get_arguments().filter_map(|arg| Some(arg.get_env()?.to_str()?.to_owned())));
            command.get_subcommands().for_each(|command| of(command, names));
        }
        let mut names = Vec::new();
        of(&Self::command(), &mut names);
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Returns the command, which is `serve` by default.
    #[must_use]
    pub fn into_command(self) -> Command {
        self.command.unwrap_or(Command::Serve(Box::new(self.serve)))
    }
}

/// Ignores the environment variable of every option if it is empty.
fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty = |arg: &clap::Arg| arg.get_env().is_some_and(environment::is_empty);
    let command = command.mut_args(|arg| if is_empty(&arg) { arg.env(Resettable::Reset) } else { arg });
    command.mut_subcommands(without_empty_variables)
}

/// What Kagitaba can be told to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the console and the gate (the default).
    Serve(Box<Serve>),
    /// Manage account users.
    #[command(subcommand)]
    User(UserCommand),
    /// Manage the advertisers that the gate tells of.
    #[command(subcommand)]
    Advertiser(AdvertiserCommand),
    /// Examine the audit trail.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// See the calls at the gate.
    #[command(subcommand)]
    Call(CallCommand),
    /// Manage the keys that Auth Tokens are kept with.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Bring the database to this version's form, which `serve` does too.
    Migrate(Data),
    /// Move all that there is from SQLite to PostgreSQL or back, while no server runs on either: all in one transaction,
    /// compared row by row before it counts. The database that is moved from stays as it is.
    Move(Move),
    /// Write a copy of an SQLite database, as it is at one moment, into a new file. A server may go on meanwhile. The keys in
    /// the data folder are not in it.
    Backup(Backup),
}

impl Command {
    /// Carries out the command. Not async, so that the futures it awaits are compiled with this library and not once
    /// more, alone and last, with the program.
    ///
    /// # Errors
    /// If the command failed.
    pub fn run(self) -> Result<()> {
        Runtime::new().context("cannot start threads")?.block_on(self.carry_out())
    }

    async fn carry_out(self) -> Result<()> {
        match self {
            Self::Serve(serving) => serve(&serving).await,
            Self::User(UserCommand::Add(user)) => users::add(&user).await,
            Self::User(UserCommand::Unlink(user)) => users::unlink(&user).await,
            Self::User(UserCommand::ResetSecondFactor(user)) => users::reset_second_factor(&user).await,
            Self::User(UserCommand::SetPassword(user)) => users::set_password(&user).await,
            Self::User(UserCommand::List(list)) => users::list(&list).await,
            Self::User(UserCommand::Deactivate(user)) => users::change(&user, Change::Deactivate).await,
            Self::User(UserCommand::Reinstate(user)) => users::change(&user, Change::Reinstate).await,
            Self::User(UserCommand::Role(user)) => users::change(&user.member, Change::Role(user.role)).await,
            Self::Advertiser(AdvertiserCommand::Import(import)) => advertisers::import(&import).await,
            Self::Audit(AuditCommand::Verify(verify)) => audit::verify(&verify).await,
            Self::Call(CallCommand::Export(export)) => calls::export(&export).await,
            Self::Key(KeyCommand::Rotate(data)) => sealing_keys::rotate(&data).await,
            Self::Migrate(data) => databases::migrate(&data).await,
            Self::Move(databases) => databases::move_all(&databases).await,
            Self::Backup(backup) => databases::back_up(&backup).await,
        }
    }
}

/// What can be done with account users.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add a user, and the account too where it does not exist yet. The password is asked for, or read as one line from
    /// standard input.
    Add(UserAdd),
    /// Remove a user's link to the identity provider: their next sign-in there makes it anew, by e-mail address.
    Unlink(UserUnlink),
    /// Set a user's password, where they have forgotten it. It is asked for, or read as one line from standard input. They
    /// are signed out everywhere; two-step sign-in stays as it is.
    SetPassword(UserNamed),
    /// List users: account, e-mail address, name, role, state and when they were last seen, separated by tabs.
    List(UserList),
    /// Keep a user from working in an account: they are signed out of it at once. Its last active Account Administrator
    /// stays.
    Deactivate(MemberNamed),
    /// Let a deactivated user work in an account again.
    Reinstate(MemberNamed),
    /// Give a user another role in an account, from their next click on. Its last active Account Administrator stays one.
    Role(UserRole),
    /// Switch off a user's two-step sign-in, where they have lost their authenticator and their recovery codes: be sure
    /// that it is they who ask. They are signed out everywhere.
    ResetSecondFactor(SecondFactorReset),
}

/// What can be done with advertisers.
#[derive(Debug, Subcommand)]
pub enum AdvertiserCommand {
    /// Import advertisers from a CSV file: those of a known Id are replaced, others added, none removed. The first line
    /// names the columns, in any order and case, as the API names its fields: Id, Name and as many others as there are.
    /// Between them stand commas, semicolons or tabs. The file is in UTF-8, or in UTF-16 with a byte order mark.
    /// Other accounts' credentials are never stored, and of tax numbers only the end. Where one line is wrong, nothing is
    /// imported.
    Import(AdvertiserImport),
}

/// What can be done with the audit trail.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Walk every account's chain of entries: print how many there are and the hash of the last, or name the first that
    /// was altered, removed or inserted. Only reads, also a copy that can't be written. Keep what it prints elsewhere and
    /// give it with --head the next time: that a database was put back to an older copy, only a comparison tells.
    Verify(AuditVerify),
}

/// What can be done with the calls at the gate.
#[derive(Debug, Subcommand)]
pub enum CallCommand {
    /// Write an account's calls to standard output one by one, as long as --keep-calls keeps them: when they came, with
    /// which access token, for what, from where, how they were answered and how long that took. They come roughly by time:
    /// sort by Time where the order matters. What is written down while it runs may be missing.
    Export(CallExport),
}

/// What can be done with the sealing keys.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a new sealing key, seal the Auth Tokens with it that may be viewed again, and drop the old one. The server may
    /// go on meanwhile; cut off in the middle, do it again.
    Rotate(Data),
}

/// How to serve.
#[derive(Debug, Clone, Args)]
pub struct Serve {
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS:PORT", env = "KAGITABA_LISTEN", default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,
    /// Where the data is.
    #[command(flatten)]
    pub data: Data,
    /// Make no demo accounts on the first start.
    #[arg(long)]
    pub no_demo: bool,
    /// Serve real users behind TLS: no demo accounts, and browsers are told to come back by HTTPS only.
    #[arg(long, env = "KAGITABA_PRODUCTION", value_parser = FalseyValueParser::new())]
    pub production: bool,
    /// The address by which people reach Kagitaba, as https://keys.example: for links in mail, the identity
    /// provider and passkeys. Its pages may act whatever `Host` a proxy passes on.
    #[arg(long, value_name = "URL", env = "KAGITABA_PUBLIC_URL")]
    pub public_url: Option<PublicUrl>,
    /// How connections are served.
    #[command(flatten)]
    pub connections: connections::Arguments,
    /// How mail is sent.
    #[command(flatten)]
    pub mail: mail::Settings,
    /// Where else people may sign in.
    #[command(flatten)]
    pub oidc: oidc::Settings,
    /// For how many days each call at the gate is kept; the figures of days stay.
    #[arg(long, value_name = "DAYS", env = "KAGITABA_KEEP_CALLS", default_value_t = 90)]
    pub keep_calls: u16,
    /// What the gate allows.
    #[command(flatten)]
    pub gate: gate::Settings,
    /// The folder of the built frontend.
    #[arg(long, value_name = "DIR", env = "LEPTOS_SITE_ROOT", default_value = "target/site")]
    pub site: PathBuf,
}

/// Where to move from and to.
#[derive(Debug, Clone, Args)]
pub struct Move {
    /// The database that has everything: sqlite:PATH or postgres://USER@HOST/NAME. A password is better in PGPASSWORD.
    #[arg(long, value_name = "URL")]
    pub from: String,
    /// The database that has nothing yet, of the other kind.
    #[arg(long, value_name = "URL")]
    pub to: String,
}

/// A backup to make.
#[derive(Debug, Clone, Args)]
pub struct Backup {
    /// The new file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Where the data is.
    #[command(flatten)]
    pub data: Data,
}

/// A user to add.
#[derive(Debug, Clone, Args)]
pub struct UserAdd {
    /// The e-mail address to sign in with.
    #[arg(long, value_parser = user::email)]
    pub email: String,
    /// The name that others see.
    #[arg(long, value_parser = user::name)]
    pub name: String,
    /// What the user is in the account.
    #[arg(long, value_parser = role())]
    pub role: Role,
    /// The agency account's name.
    #[arg(long, value_parser = user::name)]
    pub account: String,
    /// Where the data is.
    #[command(flatten)]
    pub data: Data,
}

/// A user, in all accounts that they belong to.
#[derive(Debug, Clone, Args)]
pub struct UserNamed {
    /// The user's e-mail address.
    #[arg(long, value_parser = user::email)]
    pub email: String,
    /// Where the data is.
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
    /// Where the data is.
    #[command(flatten)]
    pub data: Data,
}

/// A user of one account, and another role.
#[derive(Debug, Clone, Args)]
pub struct UserRole {
    /// The user.
    #[command(flatten)]
    pub member: MemberNamed,
    /// What the user is in the account from then on.
    #[arg(long, value_parser = role())]
    pub role: Role,
}

/// Which users to list.
#[derive(Debug, Clone, Args)]
pub struct UserList {
    /// The agency account's name [default: all accounts].
    #[arg(long, value_name = "NAME", value_parser = user::name)]
    pub account: Option<String>,
    /// Where the data is.
    #[command(flatten)]
    pub data: Data,
}

/// A user to unlink.
#[derive(Debug, Clone, Args)]
pub struct UserUnlink {
    /// The user's e-mail address.
    #[arg(long, value_parser = user::email)]
    pub email: String,
    /// Where the data is.
    #[command(flatten)]
    pub data: Data,
}

/// A user whose two-step sign-in is to be switched off.
#[derive(Debug, Clone, Args)]
pub struct SecondFactorReset {
    /// The user's e-mail address.
    #[arg(long, value_parser = user::email)]
    pub email: String,
    /// Where the data is.
    #[command(flatten)]
    pub data: Data,
}

/// Advertisers to import.
#[derive(Debug, Clone, Args)]
pub struct AdvertiserImport {
    /// The file; - for standard input.
    #[arg(value_name = "FILE.csv")]
    pub file: PathBuf,
    /// The agency account's name.
    #[arg(long, value_name = "NAME", value_parser = user::name)]
    pub account: String,
    /// What the file is in, where it is neither: shift_jis, windows-1252 and so on (WHATWG Encoding Standard).
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<Encoding>,
    /// Where the data is.
    #[command(flatten)]
    pub data: Data,
}

/// What of the audit trail to verify.
#[derive(Debug, Clone, Args)]
pub struct AuditVerify {
    /// A hash that was noted elsewhere (from here, the audit page or a file of it): the entry that has it must be there.
    /// May be given several times.
    #[arg(long, value_name = "HEX")]
    pub head: Vec<AuditHash>,
    /// The one account, by its name [default: all].
    #[arg(long, value_name = "NAME", value_parser = user::name)]
    pub account: Option<String>,
    /// Where the data is.
    #[command(flatten)]
    pub data: Data,
}

/// Calls to export.
#[derive(Debug, Clone, Args)]
pub struct CallExport {
    /// The agency account's name.
    #[arg(long, value_name = "NAME", value_parser = user::name)]
    pub account: String,
    /// The first day, in UTC [default: that of the oldest].
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub from: Option<NaiveDate>,
    /// The last day, in UTC [default: that of the newest].
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub to: Option<NaiveDate>,
    /// In which form.
    #[arg(long, value_enum, default_value_t = CallFormat::Csv)]
    pub format: CallFormat,
    /// Where the data is.
    #[command(flatten)]
    pub data: Data,
}

/// A form that calls are exported in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CallFormat {
    /// CSV (RFC 4180), whose first line names the columns.
    Csv,
    /// A JSON object on each line.
    Jsonl,
}

/// Parses a role by name. Help lists the values this parser takes, so the roles are named once, in the domain.
fn role() -> impl TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::ALL.map(Role::as_str))
        .try_map(|name| Role::from_name(&name).ok_or("there is no such role"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, clap::Error> {
        Cli::try_parse_from(line.split(' ')).map(Cli::into_command)
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn serve_is_what_happens_without_a_command() {
        for line in ["kagitaba --listen 127.0.0.1:8080 --no-demo", "kagitaba serve --listen 127.0.0.1:8080 --no-demo"] {
            let Ok(Command::Serve(serve)) = parse(line) else { panic!("{line}") };
            assert_eq!(serve.listen.port(), 8080);
            assert!(serve.no_demo && !serve.production);
        }
    }

    #[test]
    fn a_user_is_named_with_address_role_and_account() {
        let line = "kagitaba user add --email aya@agency.example --name Aya --role analyst --account Agency";
        let Ok(Command::User(UserCommand::Add(added))) = parse(line) else { panic!() };
        assert_eq!((added.role, added.account.as_str()), (Role::Analyst, "Agency"));
        assert!(parse(&line.replace("analyst", "root")).is_err());
        assert!(parse(&line.replace("aya@", "aya")).is_err());
        assert!(parse(&line.replace("Aya", &"a".repeat(user::NAME_MAX + 1))).is_err());
        assert!(parse(&format!("{line} --password secret")).is_err());
    }

    #[test]
    fn user_command_names_its_user_and_account() {
        let user = "--email aya@agency.example";
        assert!(matches!(
            parse(&format!("kagitaba user set-password {user}")),
            Ok(Command::User(UserCommand::SetPassword(_)))
        ));
        assert!(parse(&format!("kagitaba user set-password {user} --password secret")).is_err());
        assert!(matches!(parse("kagitaba user list"), Ok(Command::User(UserCommand::List(_)))));
        let role = format!("kagitaba user role {user} --account Agency --role finance");
        let Ok(Command::User(UserCommand::Role(changed))) = parse(&role) else { panic!() };
        assert_eq!((changed.role, changed.member.account.as_str()), (Role::Finance, "Agency"));
        for command in ["deactivate", "reinstate"] {
            assert!(parse(&format!("kagitaba user {command} {user} --account Agency")).is_ok());
            assert!(parse(&format!("kagitaba user {command} {user}")).is_err());
        }
    }

    #[test]
    fn advertiser_import_takes_a_file_or_standard_input() {
        for file in ["brands.csv", "-"] {
            let line = format!("kagitaba advertiser import {file} --account Agency");
            let Ok(Command::Advertiser(AdvertiserCommand::Import(import))) = parse(&line) else { panic!("{line}") };
            assert_eq!((import.file, import.account.as_str()), (file.into(), "Agency"));
        }
        assert!(parse("kagitaba advertiser import brands.csv").is_err());
    }

    #[test]
    fn call_export_is_csv_by_default() {
        let line = "kagitaba call export --account Agency";
        let Ok(Command::Call(CallCommand::Export(export))) = parse(line) else { panic!() };
        assert_eq!((export.from, export.to, export.format), (None, None, CallFormat::Csv));
        let line = format!("{line} --from 2026-05-01 --to 2026-05-02 --format jsonl");
        let Ok(Command::Call(CallCommand::Export(export))) = parse(&line) else { panic!() };
        assert_eq!((export.from, export.format), (NaiveDate::from_ymd_opt(2026, 5, 1), CallFormat::Jsonl));
        assert!(parse(&line.replace("05-02", "02-30")).is_err());
        assert!(parse("kagitaba call export").is_err());
    }

    #[test]
    fn a_move_names_both_databases() {
        let Ok(Command::Move(databases)) = parse("kagitaba move --from sqlite:a.db --to postgres://b/c") else {
            panic!()
        };
        assert_eq!((databases.from.as_str(), databases.to.as_str()), ("sqlite:a.db", "postgres://b/c"));
        assert!(parse("kagitaba move --from sqlite:a.db").is_err());
        assert!(matches!(parse("kagitaba migrate --data .data"), Ok(Command::Migrate(_))));
    }

    #[test]
    fn the_help_lists_every_role() {
        let help = parse("kagitaba user add --help").unwrap_err().to_string();
        assert!(Role::ALL.into_iter().all(|role| help.contains(role.as_str())), "{help}");
    }
}
