//! The name of the program that a call comes from, as its `User-Agent` says: a short text that a client chooses freely.

use crate::text::{is_blank, is_unsupported};
use std::collections::HashSet;
use std::fmt;
use std::hash::Hash;

/// The longest name in bytes. Of ASCII, as nearly all names are, these are as many characters. A longer one is cut.
pub const LENGTH_MAX: usize = 80;
/// The most names that are told apart for a token and a day; further ones are counted together.
pub const CLIENTS_MAX: usize = 20;

/// [`ClientName::Others`] at rest. No name has a control character.
const OTHERS: &str = "\u{1}";

/// The name of a call's client. A copy takes no memory elsewhere, so that calls which wait to be written are bounded by
/// their number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClientName {
    /// The client gives no name.
    #[default]
    Unnamed,
    /// One of the names beyond [`CLIENTS_MAX`].
    Others,
    /// The client's own name.
    Named(Name),
}

impl ClientName {
    /// Returns the name that the value of a `User-Agent` header gives: without control characters and invisible ones that
    /// change how a text reads, and cut to [`LENGTH_MAX`]. Bytes that are no UTF-8 become U+FFFD.
    #[must_use]
    pub fn of_user_agent(value: &[u8]) -> Self {
        let mut name = Name { length: 0, bytes: [0; LENGTH_MAX] };
        let trimmed = value.trim_ascii();
        let begin = &trimmed[..trimmed.len().min(LENGTH_MAX)];
        // Nearly all names are plain: every call has one.
        if begin.iter().all(|byte| matches!(byte, b' '..=b'~')) {
            name.bytes[..begin.len()].copy_from_slice(begin);
            name.length = begin.len().try_into().unwrap_or(u8::MAX);
        } else {
            name.push_clean(value);
        }
        name.trim_end();
        if name.as_str().chars().all(is_blank) { Self::Unnamed } else { Self::Named(name) }
    }

    /// Returns the text that stands for it where it is stored.
    #[must_use]
    pub fn at_rest(&self) -> &str {
        match self {
            Self::Unnamed => "",
            Self::Others => OTHERS,
            Self::Named(name) => name.as_str(),
        }
    }

    /// Returns the name that is stored as this text.
    #[must_use]
    pub fn stored(text: &str) -> Self {
        if text == OTHERS { Self::Others } else { Self::of_user_agent(text.as_bytes()) }
    }
}

/// A client's own name, with at least one visible character.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    length: u8,
    /// The name in UTF-8, and zeros after it.
    bytes: [u8; LENGTH_MAX],
}

impl Name {
    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }

    /// Appends the characters that may be kept, as long as there is room.
    fn push_clean(&mut self, text: &[u8]) {
        let chars = text.utf8_chunks().flat_map(|chunk| {
            let wrong = (!chunk.invalid().is_empty()).then_some(char::REPLACEMENT_CHARACTER);
            chunk.valid().chars().chain(wrong)
        });
        for c in chars.filter(|c| !is_unsupported(*c)).skip_while(|c| c.is_whitespace()) {
            if !self.push(c) {
                break;
            }
        }
    }

    /// Appends the character, if there is room for it.
    fn push(&mut self, c: char) -> bool {
        let (from, to) = (usize::from(self.length), usize::from(self.length) + c.len_utf8());
        let Some(room) = self.bytes.get_mut(from..to) else { return false };
        c.encode_utf8(room);
        self.length = to.try_into().unwrap_or(u8::MAX);
        true
    }

    fn trim_end(&mut self) {
        let kept = self.as_str().trim_end().len();
        self.bytes[kept..].fill(0);
        self.length = kept.try_into().unwrap_or(u8::MAX);
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

/// Values that are told apart: the first ones up to a number. Further ones are counted together, so that no client can
/// fill the memory or the disk with ever new ones.
#[derive(Debug, Clone)]
pub struct Distinct<T> {
    max: usize,
    known: HashSet<T>,
}

impl<T: Eq + Hash> Distinct<T> {
    /// Tells up to `max` values apart, first of all those that are known already.
    #[must_use]
    pub fn after(max: usize, known: impl IntoIterator<Item = T>) -> Self {
        Self { max, known: known.into_iter().collect() }
    }

    /// Returns whether the value is told apart from others.
    pub fn tells_apart(&mut self, value: T) -> bool {
        self.known.contains(&value) || self.known.len() < self.max && self.known.insert(value)
    }

    /// Returns the number of values that are told apart so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.known.len()
    }
}

impl Distinct<ClientName> {
    /// Returns the name if it is told apart, or [`ClientName::Others`]. Calls without a name are always told apart.
    pub fn or_others(&mut self, name: ClientName) -> ClientName {
        match name {
            ClientName::Named(_) if !self.tells_apart(name) => ClientName::Others,
            name => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(user_agent: impl AsRef<[u8]>) -> String {
        match ClientName::of_user_agent(user_agent.as_ref()) {
            ClientName::Named(name) => name.as_str().to_owned(),
            ClientName::Unnamed => String::new(),
            ClientName::Others => panic!("no client gives this name"),
        }
    }

    #[test]
    fn name_is_kept_as_the_client_gives_it() {
        for kept in ["curl/8.5.0", "夜間エクスポート/2", "<script>alert(1)</script>", "=1+1", "a  b"] {
            assert_eq!(name(kept), kept);
        }
        assert_eq!(name(" nightly-export \t"), "nightly-export");
    }

    #[test]
    fn long_name_is_cut_between_characters() {
        assert_eq!(name("x".repeat(64 << 10)), "x".repeat(LENGTH_MAX));
        assert_eq!(name("鍵".repeat(100)), "鍵".repeat(26), "of 3 bytes each");
        assert_eq!(name(format!("{} y", "x".repeat(LENGTH_MAX - 1))), "x".repeat(LENGTH_MAX - 1));
    }

    #[test]
    fn characters_that_steer_or_hide_are_removed() {
        assert_eq!(name("a\u{0}\u{1}\t\u{7f}\u{85}\u{202e}\u{200b}\u{feff}b"), "ab");
        assert_eq!(name(b"a\xffb\xf0\x9fc"), "a\u{fffd}b\u{fffd}c");
    }

    #[test]
    fn client_without_a_visible_name_is_unnamed() {
        for blank in ["", " ", "\u{1}", "\u{3164}", "\u{200b}\t"] {
            assert_eq!(ClientName::of_user_agent(blank.as_bytes()), ClientName::Unnamed, "{blank:?}");
        }
    }

    #[test]
    fn further_names_are_counted_together() {
        let numbered = |number: usize| ClientName::of_user_agent(format!("client {number}").as_bytes());
        let mut known = Distinct::after(CLIENTS_MAX, [numbered(0)]);
        let kept = (1..CLIENTS_MAX).map(|number| known.or_others(numbered(number)));
        assert!(kept.eq((1..CLIENTS_MAX).map(numbered)));
        assert_eq!(known.or_others(numbered(CLIENTS_MAX)), ClientName::Others);
        assert_eq!(known.or_others(numbered(0)), numbered(0), "one that is known stays");
        assert_eq!(known.or_others(ClientName::Unnamed), ClientName::Unnamed);
        assert_eq!(known.or_others(ClientName::Others), ClientName::Others);
        assert_eq!(known.count(), CLIENTS_MAX);
    }

    proptest! {
        #[test]
        fn name_is_short_and_clean_whatever_is_sent(value in prop::collection::vec(any::<u8>(), 0..300)) {
            let name = name(&value);
            prop_assert!(name.len() <= LENGTH_MAX);
            prop_assert!(!name.chars().any(is_unsupported));
            prop_assert_eq!(name.trim(), &name);
        }

        #[test]
        fn plain_name_is_the_same_on_either_way(value in "[ -~]{0,120}") {
            let mut name = Name { length: 0, bytes: [0; LENGTH_MAX] };
            name.push_clean(value.as_bytes());
            name.trim_end();
            let expected = if name.length == 0 { ClientName::Unnamed } else { ClientName::Named(name) };
            prop_assert_eq!(ClientName::of_user_agent(value.as_bytes()), expected);
        }

        #[test]
        fn stored_name_is_read_as_it_was(value in "\\PC{0,120}") {
            for name in [ClientName::of_user_agent(value.as_bytes()), ClientName::Others, ClientName::Unnamed] {
                prop_assert_eq!(ClientName::stored(name.at_rest()), name);
            }
        }

        #[test]
        fn no_more_values_are_told_apart_than_the_limit(values in prop::collection::vec(0..50_u8, 0..200), max in 0..30_usize) {
            let mut distinct = Distinct::after(max, []);
            let kept: HashSet<_> = values.iter().copied().filter(|value| distinct.tells_apart(*value)).collect();
            let all: HashSet<_> = values.into_iter().collect();
            prop_assert_eq!(kept.len(), all.len().min(max));
        }
    }
}
