//! The server over real HTTP, and the program on its command line.

mod access_tokens;
mod advertisers;
mod as_published;
mod audit;
mod authorize;
mod command_line;
mod console;
mod crowds;
mod disk;
mod documents;
mod faults;
mod files;
mod forwarded;
mod gate;
mod hostile_text;
mod house;
mod hung_up;
mod introspect;
mod isolation;
mod jobs;
mod live;
mod log;
mod mail;
mod nginx;
mod nodes;
mod oidc;
mod oidc_provider;
mod operations;
mod passkeys;
mod password_reset;
mod process;
mod protocol;
mod rate_limits;
mod reports;
mod second_factor;
mod security_policy;
mod slow_clients;
#[allow(dead_code)] // some is for the store's own tests
#[path = "../../../app/store/tests/contract/soft_passkey.rs"]
mod soft_passkey;
