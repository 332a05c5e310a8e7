//! The program `kagitaba`: reads the command line, carries out its command, and reports errors.

#![warn(clippy::print_stdout, clippy::print_stderr)] // both panic if the pipe is closed

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use server::{commands::cli::Cli, environment};
use tracing_subscriber::EnvFilter;

/// Answers consist of many small pieces, on all threads at once; the C library's own allocator is slower at that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    log_to_stderr();
    match Cli::read().into_command().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            _ = writeln!(io::stderr(), "kagitaba: {error:#}"); // without a reader, the exit status has to do
            ExitCode::FAILURE
        }
    }
}

/// Logs to standard error. `RUST_LOG=server=info,tower_http=debug` shows each request.
fn log_to_stderr() {
    let asked = environment::variable("RUST_LOG").and_then(|_| EnvFilter::try_from_default_env().ok());
    let filter = asked.unwrap_or_else(|| EnvFilter::new("warn,server=info"));
    // A line that can't be logged is dropped: reporting that on standard error would panic.
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).log_internal_errors(false).init();
}
