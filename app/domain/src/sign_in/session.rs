//! Sessions as their owner sees them, and the time for which a given password allows sensitive changes.

use crate::account::AccountId;
use crate::members::role::Role;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The time after giving the password in which the most sensitive changes are allowed without giving it again. OWASP
/// ASVS 5.0, 7.5.3 requires such a step-up; the time is our choice.
pub const STEP_UP_AFTER: TimeDelta = TimeDelta::minutes(15);

/// Longest user agent that is kept, in characters; the rest is cut off.
pub const USER_AGENT_MAX: usize = 200;

/// Identifies a session to its owner (`UUIDv7`). The id grants no access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub Uuid);

/// A session of the current user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnSession {
    /// The session's id.
    pub id: SessionId,
    /// Whether it is the session of this request.
    pub current: bool,
    /// When the session began.
    pub created_at: DateTime<Utc>,
    /// When the session was last used, to within a minute.
    pub last_seen_at: DateTime<Utc>,
    /// The network address from which the session began.
    pub address: String,
    /// The browser's user agent; empty if it sent none.
    pub user_agent: String,
}

/// An account of the current user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnAccount {
    /// The account's id.
    pub id: AccountId,
    /// The account's name.
    pub name: String,
    /// The user's role in the account.
    pub role: Role,
}

/// The browsers, each by the part of a user agent that names it. The order matters: most browsers also name others, for
/// compatibility.
const BROWSERS: [(&str, &str); 6] = [
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
];
const SYSTEMS: [(&str, &str); 6] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// Returns the browser and system that a user agent names, as `Firefox, Linux`; `None` if it names no known one. Only
/// meant to help people recognise their own browser.
#[must_use]
pub fn browser(user_agent: &str) -> Option<String> {
    let browser = named(user_agent, BROWSERS).map(|(_, name)| name.to_owned());
    with_system(browser, user_agent)
}

/// Returns the same with the browser's version, as `Firefox 140, Linux`, which tells one's sessions apart.
#[must_use]
pub fn browser_version(user_agent: &str) -> Option<String> {
    let browser = named(user_agent, BROWSERS).map(|(part, name)| {
        // The number after `Safari/` is that of its engine.
        let part = if name == "Safari" { "Version/" } else { part };
        let version = user_agent.split_once(part).map_or("", |(_, rest)| rest);
        let version = version.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        if version.is_empty() { name.to_owned() } else { format!("{name} {version}") }
    });
    with_system(browser, user_agent)
}

fn named(user_agent: &str, known: [(&'static str, &'static str); 6]) -> Option<(&'static str, &'static str)> {
    known.into_iter().find(|(part, _)| user_agent.contains(part))
}

fn with_system(browser: Option<String>, user_agent: &str) -> Option<String> {
    let system = named(user_agent, SYSTEMS).map(|(_, name)| name.to_owned());
    match (browser, system) {
        (Some(browser), Some(system)) => Some(format!("{browser}, {system}")),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browser_is_named_as_its_owner_knows_it() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0";
        assert_eq!(browser(edge).as_deref(), Some("Edge, Windows"));
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";
        assert_eq!(browser(phone).as_deref(), Some("Safari, iPhone"));
        assert_eq!(browser("curl/8.5.0").as_deref(), Some("curl"));
        assert_eq!(browser(""), None);
        assert_eq!(browser_version(edge).as_deref(), Some("Edge 130, Windows"));
        assert_eq!(browser_version(phone).as_deref(), Some("Safari 18, iPhone"));
        assert_eq!(browser_version("curl/8.5.0").as_deref(), Some("curl 8"));
        assert_eq!(browser_version("Mozilla/5.0 (X11; Linux x86_64) Firefox/").as_deref(), Some("Firefox, Linux"));
        assert_eq!(browser_version(""), None);
    }
}
