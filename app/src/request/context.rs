//! The request's context (signed-in user, store, language, address) and the answer's head. On the server only.

use crate::error::AppError;
use crate::i18n::Locale;
use crate::mail::Mail;
use crate::request::cookies::{LANGUAGE, SESSION, cookie_of};
use chrono::{DateTime, FixedOffset, Offset, Utc};
use chrono_tz::Tz;
use domain::Refusal;
use domain::gate::{address_range::UNKNOWN, client_address::ClientAddress};
use domain::members::role::Permission;
use domain::members::user::{CurrentUser, Preferences};
use http::{HeaderValue, StatusCode, header, request::Parts};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use std::net::IpAddr;
use store::{Client, SessionToken, Store};

/// Returns the server's store, with the address that the request came from.
pub fn store() -> Store {
    expect_context::<Store>().asked_from(address())
}

/// The signed-in user who has to set up a second factor before anything else. Such a request has no [`CurrentUser`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingUp(pub CurrentUser);

/// Marks a request whose session could not be looked up, because the database did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurrentUserUnknown;

/// Returns whether it is unknown who is signed in, because the database did not answer.
pub fn asker_unknown() -> bool {
    extension::<CurrentUserUnknown>().is_some()
}

/// Returns the signed-in user.
///
/// # Errors
/// [`AppError::SignInNeeded`] if no user is signed in; [`Refusal::SecondFactorNeeded`] if they have to set one up
/// first; [`AppError::Unavailable`] if the session could not be looked up.
pub fn asker() -> Result<CurrentUser, AppError> {
    match extension::<CurrentUser>() {
        None if setting_up() => Err(Refusal::SecondFactorNeeded.into()),
        asker => asker.ok_or_else(nobody),
    }
}

/// Returns the signed-in user for actions on themselves, even if they still have to set up a second factor.
///
/// # Errors
/// [`AppError::SignInNeeded`] if no user is signed in, [`AppError::Unavailable`] if the session could not be looked up.
pub fn myself() -> Result<CurrentUser, AppError> {
    let setting_up = || extension::<SettingUp>().map(|SettingUp(asker)| asker);
    extension().or_else(setting_up).ok_or_else(nobody)
}

fn nobody() -> AppError {
    if asker_unknown() { AppError::Unavailable } else { AppError::SignInNeeded }
}

/// Returns the store and the signed-in user as [`myself`], if the password was given recently.
///
/// # Errors
/// [`Refusal::StepUpNeeded`] if it was not, [`AppError::SignInNeeded`].
pub async fn myself_after_step_up() -> Result<(Store, CurrentUser), AppError> {
    let (store, by) = (store(), myself()?);
    store.members().require_recent_password(&session()?).await?;
    Ok((store, by))
}

/// Returns the signed-in user's preferences for pages, or the default.
pub fn preferences() -> Preferences {
    extension().unwrap_or_default()
}

/// Returns the offset from UTC at that time of the zone that these preferences name; UTC if they name none, as the server
/// does not know the browser's.
pub fn offset_at(preferences: &Preferences, at: DateTime<Utc>) -> FixedOffset {
    preferences.time_zone.as_deref().map_or_else(|| Utc.fix(), |name| offset_in(name, at))
}

/// Returns the offset from UTC at that time of the zone of this name; UTC if there is no such zone.
pub fn offset_in(name: &str, at: DateTime<Utc>) -> FixedOffset {
    name.parse::<Tz>().map_or_else(|_| Utc.fix(), |zone| at.with_timezone(&zone).offset().fix())
}

/// Returns whether the signed-in user has to set up a second factor first.
pub fn setting_up() -> bool {
    extension::<SettingUp>().is_some()
}

fn extension<T: Clone + Send + Sync + 'static>() -> Option<T> {
    use_context::<Parts>().and_then(|parts| parts.extensions.get::<T>().cloned())
}

/// Returns the store and the signed-in user, if their role has the permission.
///
/// # Errors
/// [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
pub fn allowed(permission: Permission) -> Result<(Store, CurrentUser), AppError> {
    let asker = asker()?;
    asker.require(permission)?;
    Ok((store(), asker))
}

/// Returns the same as [`allowed`], if the password was also given recently.
///
/// # Errors
/// [`Refusal::StepUpNeeded`] if it was not, [`AppError::SignInNeeded`], [`Refusal::NotAllowed`].
pub async fn allowed_after_step_up(permission: Permission) -> Result<(Store, CurrentUser), AppError> {
    let (store, by) = allowed(permission)?;
    store.members().require_recent_password(&session()?).await?;
    Ok((store, by))
}

/// Returns the session that the request names.
///
/// # Errors
/// [`AppError::SignInNeeded`] if it names none.
pub fn session() -> Result<SessionToken, AppError> {
    cookie(SESSION).and_then(|value| SessionToken::parse(&value)).ok_or(AppError::SignInNeeded)
}

/// Returns the browser that sent the request.
pub fn client() -> Client {
    // Some user agents contain non-ASCII text.
    let user_agent =
        |parts: Parts| Some(String::from_utf8_lossy(parts.headers.get(header::USER_AGENT)?.as_bytes()).into_owned());
    let user_agent = use_context::<Parts>().and_then(user_agent).unwrap_or_default();
    Client { address: address(), user_agent, session: session().ok() }
}

/// Returns the mail service, or `None` if the server has none.
pub fn mail() -> Option<Mail> {
    use_context()
}

/// Returns the language that the user chose in this browser, else the one in their preferences.
pub fn chosen_locale() -> Option<Locale> {
    cookie(LANGUAGE).or_else(|| preferences().language)?.parse().ok()
}

/// Returns the request's language: the one the user chose, else the one their browser asks for.
pub fn locale() -> Locale {
    chosen_locale().unwrap_or_else(leptos_i18n::locale::resolve_locale)
}

/// Whether the server stands behind a proxy with TLS, as in production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BehindProxy(pub bool);

/// Returns whether the request seems to have come over TLS, by its headers. A browser sends `Sec-Fetch-Mode` only to
/// trustworthy addresses (Fetch Metadata Request Headers, 2), and a proxy names the protocol that it received. Good
/// enough for advice, not for decisions.
pub fn has_tls() -> bool {
    let names = |name: &'static str, value: &str| {
        let header = request_header(header::HeaderName::from_static(name)).unwrap_or_default();
        header.to_ascii_lowercase().replace('"', "").split([',', ';']).any(|part| part.trim() == value)
    };
    let browser = request_header(header::HeaderName::from_static("sec-fetch-mode")).is_some();
    browser || names("x-forwarded-proto", "https") || names("forwarded", "proto=https")
}

/// Returns whether the server stands behind a proxy with TLS.
pub fn behind_proxy() -> bool {
    use_context() == Some(BehindProxy(true))
}

/// Returns the client address that was found for the request's connection.
pub fn address() -> IpAddr {
    extension().map_or(UNKNOWN, |ClientAddress(address)| address)
}

/// Returns a header of the request, or `None` if it is missing or not readable.
pub fn request_header(name: header::HeaderName) -> Option<String> {
    use_context::<Parts>().and_then(|parts| parts.headers.get(name)?.to_str().ok().map(str::to_owned))
}

/// Returns the value of a cookie of the request.
pub fn cookie(name: &str) -> Option<String> {
    cookie_of(&use_context::<Parts>()?.headers, name)
}

/// Adds a header to the answer. A value that is not a valid header value is left out.
pub fn answer_header(name: header::HeaderName, value: &str) {
    if let (Some(answer), Ok(value)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(value)) {
        answer.append_header(name, value);
    }
}

/// Returns whether a request is being answered. It is not while the list of routes is generated.
pub fn is_page() -> bool {
    use_context::<Parts>().is_some()
}

/// Returns whether a browser without our wasm sent the request, as a plain form or for a page.
pub fn wants_page() -> bool {
    request_header(header::ACCEPT).is_some_and(|accept| accept.contains("text/html"))
}

/// Redirects a browser without our wasm to this page after a plain form. With our wasm, the browser stays where it is.
pub fn plain_form_goes_on_to(path: &str) {
    if wants_page() {
        leptos_axum::redirect(path);
    }
}

/// Sets the answer's status to the error's, for pages too.
pub fn set_status(error: &AppError) {
    set_status_code(error.status());
    if *error == AppError::Unavailable
        && let Some(answer) = use_context::<ResponseOptions>()
    {
        // Insert, not append: several parts of a page may report this error.
        answer.insert_header(header::RETRY_AFTER, store::Error::RETRY_AFTER.into());
    }
}

/// Sets the answer's status.
pub fn set_status_code(status: u16) {
    if let Some(answer) = use_context::<ResponseOptions>() {
        answer.set_status(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    }
}
