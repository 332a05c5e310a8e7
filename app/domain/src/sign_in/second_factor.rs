//! Second factors at sign-in: the form and lifetime of codes, passkeys, and a person's view of their own factors.

use crate::text::{self, Problem};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Digits of an authenticator's code (RFC 6238 with the values that every authenticator app supports).
pub const CODE_DIGITS: usize = 6;
/// Seconds for which a code is an authenticator's current one (OWASP ASVS 5.0, 6.5.5).
pub const STEP_SECONDS: u64 = 30;
/// Codes that are accepted on each side of the current one, as clocks differ (RFC 6238, section 5.2).
pub const SKEW: u16 = 1;
/// Recovery codes in a new set.
pub const RECOVERY_CODES: usize = 10;
/// Characters of a recovery code, from [`RECOVERY_ALPHABET`]: 120 random bits (OWASP ASVS 5.0, 6.5.2 asks for 112 if
/// only a plain hash is stored).
pub const RECOVERY_LENGTH: usize = 24;
/// The characters of recovery codes: Crockford's base 32, without letters that look like others.
pub const RECOVERY_ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Characters of a recovery code between two hyphens.
const RECOVERY_GROUP: usize = 6;
/// The time after the password in which the second factor can be given (OWASP ASVS 5.0, 6.5.5).
pub const SECOND_STEP_WITHIN: TimeDelta = TimeDelta::minutes(10);
/// The time in which a passkey must answer (Web Authentication Level 3, 15.1, recommends 5 to 10 minutes).
pub const CHALLENGE_WITHIN: TimeDelta = TimeDelta::minutes(5);
/// Most passkeys of one person.
pub const PASSKEYS_MAX: usize = 20;
/// Longest name of a passkey, in characters.
pub const PASSKEY_NAME_MAX: usize = 60;

/// A well-formed code.
#[derive(Clone, PartialEq, Eq)]
pub enum GivenCode {
    /// An authenticator's code.
    Authenticator(String),
    /// A recovery code, without hyphens.
    Recovery(String),
}

impl GivenCode {
    /// Reads a typed code; returns `None` if it is malformed. Spaces, hyphens, width and letter case are ignored.
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

/// Returns the digit that a letter looks like, or the character itself.
const fn told_apart(c: char) -> char {
    match c {
        'o' => '0',
        'i' | 'l' => '1',
        c => c,
    }
}

/// Returns the recovery code in groups separated by hyphens, as it is shown to people.
#[must_use]
pub fn grouped(code: &str) -> String {
    let characters: Vec<char> = code.chars().collect();
    characters.chunks(RECOVERY_GROUP).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// Identifies a passkey to its owner (`UUIDv7`). The id grants no access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasskeyId(pub Uuid);

/// A passkey of the current user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnPasskey {
    /// The passkey's id.
    pub id: PasskeyId,
    /// The name that its owner gave it.
    pub name: String,
    /// When the passkey was added.
    pub created_at: DateTime<Utc>,
    /// When the passkey was last used, if ever.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// Returns the name of a passkey as it will be stored: one line of text.
///
/// # Errors
/// As [`text::line`], for more than [`PASSKEY_NAME_MAX`] characters.
pub fn passkey_name(input: &str) -> Result<String, Problem> {
    text::line(input, PASSKEY_NAME_MAX)
}

/// The means by which the second step of a sign-in can be taken, besides a recovery code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondStepBy {
    /// Whether the person has an authenticator app.
    pub authenticator: bool,
    /// Whether the person has a passkey.
    pub passkey: bool,
}

/// A person's view of their own second factors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactors {
    /// When their authenticator was set up, if they have one.
    pub authenticator_since: Option<DateTime<Utc>>,
    /// Number of unused recovery codes.
    pub recovery_codes: u32,
    /// Their passkeys, oldest first.
    pub passkeys: Vec<OwnPasskey>,
    /// Whether the account in use requires a second factor of every user.
    pub required: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn code_is_read_in_any_spacing_and_width() {
        for typed in ["123456", " 123 456\n", "123-456", "１２３４５６", "１２３　４５６"] {
            assert_eq!(GivenCode::read(typed), Some(GivenCode::Authenticator("123456".to_owned())), "{typed}");
        }
    }

    #[test]
    fn malformed_code_is_not_read() {
        for typed in
            ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "123456-123456-123456", &"0".repeat(25), &"u".repeat(24)]
        {
            assert_eq!(GivenCode::read(typed), None, "{typed}");
        }
        assert_eq!(GivenCode::read(&" ".repeat(100_000)), None);
    }

    #[test]
    fn letters_that_look_like_digits_are_read_as_digits() {
        let code = Some(GivenCode::Recovery("000111abcdefghjkmnpqrstv".to_owned()));
        assert_eq!(GivenCode::read("0oO-1iL ABCDEFGHJKMNPQRSTV"), code);
    }

    #[test]
    fn debug_output_hides_the_code() {
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
