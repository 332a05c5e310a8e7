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
        || matches!(c, '\u{200c}' | '\u{200d}' | '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}')
        || is_variation_selector(c)
}

/// Returns whether the character only selects a form of the one before it: that of a person's name, or of an emoji.
pub(crate) fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Returns the text in normal form C, but for compatibility ideographs, which stay as they are: U+FA46 and U+6E1A,
/// both 渚, are different spellings of a name, although NFC makes the second of the first.
fn composed(text: &str) -> String {
    let is_kept = |c: char| matches!(c, '\u{f900}'..='\u{faff}' | '\u{2f800}'..='\u{2fa1f}');
    let mut composed = String::with_capacity(text.len());
    for part in text.split_inclusive(is_kept) {
        let rest = part.trim_end_matches(is_kept);
        composed += &nfc(rest);
        composed += &part[rest.len()..];
    }
    composed
}

/// Returns one line of text: trimmed, NFC except for compatibility ideographs, each run of white space replaced by one
/// space.
///
/// # Errors
/// [`Problem::Required`] if nothing visible is left, [`Problem::TooLong`] beyond `max` characters,
/// [`Problem::UnsupportedCharacters`] for those of [`is_unsupported`].
pub fn line(input: &str, max: usize) -> Result<String, Problem> {
    let line = composed(&input.split_whitespace().collect::<Vec<_>>().join(" "));
    if line.chars().all(|c| is_blank(c) || is_unsupported(c)) {
        return Err(Problem::Required);
    }
    checked(line, max, is_unsupported)
}

/// Returns text of several lines, possibly empty: trimmed, NFC except for compatibility ideographs, line ends as `\n`.
///
/// # Errors
/// As [`line`], but empty text, line feeds and tabs are allowed.
pub fn paragraph(input: &str, max: usize) -> Result<String, Problem> {
    let paragraph = composed(input.replace("\r\n", "\n").trim());
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

/// Returns the text with full-width letters, digits and signs of ASCII in their usual width, as an input method may
/// leave them in what is not Japanese: addresses, numbers, identifiers.
#[must_use]
pub fn narrowed(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        c => c,
    };
    text.chars().map(narrow).collect()
}

/// Returns a telephone number as it will be stored: its digits alone, in the usual width, without separators and the
/// plus sign of the country code. Separators alone count as none.
#[must_use]
pub fn phone_number(input: &str) -> Option<String> {
    let typed: String = narrowed(input).chars().filter(|c| !separates_digits(*c)).collect();
    let digits = typed.strip_prefix('+').unwrap_or(&typed);
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.to_owned())
}

/// Returns whether the character only groups the digits of a telephone number: white space, hyphens, dashes and what
/// Japanese keyboards have in their stead, brackets, dots and slashes.
#[must_use]
pub fn separates_digits(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '-' | '(' | ')' | '.' | '/' | 'ー' | '\u{ff70}' | '・' | '\u{2212}' | '\u{2010}'..='\u{2015}')
        || matches!(c, '－' | '（' | '）' | '．' | '／')
}

/// Returns the text in the form in which e-mail addresses and passwords are compared: NFKC and lower case, so that
/// `ＡＢＣ`, `abc` and `Abc` are equal. It decides who signs in, so it never changes; names are searched by
/// [`search_form`](crate::search::search_form).
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

    #[test]
    fn compatibility_ideographs_stay_as_typed() {
        for kept in ["\u{fa46}", "山\u{fa11}", "\u{fa19}社 \u{2f81a}", "葛\u{e0100}飾", "\u{f900}\u{fa46}\u{3099}"]
        {
            assert_eq!(line(kept, 100).as_deref(), Ok(kept));
            assert_eq!(paragraph(kept, 100).as_deref(), Ok(kept));
        }
        assert_eq!(line("カ\u{3099}\u{fa46}e\u{301}", 100).as_deref(), Ok("ガ\u{fa46}é"));
        assert_eq!(line("\u{e0100}", 100), Err(Problem::Required));
    }

    #[test]
    fn phone_number_is_taken_in_any_width_and_grouping() {
        for typed in [
            "0355500110",
            "03-5550-0110",
            "（０３）５５５０－０１１０",
            "03ー5550ー0110",
            "03−5550‐0110",
            " 03 5550\u{3000}0110 ",
            "03.5550/0110",
        ] {
            assert_eq!(phone_number(typed).as_deref(), Some("0355500110"), "{typed}");
        }
        assert_eq!(phone_number("+81 3-5550-0110").as_deref(), Some("81355500110"));
        assert_eq!(phone_number("（＋８１）３").as_deref(), Some("813"));
        assert_eq!((phone_number("").as_deref(), phone_number("-").as_deref()), (Some(""), Some("")));
        for wrong in ["03-5550-0110 内線 12", "0120-KAGI", "③", "٣", "81+3", "++81", "ext"] {
            assert_eq!(phone_number(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn full_width_ascii_is_narrowed_and_nothing_else() {
        assert_eq!(narrowed("ＩＲ０１～＠．　ａ"), "IR01~@. a");
        assert_eq!(narrowed("カギ ｶｷﾞ 〜 ①"), "カギ ｶｷﾞ 〜 ①");
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
        fn typed_text_is_kept_but_for_composing_and_white_space(input in "[a-zぁ-んァ-ヶ一-龠\u{f900}-\u{faff}\u{e0100}～〜 ]{1,60}") {
            // Nothing here composes.
            if let Ok(line) = line(&input, 200) {
                prop_assert_eq!(line, input.split_whitespace().collect::<Vec<_>>().join(" "));
            }
        }

        #[test]
        fn phone_number_keeps_its_digits_in_order(typed in "[-+ ()0-9０-９ー－a]{0,20}") {
            let digits: String = narrowed(&typed).chars().filter(char::is_ascii_digit).collect();
            if let Some(number) = phone_number(&typed) {
                prop_assert_eq!(&number, &digits);
                prop_assert_eq!(phone_number(&number), Some(number));
            }
        }

        #[test]
        fn folding_twice_changes_nothing(input in "\\PC{0,60}") {
            let once = folded(&folded(&input));
            prop_assert_eq!(folded(&once), once.clone());
        }
    }
}
