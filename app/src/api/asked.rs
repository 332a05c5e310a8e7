//! Who is asking, of which store, and what the answer's head says. On the server only.

use super::session::SESSION_COOKIE;
use crate::components::language_switch::COOKIE as LANGUAGE_COOKIE;
use crate::error::AppError;
use crate::i18n::Locale;
use crate::mail::Mail;
use domain::gate::client_address::{ClientAddress, UNKNOWN};
use domain::members::role::Permission;
use domain::members::user::{Asker, Preferences};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use std::net::IpAddr;
use store::{Client, SessionToken, Store};

/// The store that the server was started with, asked from where the request came from.
pub fn store() -> Store {
    expect_context::<Store>().asked_from(address())
}

/// Who is signed in, but has to set up a second factor before anything else. They are no [`Asker`] of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingUp(pub Asker);

/// That the request names a session, and the database does not say whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskerUnknown;

/// Whether it can't be told who is signed in.
pub fn asker_unknown() -> bool {
    extension::<AskerUnknown>().is_some()
}

/// Who is signed in.
///
/// # Errors
/// [`AppError::SignInNeeded`] where nobody is; [`AppError::SecondFactorNeeded`] where they have to set one up first;
/// [`AppError::Unavailable`] where it can't be told.
pub fn asker() -> Result<Asker, AppError> {
    match extension::<Asker>() {
        None if setting_up() => Err(AppError::SecondFactorNeeded),
        asker => asker.ok_or_else(nobody),
    }
}

/// Who is signed in, for what people do about themselves: even where they have to set up a second factor.
///
/// # Errors
/// [`AppError::SignInNeeded`] where nobody is, [`AppError::Unavailable`] where it can't be told.
pub fn myself() -> Result<Asker, AppError> {
    let setting_up = || extension::<SettingUp>().map(|SettingUp(asker)| asker);
    extension().or_else(setting_up).ok_or_else(nobody)
}

fn nobody() -> AppError {
    if asker_unknown() { AppError::Unavailable } else { AppError::SignInNeeded }
}

/// As [`myself`], where the password was given of late; and the store.
///
/// # Errors
/// [`AppError::StepUpNeeded`] where it was not, [`AppError::SignInNeeded`].
pub async fn myself_after_step_up() -> Result<(Store, Asker), AppError> {
    let (store, by) = (store(), myself()?);
    store.require_recent_password(&session()?).await?;
    Ok((store, by))
}

/// What who is signed in wants pages to be like.
pub fn preferences() -> Preferences {
    extension().unwrap_or_default()
}

/// Whether who is signed in has to set up a second factor first.
pub fn setting_up() -> bool {
    extension::<SettingUp>().is_some()
}

fn extension<T: Clone + Send + Sync + 'static>() -> Option<T> {
    use_context::<Parts>().and_then(|parts| parts.extensions.get::<T>().cloned())
}

/// Who is signed in, if their role allows it, and the store.
///
/// # Errors
/// [`AppError::SignInNeeded`], [`AppError::NotAllowed`].
pub fn allowed(permission: Permission) -> Result<(Store, Asker), AppError> {
    let asker = asker()?;
    asker.require(permission)?;
    Ok((store(), asker))
}

/// As [`allowed`], where the password was given of late, too.
///
/// # Errors
/// [`AppError::StepUpNeeded`] where it was not, [`AppError::SignInNeeded`], [`AppError::NotAllowed`].
pub async fn allowed_after_step_up(permission: Permission) -> Result<(Store, Asker), AppError> {
    let (store, by) = allowed(permission)?;
    store.require_recent_password(&session()?).await?;
    Ok((store, by))
}

/// The session that the request names.
///
/// # Errors
/// [`AppError::SignInNeeded`] where it names none.
pub fn session() -> Result<SessionToken, AppError> {
    cookie(SESSION_COOKIE).and_then(|value| SessionToken::parse(&value)).ok_or(AppError::SignInNeeded)
}

/// The browser that asks.
pub fn client() -> Client {
    // Some name themselves in another script than ASCII.
    let user_agent =
        |parts: Parts| Some(String::from_utf8_lossy(parts.headers.get(header::USER_AGENT)?.as_bytes()).into_owned());
    let user_agent = use_context::<Parts>().and_then(user_agent).unwrap_or_default();
    Client { address: address(), user_agent, session: session().ok() }
}

/// How to have letters sent, where the server can.
pub fn mail() -> Option<Mail> {
    use_context()
}

/// The language that whoever asks chose: in this browser, else for all of theirs.
pub fn chosen_locale() -> Option<Locale> {
    cookie(LANGUAGE_COOKIE).or_else(|| crate::api::session::preferences().language)?.parse().ok()
}

/// The language of whoever asks: as they chose, else as their browser asks for.
pub fn locale() -> Locale {
    chosen_locale().unwrap_or_else(leptos_i18n::locale::resolve_locale)
}

/// Whether the server stands behind a proxy with TLS, as in production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BehindProxy(pub bool);

/// Whether the request came by TLS, as far as its headers say. A browser sends `Sec-Fetch-Mode` only to addresses that it
/// trusts (Fetch Metadata Request Headers, 2), a proxy in front says what it took. Good for advice, not for decisions.
pub fn has_tls() -> bool {
    let names = |name: &'static str, value: &str| {
        let header = request_header(header::HeaderName::from_static(name)).unwrap_or_default();
        header.to_ascii_lowercase().replace('"', "").split([',', ';']).any(|part| part.trim() == value)
    };
    let browser = request_header(header::HeaderName::from_static("sec-fetch-mode")).is_some();
    browser || names("x-forwarded-proto", "https") || names("forwarded", "proto=https")
}

/// Whether the server stands behind a proxy with TLS.
pub fn behind_proxy() -> bool {
    use_context() == Some(BehindProxy(true))
}

/// The address that the request came from, as its connection has found it.
pub fn address() -> IpAddr {
    extension().map_or(UNKNOWN, |ClientAddress(address)| address)
}

/// A header of the request, if it is there and readable.
pub fn request_header(name: header::HeaderName) -> Option<String> {
    use_context::<Parts>().and_then(|parts| parts.headers.get(name)?.to_str().ok().map(str::to_owned))
}

/// The value of a cookie of the request.
pub fn cookie(name: &str) -> Option<String> {
    cookie_of(&use_context::<Parts>()?.headers, name)
}

/// The value of a cookie in a request's headers, of which several may carry cookies. It is read from bytes: other
/// applications on the same host set cookies of their own, which may hold anything (RFC 6265, 4.1.1 notwithstanding), and
/// are none of our business.
#[must_use]
pub fn cookie_of(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut pairs =
        headers.get_all(header::COOKIE).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
    let value = |pair: &[u8]| {
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        let is_it = pair[..equals].trim_ascii() == name.as_bytes();
        is_it.then(|| str::from_utf8(pair[equals + 1..].trim_ascii()).ok().map(str::to_owned))
    };
    pairs.find_map(value).flatten()
}

/// Adds a header to the answer. A value that no header can have is left out.
pub fn answer_header(name: header::HeaderName, value: &str) {
    if let (Some(answer), Ok(value)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(value)) {
        answer.append_header(name, value);
    }
}

/// Whether a request is answered at all, and not the list of routes made.
pub fn is_page() -> bool {
    use_context::<Parts>().is_some()
}

/// Whether a browser sent the request as it sends a plain form or asks for a page, without our wasm.
pub fn wants_page() -> bool {
    request_header(header::ACCEPT).is_some_and(|accept| accept.contains("text/html"))
}

/// Sends the plain form of a browser without our wasm on to this page; ours stays where it is.
pub fn plain_form_goes_on_to(path: &str) {
    if wants_page() {
        leptos_axum::redirect(path);
    }
}

/// Gives the answer, page or not, the error's status.
pub fn set_status(error: &AppError) {
    set_status_code(error.status());
    if *error == AppError::Unavailable
        && let Some(answer) = use_context::<ResponseOptions>()
    {
        // Once, though several parts of a page may say so.
        answer.insert_header(header::RETRY_AFTER, store::Error::RETRY_AFTER.into());
    }
}

/// Gives the answer this status.
pub fn set_status_code(status: u16) {
    if let Some(answer) = use_context::<ResponseOptions>() {
        answer.set_status(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookie_is_found_beside_any_others() {
        let found = |lines: &[&[u8]]| {
            let lines = lines.iter().map(|line| (header::COOKIE, HeaderValue::from_bytes(line).unwrap()));
            cookie_of(&lines.collect(), "kagitaba_session")
        };
        let own = Some("0aZ".to_owned());
        for others in ["n=鍵", "鍵=n", "n=é;=;a", "a=\"b; c\"", "kagitaba_session2=x", "x=kagitaba_session"] {
            let [before, after] = [format!("{others}; kagitaba_session=0aZ"), format!("kagitaba_session=0aZ;{others}")];
            assert_eq!(found(&[before.as_bytes()]), own, "{before}");
            assert_eq!(found(&[after.as_bytes()]), own, "{after}");
            assert_eq!(found(&[others.as_bytes(), b"kagitaba_session=0aZ"]), own, "{others}");
        }
        assert_eq!(found(&[b"n=\xff\xfe; kagitaba_session = 0aZ "]), own);
        for none in [&b"kagitaba_session"[..], b"kagitaba_session=\xff", b"", b"Kagitaba_session=x"] {
            assert_eq!(found(&[none]), None);
        }
        assert_eq!(found(&[]), None);
    }
}
