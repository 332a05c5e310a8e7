//! The command line: which commands there are. Each command's arguments stand beside the code that carries it out.

#![allow(clippy::doc_markdown)] // these doc comments are the help texts, too

use anyhow::{Context as _, Result};
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand, builder::Resettable};
use tokio::runtime::Runtime;

use crate::{
    commands::{
        advertisers::AdvertiserCommand,
        audit::AuditCommand,
        calls::CallCommand,
        databases::{self, Backup, Move},
        keys::KeyCommand,
        serve::{Serve, serve},
        users::UserCommand,
    },
    config::Data,
    environment,
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

/// A command of Kagitaba.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the console and the gate (the default).
    Serve(Box<Serve>),
    /// Manage account users.
    #[command(subcommand)]
    User(UserCommand),
    /// Manage the advertisers that the gate serves.
    #[command(subcommand)]
    Advertiser(AdvertiserCommand),
    /// Examine the audit trail.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Export the calls at the gate.
    #[command(subcommand)]
    Call(CallCommand),
    /// Manage the keys that encrypt stored Auth Tokens.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Migrate the database to this version, as `serve` does when it starts.
    Migrate(Data),
    /// Move all data from SQLite to PostgreSQL or back, while no server uses either database. The move is one transaction,
    /// and every row is compared before it is committed. The source database stays as it is.
    Move(Move),
    /// Write a consistent copy of an SQLite database to a new file. A server may keep running. The keys in the data folder
    /// aren't included.
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
            Self::User(command) => command.run().await,
            Self::Advertiser(command) => command.run().await,
            Self::Audit(command) => command.run().await,
            Self::Call(command) => command.run().await,
            Self::Key(command) => command.run().await,
            Self::Migrate(data) => databases::migrate(&data).await,
            Self::Move(databases) => databases::move_all(&databases).await,
            Self::Backup(backup) => databases::back_up(&backup).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use domain::members::{role::Role, user};

    use super::*;
    use crate::commands::calls::CallFormat;

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
