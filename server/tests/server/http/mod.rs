//! Connections, files, and what proxies say.

pub mod crowds;
pub mod files;
pub mod forwarded;
pub mod slow_clients;
