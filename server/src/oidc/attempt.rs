//! A sign-in under way at the provider: kept in a sealed cookie of its own for ten minutes, and taken once. Several
//! tabs can sign in at the same time.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use app::routes;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use cookie::{Cookie, SameSite, time::Duration};
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use store::SealingKey;

/// The prefix of the cookies' names; the beginning of the sign-in's state follows.
const COOKIE: &str = "kagitaba_oidc_";
/// Characters of the state in a cookie's name.
const NAMED_BY: usize = 8;
/// Sign-ins of one browser that can be under way at a time: more cookies would make its requests too large.
const AT_A_TIME: usize = 5;
/// The time that people have at the provider.
const LIFETIME: TimeDelta = TimeDelta::minutes(10);

/// The data that the end of a sign-in needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The state that the provider has to send back.
    pub state: String,
    /// The nonce that the ID token has to contain.
    pub nonce: String,
    /// The code verifier, without which the code can't be redeemed (RFC 7636).
    pub verifier: String,
    /// The path of this site to go to afterwards.
    pub next: String,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    attempt: Attempt,
    until: DateTime<Utc>,
}

/// Seals attempts, and remembers taken ones until they expire, so that none is taken twice on this server. On any other
/// server, the provider's code has been used up by then.
#[derive(Default)]
pub struct Attempts {
    taken: Mutex<HashMap<String, DateTime<Utc>>>,
}

impl Attempts {
    /// Returns the cookie that keeps the attempt.
    pub fn cookie(key: &SealingKey, attempt: &Attempt, now: DateTime<Utc>, secure: bool) -> Cookie<'static> {
        let sealed = Sealed { attempt: attempt.clone(), until: now + LIFETIME };
        let plain = serde_json::to_vec(&sealed).unwrap_or_default();
        let value = URL_SAFE_NO_PAD.encode(key.seal(&plain, COOKIE.as_bytes()));
        cookie(name_of(&attempt.state), value, secure, Duration::seconds(LIFETIME.num_seconds()))
    }

    /// Returns the cookie that removes the attempt of that state.
    pub fn no_cookie(state: &str, secure: bool) -> Cookie<'static> {
        cookie(name_of(state), String::new(), secure, Duration::ZERO)
    }

    /// Returns cookies that remove this browser's surplus attempts before one more sign-in begins: all that no sign-in
    /// can end with, then those that expire first.
    pub fn surplus(key: &SealingKey, headers: &HeaderMap, now: DateTime<Utc>, secure: bool) -> Vec<Cookie<'static>> {
        let read = |(name, value): (String, String)| {
            let until = open(key, &value).map(|sealed| sealed.until).filter(|until| *until > now);
            (until, name)
        };
        let mut found: Vec<_> = cookies(headers).into_iter().map(read).collect();
        found.sort();
        let over = found.iter().filter(|(until, _)| until.is_none()).count();
        let too_many = over.max((found.len() + 1).saturating_sub(AT_A_TIME));
        found.truncate(too_many);
        found.into_iter().map(|(_, name)| cookie(name, String::new(), secure, Duration::ZERO)).collect()
    }

    /// Returns the attempt of that state, if this browser began it less than ten minutes ago and it was not taken yet.
    pub fn take(&self, key: &SealingKey, headers: &HeaderMap, state: &str, now: DateTime<Utc>) -> Option<Attempt> {
        let name = name_of(state);
        let (_, value) = cookies(headers).into_iter().find(|(found, _)| *found == name)?;
        let Sealed { attempt, until } = open(key, &value)?;
        if attempt.state != state || until <= now {
            return None;
        }
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.retain(|_, until| *until > now);
        taken.insert(attempt.state.clone(), until).is_none().then_some(attempt)
    }
}

fn open(key: &SealingKey, value: &str) -> Option<Sealed> {
    let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
    serde_json::from_slice(&key.open(&sealed, COOKIE.as_bytes())?).ok()
}

/// Returns the name of the cookie that keeps the sign-in of that state. A state may be anything, as it comes from
/// outside.
fn name_of(state: &str) -> String {
    let known = state.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    format!("{COOKIE}{}", known.take(NAMED_BY).collect::<String>())
}

/// Returns names and values of the cookies that keep sign-ins. Other applications' cookies beside them may hold any
/// bytes.
fn cookies(headers: &HeaderMap) -> Vec<(String, String)> {
    let all =
        headers.get_all(header::COOKIE).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    all.flat_map(|all| Cookie::split_parse(all).flatten().map(Cookie::into_owned).collect::<Vec<_>>())
        .filter(|cookie| cookie.name().starts_with(COOKIE))
        .map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned()))
        .collect()
}

/// Returns a cookie for the two routes only. It is `Lax`, as the browser comes back from the provider's site.
fn cookie(name: String, value: String, secure: bool, age: Duration) -> Cookie<'static> {
    Cookie::build((name, value))
        .path(routes::IDENTITY_PROVIDER)
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(secure)
        .max_age(age)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

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
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::try_from(format!("{COOKIE}state={value}")).unwrap())])
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

    fn of_state(state: &str) -> Attempt {
        Attempt { state: state.to_owned(), ..attempt() }
    }

    /// Returns the headers of a browser that keeps these cookies, and one of another application.
    fn browser(cookies: &[Cookie<'_>]) -> HeaderMap {
        let mut all = b"n=\xe9\x8d\xb5".to_vec();
        for cookie in cookies {
            all.extend(format!("; {}={}", cookie.name(), cookie.value()).into_bytes());
        }
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_bytes(&all).unwrap())])
    }

    #[test]
    fn two_tabs_each_end_their_own_sign_in() {
        let (attempts, states) = (Attempts::default(), ["AAAAAAAA-first", "BBBBBBBB-second"]);
        let cookies = states.map(|state| Attempts::cookie(&key(), &of_state(state), now(), true));
        assert_ne!(cookies[0].name(), cookies[1].name());
        let headers = browser(&cookies);
        for state in states {
            assert_eq!(attempts.take(&key(), &headers, state, now()), Some(of_state(state)));
            assert_eq!(attempts.take(&key(), &headers, state, now()), None);
        }
        assert_eq!(attempts.take(&key(), &headers, "AAAAAAAA-other", now()), None);
        assert_eq!(Attempts::no_cookie(states[0], true).name(), cookies[0].name());
    }

    #[test]
    fn one_browser_keeps_five_sign_ins_the_newest() {
        let state = |number: i32| format!("{number:08}-state");
        let at = |number: i32| now() + TimeDelta::seconds(number.into());
        let mut cookies: Vec<Cookie<'static>> = vec![Cookie::new(format!("{COOKIE}forged"), "x")];
        for number in 0..20 {
            let surplus = Attempts::surplus(&key(), &browser(&cookies), at(number), true);
            cookies.retain(|kept| surplus.iter().all(|gone| gone.name() != kept.name()));
            cookies.push(Attempts::cookie(&key(), &of_state(&state(number)), at(number), true));
            assert!(cookies.len() <= AT_A_TIME, "{number}");
        }
        let headers = browser(&cookies);
        let attempts = Attempts::default();
        let left = (0..20).filter(|number| attempts.take(&key(), &headers, &state(*number), at(20)).is_some());
        assert_eq!(left.collect::<Vec<_>>(), [15, 16, 17, 18, 19]);
        assert_eq!(Attempts::surplus(&key(), &headers, at(20) + LIFETIME, true).len(), AT_A_TIME, "all are over");
    }

    #[test]
    fn state_that_comes_back_names_no_other_cookie() {
        for state in ["", "a=b; kagitaba_session=x", "鍵", "\r\nSet-Cookie: x"] {
            let name = name_of(state);
            assert!(name.starts_with(COOKIE) && name.len() <= COOKIE.len() + NAMED_BY, "{name}");
            assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')), "{name}");
        }
    }
}
