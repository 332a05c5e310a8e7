//! The program `kagitaba`: reads the command line, does what it says, and tells why where that fails.

#![warn(clippy::print_stdout, clippy::print_stderr)] // both panic where nobody reads

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::Parser as _;
use server::cli::Cli;
use tracing_subscriber::EnvFilter;

/// Answers are made of many small pieces, on all threads at once; the C library's own allocator is slower at that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    log_to_stderr();
    match Cli::parse().into_command().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            _ = writeln!(io::stderr(), "kagitaba: {error:#}"); // where nobody reads it, the status says so
            ExitCode::FAILURE
        }
    }
}

/// `RUST_LOG=server=info,tower_http=debug` shows each request.
fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,server=info"));
    // What can not be logged is not worth a panic, which telling about it would be.
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).log_internal_errors(false).init();
}
