//! The process: configuration, command line, router, sessions, gate.
//!
//! A library with a small program on top, so that the tests start the same router as the program.

#![warn(clippy::print_stdout, clippy::print_stderr)] // both panic if the pipe is closed: see `output`

pub mod account;
pub mod advertisers;
pub mod audit;
pub mod audit_export;
pub mod calls;
pub mod cli;
pub mod config;
pub mod connections;
pub mod databases;
pub mod demo;
pub mod environment;
pub mod gate;
pub mod headers;
pub mod housekeeping;
pub mod live;
pub mod mail;
pub mod oidc;
pub mod output;
pub mod people;
pub mod public_url;
pub mod rarely;
pub mod readiness;
pub mod rendering;
pub mod request_body;
pub mod request_head;
pub mod router;
pub mod same_origin;
pub mod sealing_keys;
pub mod serve;
pub mod server_key;
pub mod session;
pub mod site;
pub mod spreadsheet;
