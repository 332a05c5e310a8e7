//! Users' own second factors.

#![allow(missing_docs)] // for the arguments, which `#[server]` makes public fields

use crate::error::AppError;
use crate::request::protocol::{Call, Form};
use domain::sign_in::second_factor::SecondFactors;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::fmt;

#[cfg(feature = "ssr")]
use {
    crate::request::context::{address, myself, myself_after_step_up, store},
    domain::sign_in::second_factor::grouped,
    qrcodegen::{QrCode, QrCodeEcc},
    store::RecoveryCodes,
};

/// A new authenticator. Kept in memory while it is shown, and nowhere else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownAuthenticator {
    /// The secret for typing: base 32 in groups of four.
    pub secret: String,
    /// The same secret as a URL for authenticator apps.
    pub url: String,
    /// The URL as a QR code.
    pub picture: Picture,
}

impl fmt::Debug for ShownAuthenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShownAuthenticator(…)")
    }
}

/// A QR code as a drawing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Width and height in modules, including the quiet zone.
    pub size: u32,
    /// The dark modules as SVG path data.
    pub path: String,
}

/// Returns the user's second factors.
///
/// # Errors
/// [`AppError::SignInNeeded`].
#[server(GetSecondFactors, prefix = "/api", endpoint = "second_factor/get", protocol = Form)]
pub async fn second_factors() -> Result<SecondFactors, AppError> {
    Ok(store().sign_in().second_factors(&myself()?).await?)
}

/// Creates a new authenticator for the user, which takes effect once it is confirmed.
///
/// # Errors
/// `Refusal::AlreadyDone` if they have one; `Refusal::StepUpNeeded`, [`AppError::SignInNeeded`].
#[server(prefix = "/api", endpoint = "second_factor/begin", protocol = Call)]
pub async fn begin_authenticator() -> Result<ShownAuthenticator, AppError> {
    let (store, by) = myself_after_step_up().await?;
    let new = store.sign_in().begin_authenticator(&by).await?;
    let picture = picture(&new.url)?;
    let secret = new.secret.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ");
    Ok(ShownAuthenticator { secret, url: new.url.to_string(), picture })
}

/// Confirms the new authenticator with its first code. Returns recovery codes, which are shown only now.
///
/// # Errors
/// `Refusal::WrongCode`, `Refusal::Throttled`, `Refusal::AlreadyDone`, `Refusal::NotFound` if there is
/// none; `Refusal::StepUpNeeded`, [`AppError::SignInNeeded`].
#[server(prefix = "/api", endpoint = "second_factor/confirm", protocol = Call)]
pub async fn confirm_authenticator(code: String) -> Result<Vec<String>, AppError> {
    let (store, by) = myself_after_step_up().await?;
    Ok(shown(store.sign_in().confirm_authenticator(&by, &code, address()).await?))
}

/// Returns new recovery codes, which are shown only now; the old ones stop working.
///
/// # Errors
/// `Refusal::NotFound` if they have no second factor; `Refusal::StepUpNeeded`, [`AppError::SignInNeeded`].
#[server(prefix = "/api", endpoint = "second_factor/renew_recovery_codes", protocol = Call)]
pub async fn renew_recovery_codes() -> Result<Vec<String>, AppError> {
    let (store, by) = myself_after_step_up().await?;
    Ok(shown(store.sign_in().renew_recovery_codes(&by).await?))
}

/// Switches the user's two-step sign-in off.
///
/// # Errors
/// `Refusal::NotFound` if it is not on; `Refusal::StepUpNeeded`, [`AppError::SignInNeeded`].
#[server(prefix = "/api", endpoint = "second_factor/switch_off", protocol = Call)]
pub async fn switch_second_factor_off() -> Result<(), AppError> {
    let (store, by) = myself_after_step_up().await?;
    Ok(store.sign_in().switch_second_factor_off(&by).await?)
}

#[cfg(feature = "ssr")]
pub(super) fn shown(codes: RecoveryCodes) -> Vec<String> {
    codes.0.iter().map(|code| grouped(code)).collect()
}

/// Returns the text as a QR code. Each run of dark modules in a row is one segment of the path.
#[cfg(feature = "ssr")]
fn picture(text: &str) -> Result<Picture, AppError> {
    /// The width of the quiet zone in light modules (ISO/IEC 18004, 6.3.8).
    const QUIET: i32 = 4;
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).map_err(|error| {
        tracing::error!(%error, "a QR code was not drawn");
        AppError::Internal
    })?;
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let begin = x;
            while code.get_module(x, y) {
                x += 1;
            }
            if x > begin {
                path += &format!("M{} {}h{}v1h-{}z", begin + QUIET, y + QUIET, x - begin, x - begin);
            }
            x += 1;
        }
    }
    Ok(Picture { size: (code.size() + 2 * QUIET).unsigned_abs(), path })
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::picture;

    #[test]
    fn qr_code_has_three_finder_patterns_and_quiet_zone() {
        let picture = picture("otpauth://totp/Kagitaba:aya%40agency.example?secret=AAAA&issuer=Kagitaba").unwrap();
        let end = picture.size - 4 - 7;
        for eye in ["M4 4h7v1h-7z".to_owned(), format!("M{end} 4h7v1h-7z"), format!("M4 {end}h7v1h-7z")] {
            assert!(picture.path.contains(&eye), "{eye}");
        }
    }
}
