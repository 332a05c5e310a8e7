//! One sign-in on its way to the provider and back: kept in a sealed cookie, for ten minutes, and taken once.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use app::{api::cookie_of, path};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use cookie::{Cookie, SameSite, time::Duration};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use store::SealingKey;

const COOKIE: &str = "kagitaba_oidc";
/// How long people have at the provider.
const LIFETIME: TimeDelta = TimeDelta::minutes(10);

/// What one sign-in needs at its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// What the provider has to send back.
    pub state: String,
    /// What the ID token has to name.
    pub nonce: String,
    /// What the code can be redeemed with only (RFC 7636).
    pub verifier: String,
    /// The path of this site to go on to.
    pub next: String,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    attempt: Attempt,
    until: DateTime<Utc>,
}

/// Seals attempts, and remembers those that were taken for as long as they could be taken again, on this server: on any
/// other the provider's code is used up.
#[derive(Default)]
pub struct Attempts {
    taken: Mutex<HashMap<String, DateTime<Utc>>>,
}

impl Attempts {
    /// The cookie that keeps the attempt.
    pub fn cookie(key: &SealingKey, attempt: &Attempt, now: DateTime<Utc>, secure: bool) -> Cookie<'static> {
        let sealed = Sealed { attempt: attempt.clone(), until: now + LIFETIME };
        let plain = serde_json::to_vec(&sealed).unwrap_or_default();
        let value = URL_SAFE_NO_PAD.encode(key.seal(&plain, COOKIE.as_bytes()));
        cookie(value, secure, Duration::seconds(LIFETIME.num_seconds()))
    }

    /// The cookie that removes it.
    pub fn no_cookie(secure: bool) -> Cookie<'static> {
        cookie(String::new(), secure, Duration::ZERO)
    }

    /// The attempt of that state, if this browser began it, less than ten minutes ago, and it was not taken yet.
    pub fn take(&self, key: &SealingKey, headers: &HeaderMap, state: &str, now: DateTime<Utc>) -> Option<Attempt> {
        let sealed = URL_SAFE_NO_PAD.decode(cookie_of(headers, COOKIE)?).ok()?;
        let plain = key.open(&sealed, COOKIE.as_bytes())?;
        let Sealed { attempt, until } = serde_json::from_slice(&plain).ok()?;
        if attempt.state != state || until <= now {
            return None;
        }
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.retain(|_, until| *until > now);
        taken.insert(attempt.state.clone(), until).is_none().then_some(attempt)
    }
}

/// For the two routes only. Lax, as the way back comes from the provider's site.
fn cookie(value: String, secure: bool, age: Duration) -> Cookie<'static> {
    Cookie::build((COOKIE, value))
        .path(path::IDENTITY_PROVIDER)
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(secure)
        .max_age(age)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderValue, header};

    fn attempt() -> Attempt {
        let [state, nonce, verifier, next] = ["state", "nonce", "verifier", "/settings"].map(str::to_owned);
        Attempt { state, nonce, verifier, next }
    }

    fn key() -> SealingKey {
        SealingKey::from_bytes([1; 32])
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn headers(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::try_from(format!("{COOKIE}={value}")).unwrap())])
    }

    #[test]
    fn an_attempt_is_taken_once_by_its_state() {
        let attempts = Attempts::default();
        let headers = headers(Attempts::cookie(&key(), &attempt(), now(), true).value());
        assert_eq!(attempts.take(&key(), &headers, "other", now()), None);
        assert_eq!(attempts.take(&key(), &headers, "", now()), None);
        assert_eq!(attempts.take(&key(), &headers, "state", now()), Some(attempt()));
        assert_eq!(attempts.take(&key(), &headers, "state", now()), None);
    }

    #[test]
    fn an_attempt_is_over_after_ten_minutes() {
        let attempts = Attempts::default();
        let headers = headers(Attempts::cookie(&key(), &attempt(), now(), true).value());
        assert_eq!(attempts.take(&key(), &headers, "state", now() + LIFETIME), None);
        assert!(attempts.take(&key(), &headers, "state", now() + LIFETIME - TimeDelta::seconds(1)).is_some());
    }

    #[test]
    fn a_cookie_that_is_missing_forged_or_of_another_server_is_none() {
        let attempts = Attempts::default();
        assert_eq!(attempts.take(&key(), &HeaderMap::new(), "state", now()), None);
        let other = Attempts::cookie(&SealingKey::from_bytes([2; 32]), &attempt(), now(), true);
        for value in ["", "x", "é", other.value(), &URL_SAFE_NO_PAD.encode(serde_json::to_vec(&attempt()).unwrap())] {
            assert_eq!(attempts.take(&key(), &headers(value), "state", now()), None, "{value}");
        }
    }

    #[test]
    fn the_cookie_shows_nothing_and_is_out_of_reach_of_scripts() {
        let cookie = Attempts::cookie(&key(), &attempt(), now(), true).to_string();
        let parts = ["HttpOnly", "SameSite=Lax", "Secure", "Path=/sign-in/oidc", "Max-Age=600"];
        assert!(parts.iter().all(|part| cookie.contains(part)), "{cookie}");
        assert!(!Attempts::cookie(&key(), &attempt(), now(), false).to_string().contains("Secure"));
    }
}
