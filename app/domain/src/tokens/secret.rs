//! Account SIDs and Auth Tokens: their form, their generation, and the protection of the Auth Token from view.

use crate::text;
use rand::CryptoRng;
use rand::distr::{Alphanumeric, SampleString};
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::Zeroizing;

/// The digits of base62, in the order of their values.
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The public identifier of one token, its user name in HTTP Basic: `IR` and 33 base62 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountSid(String);

/// The text is not an Account SID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an Account SID is `IR` and 33 letters or digits")]
pub struct NotAnAccountSid;

impl AccountSid {
    const PREFIX: &str = "IR";
    const RANDOM: usize = 33;

    /// Returns a new Account SID with 196 random bits, so that no two are ever equal.
    pub fn generate(random: &mut impl CryptoRng) -> Self {
        Self(format!("{}{}", Self::PREFIX, Alphanumeric.sample_string(random, Self::RANDOM)))
    }

    /// Reads a text that a person pasted or typed: with white space or invisible characters around it, or in full width.
    #[must_use]
    pub fn pasted(text: &str) -> Option<Self> {
        let is_around = |c: char| c.is_whitespace() || text::is_unsupported(c);
        text::narrowed(text).trim_matches(is_around).to_owned().try_into().ok()
    }

    /// Returns the 35 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AccountSid {
    type Error = NotAnAccountSid;

    fn try_from(text: String) -> Result<Self, NotAnAccountSid> {
        let well_formed = text
            .strip_prefix(Self::PREFIX)
            .is_some_and(|rest| rest.len() == Self::RANDOM && rest.bytes().all(|b| b.is_ascii_alphanumeric()));
        if well_formed { Ok(Self(text)) } else { Err(NotAnAccountSid) }
    }
}

impl From<AccountSid> for String {
    fn from(sid: AccountSid) -> Self {
        sid.0
    }
}

impl fmt::Display for AccountSid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An Auth Token: `kgt_`, 32 random base62 characters (190 bits), and their CRC32 as 6 base62 characters, by which a
/// secret scanner can distinguish it from similar strings without a request.
///
/// It is wiped from memory when dropped. It has neither `Display` nor `Serialize`; [`Secret::reveal`] is the only way
/// to its text, so that a search for that word finds every place where the text leaves this type.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The prefix of every Auth Token.
    pub const PREFIX: &str = "kgt_";
    const RANDOM: usize = 32;
    const CHECKSUM: usize = 6;
    /// The characters by which people tell Auth Tokens apart; no more than the checksum has.
    const ENDING: usize = 4;
    /// Length in characters, which are all ASCII.
    pub const LENGTH: usize = Self::PREFIX.len() + Self::RANDOM + Self::CHECKSUM;

    /// Returns a new Auth Token.
    pub fn generate(random: &mut impl CryptoRng) -> Self {
        let mut text = Zeroizing::new(String::with_capacity(Self::LENGTH));
        text.push_str(Self::PREFIX);
        Alphanumeric.append_string(random, &mut text, Self::RANDOM);
        let checksum = checksum(&text[Self::PREFIX.len()..]);
        text.extend(checksum.map(char::from));
        Self(text)
    }

    /// Reads a text that a client sent. Returns `None` unless prefix, length, alphabet and checksum are those of an
    /// Auth Token.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(Self::PREFIX)?;
        if rest.len() != Self::RANDOM + Self::CHECKSUM || !rest.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return None;
        }
        let (random, given) = rest.split_at(Self::RANDOM);
        (checksum(random) == given.as_bytes()).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// Returns its last four characters, by which people tell Auth Tokens apart. They belong to the checksum, and leave
    /// 166 random bits unknown.
    #[must_use]
    pub fn ending(&self) -> &str {
        &self.0[Self::LENGTH - Self::ENDING..]
    }

    /// Returns the text itself. Pass it only to its owner or to the hash function.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Returns the CRC-32 (ISO-HDLC) in base62, most significant digit first, padded with zeros.
fn checksum(random: &str) -> [u8; Secret::CHECKSUM] {
    let mut rest = crc32fast::hash(random.as_bytes());
    let mut digits = [b'0'; Secret::CHECKSUM];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    #[test]
    fn account_sid_has_35_characters_as_published() {
        let sid = AccountSid::generate(&mut StdRng::seed_from_u64(1));
        assert_eq!(sid.as_str().len(), 35);
        assert_eq!(AccountSid::try_from(sid.to_string()), Ok(sid));
    }

    #[test]
    fn malformed_account_sid_is_refused() {
        for wrong in [
            "",
            "IR",
            "XX123456789012345678901234567890123",
            "IR12345678901234567890123456789012é",
            "IR1234567890123456789012345678901234",
        ] {
            assert_eq!(AccountSid::try_from(wrong.to_owned()), Err(NotAnAccountSid), "{wrong}");
        }
    }

    #[test]
    fn pasted_account_sid_is_read_despite_spaces_and_width() {
        let sid = AccountSid::generate(&mut StdRng::seed_from_u64(1));
        let wide: String = sid.as_str().chars().filter_map(|c| char::from_u32(u32::from(c) + 0xfee0)).collect();
        for pasted in [format!(" {sid}\n"), format!("\u{feff}\u{3000}{sid}\t"), format!("{wide} ")] {
            assert_eq!(AccountSid::pasted(&pasted), Some(sid.clone()), "{pasted:?}");
        }
        for other in [format!("{sid}1"), format!("SID {sid}"), sid.as_str().to_lowercase(), String::new()] {
            assert_eq!(AccountSid::pasted(&other), None, "{other}");
        }
    }

    #[test]
    fn checksum_matches_its_published_check_value() {
        // CRC-32 of "123456789" is 0xCBF43926 = 3421780262, the check value of its published definition.
        assert_eq!(&checksum("123456789"), b"3jZRME");
    }

    #[test]
    fn debug_output_hides_the_value() {
        let secret = Secret::generate(&mut StdRng::seed_from_u64(1));
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }

    proptest! {
        #[test]
        fn generated_secret_is_recognised_unless_altered(seed: u64, at in 4..Secret::LENGTH) {
            let secret = Secret::generate(&mut StdRng::seed_from_u64(seed));
            prop_assert_eq!(secret.reveal().len(), Secret::LENGTH);
            prop_assert!(secret.reveal().ends_with(secret.ending()) && secret.ending().len() == 4);
            prop_assert!(Secret::parse(secret.reveal()).is_some());
            let mut altered = secret.reveal().as_bytes().to_vec();
            altered[at] = if altered[at] == b'x' { b'y' } else { b'x' };
            prop_assert!(Secret::parse(&String::from_utf8(altered).unwrap()).is_none());
        }

        #[test]
        fn arbitrary_text_is_not_a_secret(text in "\\PC{0,60}") {
            prop_assert!(Secret::parse(&text).is_none());
            let prefixed = format!("kgt_{text}");
            prop_assert!(Secret::parse(&prefixed).is_none());
        }
    }
}
