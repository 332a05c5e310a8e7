//! Signing in and out, and who one is.

#![allow(missing_docs)] // the arguments, which `#[server]` makes public fields

use crate::api::protocol::Form;
use crate::error::AppError;
#[cfg(any(feature = "ssr", test))]
use crate::path;
use domain::members::user::{Asker, Preferences};
use domain::sign_in::second_factor::SecondStepBy;
use leptos::prelude::*;

/// The cookie that names the session. Its value is random; what it stands for is in the database.
pub const SESSION_COOKIE: &str = "kagitaba_session";
/// The cookie of who has given the password and not yet the second factor. Its value is random, too.
pub const PENDING_COOKIE: &str = "kagitaba_sign_in";

/// Who is signed in as the page is asked for. The browser reads it from the page; a server that is asked for nothing
/// (while it lists its routes) and a browser that makes the app itself know nobody.
#[must_use]
pub fn signed_in() -> Option<Asker> {
    #[cfg(feature = "ssr")]
    return crate::api::asked::myself().ok();
    #[cfg(not(feature = "ssr"))]
    None
}

/// What who is signed in wants pages to be like. The browser reads it from the page.
#[must_use]
pub fn preferences() -> Preferences {
    #[cfg(feature = "ssr")]
    return crate::api::asked::preferences();
    #[cfg(not(feature = "ssr"))]
    Preferences::default()
}

/// Whether who is signed in has to set up a second factor before anything else. The browser reads it from the page.
#[must_use]
pub fn second_factor_missing() -> bool {
    #[cfg(feature = "ssr")]
    return crate::api::asked::setting_up();
    #[cfg(not(feature = "ssr"))]
    false
}

/// Whether it can't be told who is signed in, as the database does not answer. The browser reads it from the page.
#[must_use]
pub fn asker_unknown() -> bool {
    #[cfg(feature = "ssr")]
    return crate::api::asked::asker_unknown();
    #[cfg(not(feature = "ssr"))]
    false
}

/// Whether a browser would drop the session's cookie, as the page came without TLS. The browser reads it from the page.
#[must_use]
pub fn session_is_dropped() -> bool {
    #[cfg(feature = "ssr")]
    return cookie::is_dropped();
    #[cfg(not(feature = "ssr"))]
    false
}

/// What the server's identity provider is called, if it has one. The browser reads it from the page.
#[must_use]
pub fn identity_provider() -> Option<String> {
    #[cfg(feature = "ssr")]
    return use_context::<IdentityProviderName>().map(|IdentityProviderName(name)| name);
    #[cfg(not(feature = "ssr"))]
    None
}

/// What the identity provider is called, in the context of pages where the server has one.
#[cfg(feature = "ssr")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityProviderName(pub String);

/// Begins a session, or asks who has a second factor for that. Answers where to go on: to `next`, if that is a path of
/// this site, or to the page that asks.
///
/// # Errors
/// [`AppError::WrongCredentials`], [`AppError::Throttled`].
#[server(prefix = "/api", endpoint = "session/sign_in", protocol = Form)]
pub async fn sign_in(email: String, password: String, next: Option<String>) -> Result<String, AppError> {
    let begun = crate::api::asked::store().sign_in(&email, &password, crate::api::asked::client()).await;
    go_on_within(begun, next.as_deref())
}

/// Takes the second step of signing in. Answers where to go on, as [`sign_in`].
///
/// # Errors
/// [`AppError::WrongCode`], [`AppError::Throttled`], [`AppError::SignInOver`].
#[server(prefix = "/api", endpoint = "session/second_step", protocol = Form)]
pub async fn second_step(code: String, next: Option<String>) -> Result<String, AppError> {
    let begun = crate::api::asked::store().second_step(&pending()?, &code, crate::api::asked::client()).await;
    go_on_within(begun, next.as_deref())
}

/// What the second step can be taken with.
///
/// # Errors
/// [`AppError::SignInOver`] where it can no longer be taken.
#[server(prefix = "/api", endpoint = "session/second_step_awaited", protocol = Form)]
pub async fn second_step_awaited() -> Result<SecondStepBy, AppError> {
    Ok(crate::api::asked::store().pending_sign_in(&pending()?).await?)
}

#[cfg(feature = "ssr")]
pub(super) fn pending() -> Result<store::PendingSignIn, AppError> {
    let pending = crate::api::asked::cookie(PENDING_COOKIE).and_then(|value| store::PendingSignIn::parse(&value));
    pending.ok_or(AppError::SignInOver)
}

/// As [`go_on`], to where a person has asked to go, if that is a path of this site.
#[cfg(feature = "ssr")]
pub(super) fn go_on_within(
    begun: Result<store::SessionToken, store::Error>,
    next: Option<&str>,
) -> Result<String, AppError> {
    go_on(begun, &path_within(next.unwrap_or_default()))
}

/// Goes on to `next` with the session, or to the page that asks for the second factor, which goes on there in turn.
#[cfg(feature = "ssr")]
pub(crate) fn go_on(begun: Result<store::SessionToken, store::Error>, next: &str) -> Result<String, AppError> {
    let next = match begun {
        Ok(session) => {
            cookie::set(session.reveal());
            cookie::remove_pending();
            next.to_owned()
        }
        Err(store::Error::SecondStepNeeded(pending)) => {
            cookie::set_pending(pending.reveal());
            path::second_step_then(next)
        }
        Err(error) => return Err(error.into()),
    };
    crate::api::asked::plain_form_goes_on_to(&next);
    Ok(next)
}

/// Ends the session. What the browser still shows is the page's to clear away.
///
/// # Errors
/// [`AppError::Internal`] where the store fails; the session goes on then.
#[server(prefix = "/api", endpoint = "session/sign_out", protocol = Form)]
pub async fn sign_out() -> Result<(), AppError> {
    if let Ok(session) = crate::api::asked::session() {
        crate::api::asked::store().sign_out(&session).await?;
    }
    cookie::remove();
    crate::api::asked::plain_form_goes_on_to(path::SIGN_IN);
    Ok(())
}

/// Where to go after signing in: a path of this site, never another one's address (`//evil.example`, `/\evil.example`
/// and control characters are all read as addresses by some browser).
#[cfg(any(feature = "ssr", test))]
#[must_use]
pub fn path_within(next: &str) -> String {
    let inside = next.starts_with('/')
        && !next[1..].starts_with(['/', '\\'])
        && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if inside { next.to_owned() } else { path::SETTINGS.to_owned() }
}

#[cfg(feature = "ssr")]
pub mod cookie {
    //! The session cookie of request and answer.

    use super::{PENDING_COOKIE, SESSION_COOKIE};
    use crate::api::asked;
    use cookie::{Cookie, SameSite, time::Duration};
    use domain::sign_in::second_factor::SECOND_STEP_WITHIN;
    use http::{header, uri::Authority};
    use std::net::Ipv4Addr;

    const PENDING_FOR: Duration = Duration::seconds(SECOND_STEP_WITHIN.num_seconds());

    /// Sets it.
    pub fn set(value: &str) {
        asked::answer_header(header::SET_COOKIE, &cookie(value).build().to_string());
    }

    /// The cookie with this value, for an answer that no page or server function makes.
    #[must_use]
    pub fn with(value: &str, secure: bool) -> Cookie<'_> {
        builder(SESSION_COOKIE, value).secure(secure).build()
    }

    /// Likewise that of who has yet to give the second factor.
    #[must_use]
    pub fn pending_with(value: &str, secure: bool) -> Cookie<'_> {
        builder(PENDING_COOKIE, value).secure(secure).max_age(PENDING_FOR).build()
    }

    /// Removes it.
    pub fn remove() {
        asked::answer_header(header::SET_COOKIE, &cookie("").max_age(Duration::ZERO).build().to_string());
    }

    /// Sets the cookie of who has given the password and not yet the second factor.
    pub fn set_pending(value: &str) {
        asked::answer_header(header::SET_COOKIE, &pending(value).max_age(PENDING_FOR).build().to_string());
    }

    /// Removes that, where there is one.
    pub fn remove_pending() {
        if asked::cookie(PENDING_COOKIE).is_some() {
            asked::answer_header(header::SET_COOKIE, &pending("").max_age(Duration::ZERO).build().to_string());
        }
    }

    fn cookie(value: &str) -> cookie::CookieBuilder<'_> {
        builder(SESSION_COOKIE, value).secure(asked::behind_proxy() || !to_this_machine())
    }

    fn pending(value: &str) -> cookie::CookieBuilder<'_> {
        builder(PENDING_COOKIE, value).secure(asked::behind_proxy() || !to_this_machine())
    }

    /// Whether a browser would not keep a cookie of this answer: it is for TLS only, and nothing says that there is any.
    #[must_use]
    pub fn is_dropped() -> bool {
        asked::is_page() && !to_this_machine() && !asked::has_tls()
    }

    fn to_this_machine() -> bool {
        is_this_machine(&asked::request_header(header::HOST).unwrap_or_default())
    }

    fn builder<'a>(name: &'static str, value: &'a str) -> cookie::CookieBuilder<'a> {
        Cookie::build((name, value)).path("/").http_only(true).same_site(SameSite::Lax)
    }

    /// Whether the host names this machine itself, where a browser may not accept `Secure` without TLS.
    fn is_this_machine(host: &str) -> bool {
        let Ok(host) = host.parse::<Authority>() else { return false };
        let name = host.host();
        name.eq_ignore_ascii_case("localhost")
            || name == "[::1]"
            || name.parse().is_ok_and(|it: Ipv4Addr| it.is_loopback())
    }

    #[cfg(test)]
    mod tests {
        use super::is_this_machine;

        #[test]
        fn only_this_machine_goes_without_tls() {
            let own = ["localhost:3000", "localhost", "127.0.0.1", "127.1.2.3:80", "[::1]:3000", "[::1]", "LocalHost"];
            assert!(own.into_iter().all(is_this_machine));
            let others =
                ["", "kagitaba.example", "localhost.example:3000", "127.evil.example", "127.0.0.1.evil.example"];
            assert!(!others.into_iter().any(is_this_machine));
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
