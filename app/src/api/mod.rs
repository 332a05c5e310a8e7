//! Server functions, the one door from browser to server. Each says who is asking, whether they may, and has the
//! store do it.

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
