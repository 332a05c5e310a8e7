//! Sessions, as their owner sees them, and how long the password that one has given counts.

use crate::account::AccountId;
use crate::members::role::Role;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// For how long after the password was given the most dangerous things can be done without giving it again. OWASP ASVS
/// 5.0, 7.5.3 asks for it; the time is ours.
pub const STEP_UP_AFTER: TimeDelta = TimeDelta::minutes(15);

/// Longest description that a browser gives of itself, in characters; what is longer is cut off.
pub const USER_AGENT_MAX: usize = 200;

/// Identifies a session to its owner (`UUIDv7`). It opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub Uuid);

/// A session of the person who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnSession {
    /// Which one.
    pub id: SessionId,
    /// Whether it is the one that is asked in.
    pub current: bool,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to within a minute.
    pub last_seen_at: DateTime<Utc>,
    /// The network address that it began at.
    pub address: String,
    /// What the browser calls itself; empty where it says nothing.
    pub user_agent: String,
}

/// An account that the person who asks belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnAccount {
    /// Which one.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// The person's role in it.
    pub role: Role,
}

/// Browser and system that a user agent names, as `Firefox, Linux`; nothing where it names none that is known. For
/// people to recognise their own browser by, no more.
#[must_use]
pub fn browser(user_agent: &str) -> Option<String> {
    // In this order: most browsers name others, too, for compatibility.
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
    let named = |known: [(&str, &'static str); 6]| {
        known.into_iter().find(|(part, _)| user_agent.contains(part)).map(|(_, name)| name)
    };
    match (named(BROWSERS), named(SYSTEMS)) {
        (Some(browser), Some(system)) => Some(format!("{browser}, {system}")),
        (one, other) => one.or(other).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_called_by_the_name_that_its_owner_knows() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0";
        assert_eq!(browser(edge).as_deref(), Some("Edge, Windows"));
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";
        assert_eq!(browser(phone).as_deref(), Some("Safari, iPhone"));
        assert_eq!(browser("curl/8.5.0").as_deref(), Some("curl"));
        assert_eq!(browser(""), None);
    }
}
