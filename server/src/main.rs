//! The program `kagitaba`: reads the command line, does what it says, and tells why where that fails.

use std::process::ExitCode;

use clap::Parser as _;
use server::{
    advertisers, audit, calls,
    cli::{AdvertiserCommand, AuditCommand, CallCommand, Cli, Command, KeyCommand, UserCommand},
    databases, people, sealing_keys,
    serve::serve,
};
use tracing_subscriber::EnvFilter;

/// Answers are made of many small pieces, on all threads at once; the C library's own allocator is slower at that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    log_to_stderr();
    let result = match Cli::parse().into_command() {
        Command::Serve(serving) => serve(&serving).await,
        Command::User(UserCommand::Add(user)) => people::add(&user).await,
        Command::User(UserCommand::Unlink(user)) => people::unlink(&user).await,
        Command::User(UserCommand::ResetSecondFactor(user)) => people::reset_second_factor(&user).await,
        Command::Advertiser(AdvertiserCommand::Import(import)) => advertisers::import(&import).await,
        Command::Audit(AuditCommand::Verify(data)) => audit::verify(&data).await,
        Command::Call(CallCommand::Export(export)) => calls::export(&export).await,
        Command::Key(KeyCommand::Rotate(data)) => sealing_keys::rotate(&data).await,
        Command::Migrate(data) => databases::migrate(&data).await,
        Command::Move(databases) => databases::move_all(&databases).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kagitaba: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// `RUST_LOG=server=info,tower_http=debug` shows each request.
fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,server=info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
