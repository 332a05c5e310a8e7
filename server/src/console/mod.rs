//! The console's part of the server: sessions, rendering, live streams, exports and mail.

pub mod audit_export;
pub mod calls_export;
pub mod export;
pub mod live;
pub mod mail;
pub mod rendering;
pub mod session;
pub mod site;
