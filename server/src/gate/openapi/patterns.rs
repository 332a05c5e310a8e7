//! Regular expressions for the values that fields accept. They are made from the rules' own sets of characters, so that
//! the document can't differ from them.
//!
//! The language is that of JSON Schema (ECMA-262). Python and Rust read the part used here alike.

use domain::text::{is_blank, is_unsupported, separates_digits};

/// Returns a pattern for one line with at least one visible character.
pub fn line() -> String {
    format!("^{}$", visible())
}

/// Returns a pattern for one line, or white space alone, which counts as empty.
pub fn line_or_empty() -> String {
    format!("^(?:[{}]*|{})$", white_space(), visible())
}

/// Returns a pattern for several lines, or none. White space around them is cut off.
pub fn paragraph() -> String {
    let unsupported = class(|c| is_unsupported(c) && !matches!(c, '\n' | '\t'));
    let white = white_space();
    format!("^[{white}]*(?:[^{unsupported}]|\\r\\n)*[{white}]*$")
}

/// Returns a pattern for telephone numbers, or none.
pub fn phone_number() -> String {
    let separators = class(separates_digits);
    format!("^[{separators}]*[+\\uff0b]?[0-9\\uff10-\\uff19{separators}]*$")
}

/// Returns a pattern for e-mail addresses, except unusual ones.
pub fn email() -> String {
    format!("^{EMAIL}$")
}

/// Returns a pattern for the same, or an empty text.
pub fn email_or_empty() -> String {
    let white = white_space();
    format!("^[{white}]*(?:{EMAIL})?[{white}]*$")
}

const EMAIL: &str = "[0-9A-Za-z_+-]{1,64}@(?:[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?\\.)+[A-Za-z]{2,63}";

fn visible() -> String {
    // Unsupported white space is folded away.
    let unsupported = class(|c| is_unsupported(c) && !c.is_whitespace());
    let unseen = class(|c| is_unsupported(c) || is_blank(c));
    format!("[^{unsupported}]*[^{unseen}][^{unsupported}]*")
}

fn white_space() -> String {
    class(char::is_whitespace)
}

/// Returns the characters of a set as a class without its brackets.
fn class(is_in: impl Fn(char) -> bool) -> String {
    let mut class = String::new();
    let mut run: Option<(char, char)> = None;
    for c in '\0'..=char::MAX {
        run = match run {
            _ if !is_in(c) => {
                class.extend(run.map(written));
                None
            }
            Some((first, _)) => Some((first, c)),
            None => Some((c, c)),
        };
    }
    class + &run.map(written).unwrap_or_default()
}

fn written((first, last): (char, char)) -> String {
    // Beyond 16 bits there is no escape that all engines know.
    let one = |c: char| if u32::from(c) > 0xffff { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) };
    if first == last { one(first) } else { format!("{}-{}", one(first), one(last)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_names_single_characters_and_runs() {
        assert_eq!(class(|c| matches!(c, 'a'..='c' | 'x')), "\\u0061-\\u0063\\u0078");
        assert_eq!(class(|c| c > '\u{10fffe}'), "\u{10ffff}");
        assert_eq!(class(|c| matches!(c, '\u{e0000}'..='\u{e007f}')), "\u{e0000}-\u{e007f}");
    }
}
