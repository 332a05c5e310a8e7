//! The server over real HTTP, and the program on its command line.

mod command_line;
mod console;
mod documents;
mod gate;
mod http;
mod imports;
mod sign_in;
#[allow(dead_code)] // some is for the store's own tests
#[path = "../../../app/store/tests/contract/soft_passkey.rs"]
mod soft_passkey;
mod support;
mod with_services;
