//! The keys that seal Auth Tokens which may be viewed again.

use crate::keys::sealing::SealingKey;
use crate::keys::server_key::{read_hex, write_hex};
use rand::{CryptoRng, RngExt};
use std::fmt;
use uuid::Uuid;
use zeroize::Zeroizing;

/// A function that returns the current keys.
pub(crate) type KeySource = Box<dyn Fn() -> Result<SealingKeys, String> + Send + Sync>;

/// The current key, and earlier ones while something may still be sealed with them. Each has a number, which precedes
/// the values that it has sealed. Its Debug shows nothing of them.
#[derive(Clone)]
pub struct SealingKeys(Vec<(u8, SealingKey, Zeroizing<String>)>);

impl SealingKeys {
    /// Generates one new key.
    pub fn generate(random: &mut impl CryptoRng) -> Self {
        Self(Vec::new()).with_new(random)
    }

    /// Returns the same keys with a new current key before them.
    #[must_use]
    pub fn with_new(&self, random: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; SealingKey::LENGTH]);
        random.fill_bytes(bytes.as_mut());
        // A random number, so that values sealed with a lost key are not taken for this one's.
        let mut number: u8 = random.random();
        while self.find(number).is_some() {
            number = number.wrapping_add(1);
        }
        let mut keys = self.0.clone();
        keys.insert(0, (number, SealingKey::from_bytes(*bytes), write_hex(&bytes)));
        Self(keys)
    }

    /// Returns the current key alone.
    #[must_use]
    pub fn current_alone(&self) -> Self {
        Self(self.0[..1].to_vec())
    }

    /// Returns whether there are keys besides the current one.
    #[must_use]
    pub fn has_old(&self) -> bool {
        self.0.len() > 1
    }

    /// Returns the keys as stored: a number, a colon and 64 hexadecimal digits, one key a line; the current one first.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(80 * self.0.len()));
        for (number, _, hex) in &self.0 {
            text.push_str(&format!("{number}:"));
            text.push_str(hex);
            text.push('\n');
        }
        text
    }

    /// Parses the text that [`SealingKeys::to_text`] returned. Any white space separates the keys.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let mut keys = Self(Vec::new());
        for key in text.split_whitespace() {
            let (number, hex) = key.split_once(':')?;
            let (number, bytes) = (number.parse().ok()?, read_hex(hex)?);
            if keys.find(number).is_some() {
                return None;
            }
            keys.0.push((number, SealingKey::from_bytes(*bytes), write_hex(&bytes)));
        }
        (!keys.0.is_empty()).then_some(keys)
    }

    fn find(&self, number: u8) -> Option<&SealingKey> {
        self.0.iter().find(|(known, ..)| *known == number).map(|(_, key, _)| key)
    }

    /// Returns the number of the current key.
    pub(crate) fn current(&self) -> u8 {
        self.0[0].0
    }

    pub(crate) fn seal(&self, plain: &[u8], token: Uuid) -> Vec<u8> {
        let (number, key, _) = &self.0[0];
        [&[*number], key.seal(plain, token.as_bytes()).as_slice()].concat()
    }

    pub(crate) fn open(&self, sealed: &[u8], token: Uuid) -> Option<Zeroizing<Vec<u8>>> {
        let (number, sealed) = sealed.split_first()?;
        self.find(*number)?.open(sealed, token.as_bytes())
    }
}

impl fmt::Debug for SealingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKeys(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::SealingKeys;
    use uuid::Uuid;

    #[test]
    fn keys_are_written_and_read_in_their_order() {
        let mut random = rand::rng();
        let keys = SealingKeys::generate(&mut random).with_new(&mut random);
        let read = SealingKeys::from_text(&keys.to_text()).unwrap();
        assert_eq!((read.to_text(), read.current()), (keys.to_text(), keys.current()));
        assert!(read.has_old() && !read.current_alone().has_old());
        let text = keys.to_text();
        let twice = format!("{0} {0}", text.lines().next().unwrap_or_default());
        for wrong in ["", "1", "1:", "x:00", &text.replace(':', ""), &twice] {
            assert!(SealingKeys::from_text(wrong).is_none(), "{wrong}");
        }
        assert_eq!(format!("{keys:?}"), "SealingKeys(…)");
    }

    #[test]
    fn old_key_opens_its_values_until_it_is_removed() {
        let mut random = rand::rng();
        let (old, token) = (SealingKeys::generate(&mut random), Uuid::from_u128(1));
        let sealed = old.seal(b"secret", token);
        let both = old.with_new(&mut random);
        assert_eq!(both.open(&sealed, token).as_deref().map(Vec::as_slice), Some(b"secret".as_slice()));
        assert!(both.open(&sealed, Uuid::from_u128(2)).is_none(), "it is another token's");
        assert!(both.current_alone().open(&sealed, token).is_none());
        assert!(both.open(&[], token).is_none());
    }

    #[test]
    fn a_new_key_never_has_the_number_of_another() {
        let mut random = rand::rng();
        let mut keys = SealingKeys::generate(&mut random);
        for _ in 0..200 {
            keys = keys.with_new(&mut random);
        }
        assert!(SealingKeys::from_text(&keys.to_text()).is_some());
    }
}
