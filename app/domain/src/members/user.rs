//! Account users: their identity, names and passwords, and the current user of a request.

use crate::account::AccountId;
use crate::members::role::{Permission, Role};
use crate::refusal::Refusal;
use crate::search::search_form;
use crate::sign_in::common_password;
use crate::text::{self, Problem};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use uuid::Uuid;

/// Identifies a user (`UUIDv7`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(pub Uuid);

/// A user of the account as other users may see them: a possible primary contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The user's id.
    pub id: UserId,
    /// The name they go by.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
}

impl Person {
    /// The shortest Latin text that finds a person: one letter would find nearly everyone. One kanji may be a whole name.
    const LATIN_MIN: usize = 2;

    /// Returns whether the text finds the person: a part of their name, or a part of their e-mail address that begins
    /// before the `@`, as all of an agency share the rest. Latin letters and digits must begin a word. Others are also
    /// found without the spaces between names, as Japanese names are written. `searched` is in the form of
    /// [`search_form`].
    #[must_use]
    pub fn is_found_by(&self, searched: &str) -> bool {
        let part = searched.trim();
        let latin = part.starts_with(|first: char| first.is_ascii());
        if part.is_empty() || latin && part.chars().count() < Self::LATIN_MIN {
            return false;
        }
        let (name, email) = (search_form(&self.name), search_form(&self.email));
        let local_part = email.find('@').unwrap_or(email.len());
        if latin {
            begins_word(&name, name.len(), part) || begins_word(&email, local_part, part)
        } else {
            let joined = |text: &str| text.replace(' ', "");
            joined(&name).contains(&joined(part)) || email.find(part).is_some_and(|at| at < local_part)
        }
    }
}

/// Returns whether the part stands in the text at the beginning of a word, which begins before `end`.
fn begins_word(text: &str, end: usize, part: &str) -> bool {
    let begins = |at: usize| !text[..at].ends_with(|before: char| before.is_ascii_alphanumeric());
    text.match_indices(part).any(|(at, _)| at < end && begins(at))
}

impl AsRef<Self> for Person {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// The current user: a signed-in person, with the account in use and their role in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentUser {
    /// The user.
    pub user: Person,
    /// The account in use.
    pub account: AccountId,
    /// The name of that account.
    pub account_name: String,
    /// Their role in that account.
    pub role: Role,
}

/// A user's preferences for pages, in every browser. The default for an unset preference comes from the browser.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preferences {
    /// The code of a language: `en` or `ja`.
    pub language: Option<String>,
    /// The IANA name of a time zone.
    pub time_zone: Option<String>,
}

impl CurrentUser {
    /// Checks the current user's role.
    ///
    /// # Errors
    /// [`Refusal::NotAllowed`] if the role lacks the permission.
    pub fn require(&self, permission: Permission) -> Result<(), Refusal> {
        if self.role.may(permission) { Ok(()) } else { Err(Refusal::NotAllowed) }
    }
}

/// Longest name of a user or an account, in characters (Unicode scalar values).
pub const NAME_MAX: usize = 100;
/// Longest e-mail address in bytes (RFC 5321, section 4.5.3.1.3: a path of 256 with its brackets).
pub const EMAIL_MAX: usize = 254;
/// Shortest password in characters (OWASP ASVS 5.0, 6.2.1 and 6.2.9 leave room between 8 and 15).
pub const PASSWORD_MIN: usize = 12;
/// Longest password in characters. Longer ones would only make hashing slower.
pub const PASSWORD_MAX: usize = 128;

/// Returns the name of a user or an account as it will be stored: one line of text.
///
/// # Errors
/// As [`text::line`], for more than [`NAME_MAX`] characters.
pub fn name(input: &str) -> Result<String, Problem> {
    text::line(input, NAME_MAX)
}

/// Returns the e-mail address as it will be stored: trimmed, and in the usual width. Its local part may have dots
/// anywhere, as in HTML's definition of an address: Japanese carriers gave out `a..b@docomo.ne.jp` and
/// `a.@ezweb.ne.jp`, although RFC 5322 excludes them.
///
/// # Errors
/// [`Problem::Required`] if it is empty, [`Problem::NotAnEmail`] if it is not an address (RFC 5322's form with a
/// domain, apart from dots).
pub fn email(input: &str) -> Result<String, Problem> {
    let narrowed = text::narrowed(input);
    let address = narrowed.trim();
    let not_one = || Problem::NotAnEmail { input: input.trim().chars().take(80).collect() };
    if address.is_empty() {
        return Err(Problem::Required);
    }
    if address.len() > EMAIL_MAX || address.contains(['"', '\\']) || address.chars().any(text::is_unsupported) {
        return Err(not_one());
    }
    let (local, domain) = address.rsplit_once('@').ok_or_else(not_one)?;
    // Everything but the dots is checked as usual.
    let undotted = format!("{}@{domain}", local.replace('.', "-"));
    let read = email_address::EmailAddress::from_str(&undotted).map_err(|_| not_one())?;
    let has_name = local.contains(|c| c != '.');
    if has_name && read.domain().contains('.') { Ok(address.to_owned()) } else { Err(not_one()) }
}

/// Checks a new password of the person with this e-mail address.
///
/// # Errors
/// [`Problem::TooShort`] or [`Problem::TooLong`]; [`Problem::EasyToGuess`] if it is a common one, the e-mail address
/// itself, or one repeated character.
pub fn password(input: &str, email: &str) -> Result<(), Problem> {
    let first = input.chars().next();
    match input.chars().count() {
        length if length < PASSWORD_MIN => Err(Problem::TooShort { min: PASSWORD_MIN }),
        length if length > PASSWORD_MAX => Err(Problem::TooLong { max: PASSWORD_MAX }),
        _ if input.chars().all(|c| Some(c) == first) => Err(Problem::EasyToGuess),
        _ => {
            let folded = text::folded(input.trim());
            let guessed = common_password::is_common(&folded) || folded == text::folded(email.trim());
            if guessed { Err(Problem::EasyToGuess) } else { Ok(()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_of_at_most_100_characters_of_any_script() {
        assert_eq!(name("  Aiko \t Tanaka\n田中 愛子 "), Ok("Aiko Tanaka 田中 愛子".to_owned()));
        assert_eq!(name(&"鍵".repeat(100)), Ok("鍵".repeat(100)));
        assert_eq!(name(&"鍵".repeat(101)), Err(Problem::TooLong { max: 100 }));
        assert_eq!(name(" "), Err(Problem::Required));
        assert_eq!(name("Aiko\u{202e}"), Err(Problem::UnsupportedCharacters));
    }

    #[test]
    fn addresses_are_trimmed_and_need_a_domain_with_a_dot() {
        assert_eq!(email("  dev@partner.example "), Ok("dev@partner.example".to_owned()));
        for wrong in
            ["dev", "dev@", "@partner.example", "dev@partner", "a b@c.de", "a@b.c,d@e.f", "<a@b.cd>", "\"x\"@b.cd"]
        {
            assert!(matches!(email(wrong), Err(Problem::NotAnEmail { .. })), "{wrong}");
        }
        assert_eq!(email(" \u{3000}  "), Err(Problem::Required));
        assert!(email(&format!("{}@b.cd", "a".repeat(10_000))).is_err());
    }

    #[test]
    fn addresses_that_carriers_gave_out_are_accepted() {
        for given in ["a..b@docomo.ne.jp", "a.@ezweb.ne.jp", ".a@docomo.ne.jp", "a...b..@ezweb.ne.jp", "a.b@c.example"]
        {
            assert_eq!(email(given), Ok(given.to_owned()));
        }
        for wrong in ["..@docomo.ne.jp", "a@docomo..ne.jp", "a@.ne.jp", "a@docomo.ne.jp.", "a.b", "a. b@docomo.ne.jp"] {
            assert!(matches!(email(wrong), Err(Problem::NotAnEmail { .. })), "{wrong}");
        }
    }

    #[test]
    fn full_width_address_is_stored_in_usual_width() {
        assert_eq!(email("\u{3000}ａ．ｂ＠ｄｏｃｏｍｏ．ｎｅ．ｊｐ"), Ok("a.b@docomo.ne.jp".to_owned()));
        let kept = email("愛子＠").unwrap_err();
        assert_eq!(kept, Problem::NotAnEmail { input: "愛子＠".to_owned() }, "shown as typed");
    }

    #[test]
    fn person_is_found_by_name_and_by_the_address_before_its_domain() {
        let person = Person {
            id: UserId(Uuid::nil()),
            name: "田中 アイコ".to_owned(),
            email: "Aiko.Tanaka@agency.example".to_owned(),
        };
        for typed in ["田", "田中", "田中あいこ", "アイコ", "中 あ", "ａｉｋｏ", "TAN", "tanaka@ag"] {
            assert!(person.is_found_by(&search_form(typed)), "{typed}");
        }
        assert!(person.is_found_by("aiko.tanaka@agency.example"));
        for typed in ["a", "", " ", "iko", "anaka", "nak", "agency", "example", "@agency", "tanaka@x", "田中 花"] {
            assert!(!person.is_found_by(&search_form(typed)), "{typed}");
        }
    }

    #[test]
    fn a_password_has_12_to_128_characters_of_any_script() {
        let password = |input: &str| password(input, "dev@partner.example");
        assert_eq!(password("鍵束の鍵束の鍵束の鍵束の"), Ok(()));
        assert_eq!(password("eleven char"), Err(Problem::TooShort { min: 12 }));
        assert_eq!(password(&"xy".repeat(64)), Ok(()));
        assert_eq!(password(&"xy".repeat(65)), Err(Problem::TooLong { max: 128 }));
    }

    #[test]
    fn password_that_is_easy_to_guess_is_refused() {
        let password = |input: &str| password(input, "Dev@partner.example ");
        for guessed in [
            "password1234",
            "PassWord1234",
            "ｐａｓｓｗｏｒｄ１２３４",
            " qwertyuiop12 ",
            "dev@partner.example",
            "DEV@Partner.example",
            &"x".repeat(20),
            &"鍵".repeat(12),
        ] {
            assert_eq!(password(guessed), Err(Problem::EasyToGuess), "{guessed}");
        }
        for fine in ["kagitaba-demo-2026", "a long enough password", "other@partner.example", "xxxxxxxxxxxy"] {
            assert_eq!(password(fine), Ok(()), "{fine}");
        }
    }
}
