//! Signing in and out, and who one is.

#![allow(missing_docs)] // the arguments, which `#[server]` makes public fields

use crate::api::protocol::Form;
use crate::error::AppError;
#[cfg(any(feature = "ssr", test))]
use crate::path;
use domain::user::Asker;
use leptos::prelude::*;

/// The cookie that names the session. Its value is random; what it stands for is in the database.
pub const SESSION_COOKIE: &str = "kagitaba_session";

/// Who is signed in as the page is asked for. The browser reads it from the page; a server that is asked for nothing
/// (while it lists its routes) and a browser that makes the app itself know nobody.
#[must_use]
pub fn signed_in() -> Option<Asker> {
    #[cfg(feature = "ssr")]
    return super::asked::asker().ok();
    #[cfg(not(feature = "ssr"))]
    None
}

/// Begins a session. Answers where to go on: to `next`, if that is a path of this site.
///
/// # Errors
/// [`AppError::WrongCredentials`], [`AppError::Throttled`].
#[server(prefix = "/api", endpoint = "session/sign_in", protocol = Form)]
pub async fn sign_in(email: String, password: String, next: Option<String>) -> Result<String, AppError> {
    let session = super::asked::store().sign_in(&email, &password, super::asked::client()).await?;
    cookie::set(session.reveal());
    let next = path_within(next.as_deref().unwrap_or_default());
    super::asked::plain_form_goes_on_to(&next);
    Ok(next)
}

/// Ends the session. What the browser still shows is the page's to clear away.
///
/// # Errors
/// [`AppError::Internal`] where the store fails; the session goes on then.
#[server(prefix = "/api", endpoint = "session/sign_out", protocol = Form)]
pub async fn sign_out() -> Result<(), AppError> {
    if let Ok(session) = super::asked::session() {
        super::asked::store().sign_out(&session).await?;
    }
    cookie::remove();
    super::asked::plain_form_goes_on_to(path::SIGN_IN);
    Ok(())
}

/// Where to go after signing in: a path of this site, never another one's address (`//evil.example`, `/\evil.example`
/// and control characters are all read as addresses by some browser).
#[cfg(any(feature = "ssr", test))]
fn path_within(next: &str) -> String {
    let inside = next.starts_with('/')
        && !next[1..].starts_with(['/', '\\'])
        && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if inside { next.to_owned() } else { path::SETTINGS.to_owned() }
}

#[cfg(feature = "ssr")]
pub mod cookie {
    //! The session cookie of request and answer.

    use super::SESSION_COOKIE;
    use crate::api::asked;
    use cookie::{Cookie, SameSite, time::Duration};
    use http::header;

    /// Sets it.
    pub fn set(value: &str) {
        asked::answer_header(header::SET_COOKIE, &cookie(value).build().to_string());
    }

    /// Removes it.
    pub fn remove() {
        asked::answer_header(header::SET_COOKIE, &cookie("").max_age(Duration::ZERO).build().to_string());
    }

    fn cookie(value: &str) -> cookie::CookieBuilder<'_> {
        let host = asked::request_header(header::HOST).unwrap_or_default();
        Cookie::build((SESSION_COOKIE, value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(asked::behind_proxy() || !is_this_machine(&host))
    }

    /// Whether the host names this machine itself, where a browser may not accept `Secure` without TLS.
    fn is_this_machine(host: &str) -> bool {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        name == "localhost" || name == "[::1]" || name.starts_with("127.")
    }

    #[cfg(test)]
    mod tests {
        use super::is_this_machine;

        #[test]
        fn only_this_machine_goes_without_tls() {
            assert!(["localhost:3000", "127.0.0.1", "[::1]:3000"].into_iter().all(is_this_machine));
            assert!(!["", "kagitaba.example", "localhost.example:3000"].into_iter().any(is_this_machine));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::path_within;

    #[test]
    fn after_signing_in_one_stays_on_this_site() {
        assert_eq!(
            path_within("/settings/platform-rest?state=enabled&page=2"),
            "/settings/platform-rest?state=enabled&page=2"
        );
        for outside in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "javascript:0",
            "/a\\b",
        ] {
            assert_eq!(path_within(outside), "/settings", "{outside}");
        }
    }
}
