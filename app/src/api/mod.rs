//! Server functions, the only way from browser to server. Each checks who is signed in and whether they are allowed,
//! and then calls the store.

pub mod account;
#[cfg(feature = "ssr")]
pub(crate) mod asked;
pub mod audit;
pub mod company_information;
#[cfg(feature = "ssr")]
pub(crate) mod content_security_policy;
pub mod passkeys;
pub mod password_reset;
#[cfg(feature = "ssr")]
mod preferences;
pub mod profile;
pub mod proof;
pub mod protocol;
pub mod request_id;
pub mod second_factor;
pub mod security_policy;
pub mod session;
pub mod tokens;
pub mod users;

#[cfg(feature = "ssr")]
pub use asked::{AskerUnknown, BehindProxy, SettingUp, cookie_of};
