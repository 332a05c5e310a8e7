//! Connections, files, and the proxies in front.

pub mod crowds;
pub mod files;
pub mod forwarded;
pub mod nginx;
pub mod slow_clients;
