//! Text that people type into fields: its normalisation, and the problems that it can have.

use crate::normal_form::{nfc, nfkc};
use serde::{Deserialize, Serialize};

/// A field of the token form, so that an error can be shown beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the interface's own words
pub enum Field {
    Name,
    Description,
    ApiVersion,
    PrimaryContact,
    Developers,
    Scopes,
    Expires,
}

/// A problem with a field's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// The value is empty or has only invisible characters.
    #[error("a value is needed")]
    Required,
    /// There are fewer than `min` characters.
    #[error("at least {min} characters are needed")]
    TooShort {
        /// Characters (Unicode scalar values).
        min: usize,
    },
    /// There are more than `max` characters.
    #[error("at most {max} characters are allowed")]
    TooLong {
        /// Characters (Unicode scalar values).
        max: usize,
    },
    /// There are more than `max` entries.
    #[error("at most {max} entries are allowed")]
    TooMany {
        /// Number of entries.
        max: usize,
    },
    /// There are control, invisible or direction-changing characters, which could make a text look like another one.
    #[error("remove control characters, invisible characters and characters that change the text direction")]
    UnsupportedCharacters,
    /// The value is not an e-mail address.
    #[error("{input} isn't an e-mail address; write it like name@example.com")]
    NotAnEmail {
        /// The input, shortened.
        input: String,
    },
    /// The value is not a day between today and `max` days from now.
    #[error("choose a time within the next {max} days")]
    NotWithinDays {
        /// Number of days.
        max: u16,
    },
    /// The value is not one of those offered.
    #[error("choose one of the available values")]
    UnknownValue,
    /// The password is easy to guess: a common one, the person's e-mail address, or one repeated character.
    #[error("it's too easy to guess; don't use a common password, your e-mail address or a single repeated character")]
    EasyToGuess,
}

/// A problem and its field, by default one of the token form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{field:?}: {problem}")]
pub struct FieldError<F = Field> {
    /// The field.
    pub field: F,
    /// The field's problem.
    pub problem: Problem,
}

/// Returns whether the character is a control character or an invisible one that changes or hides how a text reads:
/// zero-width space and no-break space, word joiner, soft hyphen, tags, and the bidirectional controls of Unicode
/// Technical Report 36, section 2.5. The joiners that Persian, Hindi or emoji need (U+200C, U+200D) are allowed.
#[must_use]
pub fn is_unsupported(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Returns whether the character is invisible if it stands alone.
#[must_use]
pub fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '\u{200c}' | '\u{200d}' | '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}' | '\u{fe00}'
                ..='\u{fe0f}'
        )
}

/// Returns one line of text: trimmed, NFC, each run of white space replaced by one space.
///
/// # Errors
/// [`Problem::Required`] if nothing visible is left, [`Problem::TooLong`] beyond `max` characters,
/// [`Problem::UnsupportedCharacters`] for those of [`is_unsupported`].
pub fn line(input: &str, max: usize) -> Result<String, Problem> {
    let line = nfc(&input.split_whitespace().collect::<Vec<_>>().join(" "));
    if line.chars().all(|c| is_blank(c) || is_unsupported(c)) {
        return Err(Problem::Required);
    }
    checked(line, max, is_unsupported)
}

/// Returns text of several lines, possibly empty: trimmed, NFC, line ends as `\n`.
///
/// # Errors
/// As [`line`], but empty text, line feeds and tabs are allowed.
pub fn paragraph(input: &str, max: usize) -> Result<String, Problem> {
    let paragraph = nfc(input.replace("\r\n", "\n").trim());
    checked(paragraph, max, |c| is_unsupported(c) && !matches!(c, '\n' | '\t'))
}

fn checked(text: String, max: usize, unsupported: impl Fn(char) -> bool) -> Result<String, Problem> {
    if text.chars().count() > max {
        Err(Problem::TooLong { max })
    } else if text.chars().any(unsupported) {
        Err(Problem::UnsupportedCharacters)
    } else {
        Ok(text)
    }
}

/// Returns a masked number for display: only its last four characters are shown.
#[must_use]
pub fn masked(number: &str) -> String {
    let shown = number.char_indices().rev().nth(3).map_or(0, |(index, _)| index);
    if number.is_empty() { String::new() } else { format!("XXXXX{}", &number[shown..]) }
}

/// Returns a name in the form in which it is searched and sorted: NFKC and lower case, so that `ＡＢＣ`, `abc` and `Abc`,
/// or `ｶｷﾞ` and `カギ`, are equal.
#[must_use]
pub fn folded(text: &str) -> String {
    nfkc(text).chars().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_is_trimmed_and_composed() {
        assert_eq!(line("  Nightly \t export  ", 100), Ok("Nightly export".to_owned()));
        assert_eq!(line("カ\u{3099}", 100), Ok("ガ".to_owned()));
    }

    #[test]
    fn invisible_line_counts_as_missing() {
        for blank in ["", "   ", "\u{3000}", "\u{200b}\u{feff}", "\u{200d}", "\u{3164}", "\u{2800} "] {
            assert_eq!(line(blank, 100), Err(Problem::Required), "{blank:?}");
        }
    }

    #[test]
    fn characters_that_hide_or_turn_text_are_refused() {
        for bad in ["a\u{200b}b", "a\u{202e}b", "a\u{0}b", "a\u{feff}b"] {
            assert_eq!(line(bad, 100), Err(Problem::UnsupportedCharacters), "{bad:?}");
        }
    }

    #[test]
    fn scripts_emoji_and_code_are_just_text() {
        for good in ["👨‍👩‍👧‍👦 家族", "שלום עולם", "<script>alert(1)</script>", "' OR 1=1 --", "می‌خواهم"]
        {
            assert_eq!(line(good, 100).as_deref(), Ok(good));
        }
    }

    #[test]
    fn length_counts_characters() {
        assert_eq!(line(&"鍵".repeat(100), 100), Ok("鍵".repeat(100)));
        assert_eq!(line(&"鍵".repeat(101), 100), Err(Problem::TooLong { max: 100 }));
    }

    #[test]
    fn a_search_finds_wide_and_narrow_forms() {
        assert_eq!(folded("ＡＢＣ ｶｷﾞ"), "abc カギ");
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(input in "\\PC{0,60}") {
            if let Ok(once) = line(&input, 200) {
                prop_assert_eq!(line(&once, 200), Ok(once.clone()));
            }
            if let Ok(once) = paragraph(&input, 200) {
                prop_assert_eq!(paragraph(&once, 200), Ok(once.clone()));
            }
        }

        #[test]
        fn folding_twice_changes_nothing(input in "\\PC{0,60}") {
            let once = folded(&folded(&input));
            prop_assert_eq!(folded(&once), once.clone());
        }
    }
}
