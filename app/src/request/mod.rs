//! The request behind a server function or page: its context, cookies, protocol and content security policy.

#[cfg(feature = "ssr")]
pub(crate) mod content_security_policy;
#[cfg(feature = "ssr")]
pub(crate) mod context;
pub mod cookies;
pub mod json_text;
pub mod protocol;
pub mod request_id;

#[cfg(feature = "ssr")]
pub use context::{BehindProxy, CurrentUserUnknown, SettingUp, offset_at};
