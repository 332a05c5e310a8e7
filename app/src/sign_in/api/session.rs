//! Sign-in, sign-out and the signed-in user.

#![allow(missing_docs)] // for the arguments, which `#[server]` makes public fields

use crate::error::AppError;
use crate::request::protocol::Form;
#[cfg(feature = "ssr")]
use crate::request::{context, cookies::PENDING_SIGN_IN};
#[cfg(any(feature = "ssr", test))]
use crate::routes;
#[cfg(feature = "ssr")]
use domain::Refusal;
use domain::sign_in::second_factor::SecondStepBy;
use leptos::prelude::*;

/// The name of the identity provider, in the context of pages if the server has one.
#[cfg(feature = "ssr")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityProviderName(pub String);

/// Begins a session, or the second step if the user has a second factor. Returns where to go next: to `next`, if that
/// is a path of this site, or to the page of the second step.
///
/// # Errors
/// [`Refusal::WrongCredentials`], [`Refusal::Throttled`].
#[server(prefix = "/api", endpoint = "session/sign_in", protocol = Form)]
pub async fn sign_in(email: String, password: String, next: Option<String>) -> Result<String, AppError> {
    let begun = context::store().sign_in().with_password(&email, &password, context::client()).await?;
    Ok(go_on_within(begun, next.as_deref()))
}

/// Completes the second step of sign-in. Returns where to go next, as [`sign_in`].
///
/// # Errors
/// [`Refusal::WrongCode`], [`Refusal::Throttled`], [`Refusal::SignInOver`].
#[server(prefix = "/api", endpoint = "session/second_step", protocol = Form)]
pub async fn second_step(code: String, next: Option<String>) -> Result<String, AppError> {
    let session = context::store().sign_in().second_step(&pending()?, &code, context::client()).await?;
    Ok(go_on_within(store::SignIn::Session(session), next.as_deref()))
}

/// Returns the factors that the second step accepts.
///
/// # Errors
/// [`Refusal::SignInOver`] if it can no longer be completed.
#[server(prefix = "/api", endpoint = "session/second_step_awaited", protocol = Form)]
pub async fn second_step_awaited() -> Result<SecondStepBy, AppError> {
    Ok(context::store().sign_in().pending(&pending()?).await?)
}

#[cfg(feature = "ssr")]
pub(super) fn pending() -> Result<store::PendingSignIn, AppError> {
    let pending = context::cookie(PENDING_SIGN_IN).and_then(|value| store::PendingSignIn::parse(&value));
    Ok(pending.ok_or(Refusal::SignInOver)?)
}

/// Does the same as [`go_on`], with the requested `next` if that is a path of this site.
#[cfg(feature = "ssr")]
pub(super) fn go_on_within(begun: store::SignIn, next: Option<&str>) -> String {
    go_on(begun, &path_within(next.unwrap_or_default()))
}

/// Sets the session's cookie and returns `next`, or the page of the second step, which then leads to `next`.
#[cfg(feature = "ssr")]
pub(crate) fn go_on(begun: store::SignIn, next: &str) -> String {
    let next = match begun {
        store::SignIn::Session(session) => {
            cookie::set(session.reveal());
            cookie::remove_pending();
            next.to_owned()
        }
        store::SignIn::SecondStep(pending) => {
            cookie::set_pending(pending.reveal());
            routes::second_step_then(next)
        }
    };
    context::plain_form_goes_on_to(&next);
    next
}

/// Ends the session. Clearing what the browser still shows is up to the page.
///
/// # Errors
/// [`AppError::Internal`] if the store fails; the session then continues.
#[server(prefix = "/api", endpoint = "session/sign_out", protocol = Form)]
pub async fn sign_out() -> Result<(), AppError> {
    if let Ok(session) = context::session() {
        context::store().sign_in().sign_out(&session).await?;
    }
    cookie::remove();
    context::plain_form_goes_on_to(routes::SIGN_IN);
    Ok(())
}

/// Returns where to go after sign-in: `next`, if it is a path of this site, else the overview. Rejects
/// `//evil.example`, `/\evil.example` and control characters, which some browsers read as the address of another site.
#[cfg(any(feature = "ssr", test))]
#[must_use]
pub fn path_within(next: &str) -> String {
    let inside = next.starts_with('/')
        && !next[1..].starts_with(['/', '\\'])
        && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if inside { next.to_owned() } else { routes::OVERVIEW.to_owned() }
}

#[cfg(feature = "ssr")]
pub mod cookie {
    //! The session cookies of request and answer.

    use crate::request::context;
    use crate::request::cookies::{PENDING_SIGN_IN, SESSION};
    use cookie::{Cookie, SameSite, time::Duration};
    use domain::sign_in::second_factor::SECOND_STEP_WITHIN;
    use http::{header, uri::Authority};
    use std::net::Ipv4Addr;

    const PENDING_FOR: Duration = Duration::seconds(SECOND_STEP_WITHIN.num_seconds());

    /// Sets the session cookie.
    pub fn set(value: &str) {
        context::answer_header(header::SET_COOKIE, &cookie(value).build().to_string());
    }

    /// Returns the session cookie with this value, for answers made by neither a page nor a server function.
    #[must_use]
    pub fn with(value: &str, secure: bool) -> Cookie<'_> {
        builder(SESSION, value).secure(secure).build()
    }

    /// Returns the cookie of a sign-in that still lacks the second factor, likewise.
    #[must_use]
    pub fn pending_with(value: &str, secure: bool) -> Cookie<'_> {
        builder(PENDING_SIGN_IN, value).secure(secure).max_age(PENDING_FOR).build()
    }

    /// Removes the session cookie.
    pub fn remove() {
        context::answer_header(header::SET_COOKIE, &cookie("").max_age(Duration::ZERO).build().to_string());
    }

    /// Sets the cookie of a sign-in that has the password and still lacks the second factor.
    pub fn set_pending(value: &str) {
        context::answer_header(header::SET_COOKIE, &pending(value).max_age(PENDING_FOR).build().to_string());
    }

    /// Removes that cookie, if the request has it.
    pub fn remove_pending() {
        if context::cookie(PENDING_SIGN_IN).is_some() {
            context::answer_header(header::SET_COOKIE, &pending("").max_age(Duration::ZERO).build().to_string());
        }
    }

    fn cookie(value: &str) -> cookie::CookieBuilder<'_> {
        builder(SESSION, value).secure(context::behind_proxy() || !to_this_machine())
    }

    fn pending(value: &str) -> cookie::CookieBuilder<'_> {
        builder(PENDING_SIGN_IN, value).secure(context::behind_proxy() || !to_this_machine())
    }

    /// Returns whether a browser would drop this answer's cookies: they are for TLS only, and nothing indicates that
    /// there is TLS.
    #[must_use]
    pub fn is_dropped() -> bool {
        context::is_page() && !to_this_machine() && !context::has_tls()
    }

    fn to_this_machine() -> bool {
        is_this_machine(&context::request_header(header::HOST).unwrap_or_default())
    }

    fn builder<'a>(name: &'static str, value: &'a str) -> cookie::CookieBuilder<'a> {
        Cookie::build((name, value)).path("/").http_only(true).same_site(SameSite::Lax)
    }

    /// Returns whether the host is this machine itself, for which a browser may not accept `Secure` without TLS.
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
        fn only_loopback_hosts_are_this_machine() {
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
    fn sign_in_redirect_stays_on_this_site() {
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
            assert_eq!(path_within(outside), "/overview", "{outside}");
        }
    }
}
