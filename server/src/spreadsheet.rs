//! Text files as spreadsheets write them: their encodings and column separators.
//!
//! Nothing is guessed that could be guessed wrong: without a byte order mark, a file is in UTF-8 or its encoding is
//! named. (Half of all texts in Latin letters with accents can be read as Shift JIS, too.)

use std::{borrow::Cow, str::FromStr};

/// An encoding, by one of its names in the WHATWG Encoding Standard: `shift_jis`, `windows-1252`, `utf-16le`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding(&'static encoding_rs::Encoding);

/// There is no encoding of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there's no such encoding; use one such as utf-8, shift_jis or windows-1252")]
pub struct NoEncoding;

impl FromStr for Encoding {
    type Err = NoEncoding;

    fn from_str(name: &str) -> Result<Self, NoEncoding> {
        encoding_rs::Encoding::for_label(name.as_bytes()).map(Self).ok_or(NoEncoding)
    }
}

/// Returns the text of the file: by its byte order mark, else in that encoding, else in UTF-8.
///
/// # Errors
/// The problem, and what to do about it.
pub fn decode(content: &[u8], encoding: Option<Encoding>) -> Result<Cow<'_, str>, String> {
    let (encoding, content) = match (encoding_rs::Encoding::for_bom(content), encoding) {
        (Some((encoding, length)), _) => (encoding, &content[length..]),
        (None, Some(Encoding(encoding))) => (encoding, content),
        (None, None) if content.contains(&0) => {
            return Err("this looks like UTF-16 without a byte order mark; save the file as CSV in UTF-8".to_owned());
        }
        (None, None) => (encoding_rs::UTF_8, content),
    };
    if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(content) {
        return Ok(text);
    }
    Err(match str::from_utf8(content) {
        Err(error) if encoding == encoding_rs::UTF_8 => {
            let line = 1 + breaks(&content[..error.valid_up_to()]);
            format!(
                "line {line}: this is not UTF-8; save the file as CSV in UTF-8, or name its encoding, such as --encoding shift_jis"
            )
        }
        _ => format!("this is not {}; save the file as CSV in UTF-8", encoding.name()),
    })
}

/// Returns the separator of the columns in the first line: a comma, a semicolon (which spreadsheets write if a comma is
/// the decimal sign) or a tab.
#[must_use]
pub fn separator(text: &str) -> u8 {
    let first = text.trim_start_matches(['\r', '\n']).split(['\r', '\n']).next().unwrap_or_default();
    let named =
        |separator: &u8| first.split('"').step_by(2).flat_map(str::bytes).filter(|byte| byte == separator).count();
    // Of those that are equally frequent, the last is taken.
    [b'\t', b';', b','].into_iter().max_by_key(named).unwrap_or(b',')
}

/// Returns the number of line breaks.
#[must_use]
pub fn breaks(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separator_is_the_most_frequent_in_the_first_line() {
        for (text, expected) in [
            ("Id,Name", b','),
            ("\r\nId;Name;City\n7,5;a,b,c,d,e;x", b';'),
            ("Id\tName\n", b'\t'),
            ("\"a;b;c\",Name", b','),
            ("Id", b','),
            ("", b','),
        ] {
            assert_eq!(separator(text), expected, "{text:?}");
        }
    }
}
