//! The process: configuration, command line, router, sessions, gate.
//!
//! A library with a small program on top, so that the tests start the same router as the program.

#![warn(clippy::print_stdout, clippy::print_stderr)] // both panic if the pipe is closed: see `output`

pub mod commands;
pub mod config;
pub mod console;
pub mod environment;
pub mod gate;
pub mod housekeeping;
pub mod http;
pub mod oidc;
pub mod output;
pub mod rarely;
pub mod router;
pub mod sealing_keys;
pub mod server_key;
pub mod spreadsheet;
