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

/// Seals attempts, and remembers those that were taken for as long as they could be taken again. The key is this
/// process's own: sign-ins that are under way when the server is restarted have to begin anew.
pub struct Attempts {
    key: SealingKey,
    taken: Mutex<HashMap<String, DateTime<Utc>>>,
}

impl Attempts {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self { key: SealingKey::from_bytes(rand::random()), taken: Mutex::default() }
    }

    /// The cookie that keeps the attempt.
    pub fn cookie(&self, attempt: &Attempt, now: DateTime<Utc>, secure: bool) -> Cookie<'static> {
        let sealed = Sealed { attempt: attempt.clone(), until: now + LIFETIME };
        let plain = serde_json::to_vec(&sealed).unwrap_or_default();
        let value = URL_SAFE_NO_PAD.encode(self.key.seal(&plain, COOKIE.as_bytes()));
        cookie(value, secure, Duration::seconds(LIFETIME.num_seconds()))
    }

    /// The cookie that removes it.
    pub fn no_cookie(secure: bool) -> Cookie<'static> {
        cookie(String::new(), secure, Duration::ZERO)
    }

    /// The attempt of that state, if this browser began it, less than ten minutes ago, and it was not taken yet.
    pub fn take(&self, headers: &HeaderMap, state: &str, now: DateTime<Utc>) -> Option<Attempt> {
        let sealed = URL_SAFE_NO_PAD.decode(cookie_of(headers, COOKIE)?).ok()?;
        let plain = self.key.open(&sealed, COOKIE.as_bytes())?;
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

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn headers(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::try_from(format!("{COOKIE}={value}")).unwrap())])
    }

    #[test]
    fn an_attempt_is_taken_once_by_its_state() {
        let attempts = Attempts::new();
        let headers = headers(attempts.cookie(&attempt(), now(), true).value());
        assert_eq!(attempts.take(&headers, "other", now()), None);
        assert_eq!(attempts.take(&headers, "", now()), None);
        assert_eq!(attempts.take(&headers, "state", now()), Some(attempt()));
        assert_eq!(attempts.take(&headers, "state", now()), None);
    }

    #[test]
    fn an_attempt_is_over_after_ten_minutes() {
        let attempts = Attempts::new();
        let headers = headers(attempts.cookie(&attempt(), now(), true).value());
        assert_eq!(attempts.take(&headers, "state", now() + LIFETIME), None);
        assert!(attempts.take(&headers, "state", now() + LIFETIME - TimeDelta::seconds(1)).is_some());
    }

    #[test]
    fn a_cookie_that_is_missing_forged_or_of_another_server_is_none() {
        let attempts = Attempts::new();
        assert_eq!(attempts.take(&HeaderMap::new(), "state", now()), None);
        let other = Attempts::new().cookie(&attempt(), now(), true);
        for value in ["", "x", "é", other.value(), &URL_SAFE_NO_PAD.encode(serde_json::to_vec(&attempt()).unwrap())] {
            assert_eq!(attempts.take(&headers(value), "state", now()), None, "{value}");
        }
    }

    #[test]
    fn the_cookie_shows_nothing_and_is_out_of_reach_of_scripts() {
        let cookie = Attempts::new().cookie(&attempt(), now(), true).to_string();
        let parts = ["HttpOnly", "SameSite=Lax", "Secure", "Path=/sign-in/oidc", "Max-Age=600"];
        assert!(parts.iter().all(|part| cookie.contains(part)), "{cookie}");
        assert!(!Attempts::new().cookie(&attempt(), now(), false).to_string().contains("Secure"));
    }
}
