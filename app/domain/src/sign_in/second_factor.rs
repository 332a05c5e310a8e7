//! Second factors at sign-in: what codes look like, how long they count, passkeys, and what a person knows of their own.

use crate::text::{self, Problem};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Digits of an authenticator's code (RFC 6238 with the values that every authenticator app knows).
pub const CODE_DIGITS: usize = 6;
/// For how many seconds a code is the authenticator's code of the time (OWASP ASVS 5.0, 6.5.5).
pub const STEP_SECONDS: u64 = 30;
/// How many codes before and after that are taken, too: clocks differ (RFC 6238, section 5.2).
pub const SKEW: u16 = 1;
/// Recovery codes that a person has at first.
pub const RECOVERY_CODES: usize = 10;
/// Characters of a recovery code, of [`RECOVERY_ALPHABET`]: 120 random bits (OWASP ASVS 5.0, 6.5.2 asks for 112 where a
/// plain hash is kept).
pub const RECOVERY_LENGTH: usize = 24;
/// What recovery codes are written with: Crockford's base 32, without letters that look like others.
pub const RECOVERY_ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Characters of a recovery code between hyphens.
const RECOVERY_GROUP: usize = 6;
/// How long after the password the second factor can be given (OWASP ASVS 5.0, 6.5.5).
pub const SECOND_STEP_WITHIN: TimeDelta = TimeDelta::minutes(10);
/// How long a passkey may take to answer (Web Authentication Level 3, 15.1, recommends 5 to 10 minutes).
pub const CHALLENGE_WITHIN: TimeDelta = TimeDelta::minutes(5);
/// Passkeys that a person has at most.
pub const PASSKEYS_MAX: usize = 20;
/// Longest name of a passkey, in characters.
pub const PASSKEY_NAME_MAX: usize = 60;

/// A code that has the form of one.
#[derive(Clone, PartialEq, Eq)]
pub enum GivenCode {
    /// An authenticator's code.
    Authenticator(String),
    /// A recovery code, without hyphens.
    Recovery(String),
}

impl GivenCode {
    /// Reads what was typed: spaces and hyphens don't count, nor does the width of characters or their case.
    #[must_use]
    pub fn read(input: &str) -> Option<Self> {
        if input.len() > 200 {
            return None;
        }
        let plain = text::folded(input);
        let plain: String =
            plain.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '‐' | 'ー' | '−')).collect();
        if plain.len() == CODE_DIGITS && plain.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Self::Authenticator(plain));
        }
        let code: String = plain.chars().map(told_apart).collect();
        let whole = code.len() == RECOVERY_LENGTH && code.bytes().all(|byte| RECOVERY_ALPHABET.contains(&byte));
        whole.then_some(Self::Recovery(code))
    }
}

impl std::fmt::Debug for GivenCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Authenticator(_) => "Authenticator(…)",
            Self::Recovery(_) => "Recovery(…)",
        })
    }
}

/// What is meant by a character that looks like another.
const fn told_apart(c: char) -> char {
    match c {
        'o' => '0',
        'i' | 'l' => '1',
        c => c,
    }
}

/// The recovery code as people copy it, in groups.
#[must_use]
pub fn grouped(code: &str) -> String {
    let characters: Vec<char> = code.chars().collect();
    characters.chunks(RECOVERY_GROUP).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// Identifies a passkey to its owner (`UUIDv7`). It opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasskeyId(pub Uuid);

/// A passkey of the person who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnPasskey {
    /// Which one.
    pub id: PasskeyId,
    /// What its owner calls it.
    pub name: String,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last used, if it was.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// The name of a passkey, as it will be stored: one line of text.
///
/// # Errors
/// As [`text::line`], beyond [`PASSKEY_NAME_MAX`].
pub fn passkey_name(input: &str) -> Result<String, Problem> {
    text::line(input, PASSKEY_NAME_MAX)
}

/// What the second step of a sign-in can be taken with, besides a recovery code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondStepBy {
    /// A code of an authenticator app.
    pub authenticator: bool,
    /// A passkey.
    pub passkey: bool,
}

/// What a person knows of their own second factors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactors {
    /// Since when they have an authenticator, if they have one.
    pub authenticator_since: Option<DateTime<Utc>>,
    /// How many recovery codes are left.
    pub recovery_codes: u32,
    /// Their passkeys, the first added first.
    pub passkeys: Vec<OwnPasskey>,
    /// Whether the account that they work in asks every user for a second factor.
    pub required: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_code_is_read_however_it_is_spaced_and_wide() {
        for typed in ["123456", " 123 456\n", "123-456", "１２３４５６", "１２３　４５６"] {
            assert_eq!(GivenCode::read(typed), Some(GivenCode::Authenticator("123456".to_owned())), "{typed}");
        }
    }

    #[test]
    fn what_is_no_code_is_not_read() {
        for typed in
            ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "123456-123456-123456", &"0".repeat(25), &"u".repeat(24)]
        {
            assert_eq!(GivenCode::read(typed), None, "{typed}");
        }
        assert_eq!(GivenCode::read(&" ".repeat(100_000)), None);
    }

    #[test]
    fn letters_that_look_like_digits_are_read_as_those() {
        let code = Some(GivenCode::Recovery("000111abcdefghjkmnpqrstv".to_owned()));
        assert_eq!(GivenCode::read("0oO-1iL ABCDEFGHJKMNPQRSTV"), code);
    }

    #[test]
    fn a_code_is_never_shown() {
        let codes = [GivenCode::read("123456"), GivenCode::read(&"0".repeat(24))];
        assert_eq!(format!("{codes:?}"), "[Some(Authenticator(…)), Some(Recovery(…))]");
    }

    #[test]
    fn a_passkey_is_named_in_one_line() {
        assert_eq!(passkey_name(" Work laptop "), Ok("Work laptop".to_owned()));
        assert_eq!(passkey_name(" "), Err(Problem::Required));
        assert!(passkey_name(&"x".repeat(PASSKEY_NAME_MAX + 1)).is_err());
    }

    proptest! {
        #[test]
        fn a_recovery_code_in_groups_is_read_back(code in "[0-9a-hjkmnp-tv-z]{24}") {
            let shown = grouped(&code);
            prop_assert_eq!(shown.split('-').count(), 4);
            prop_assert_eq!(GivenCode::read(&shown.to_uppercase()), Some(GivenCode::Recovery(code)));
        }
    }
}
