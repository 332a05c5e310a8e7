//! The server's key, with which secrets are hashed: a copy of the database alone verifies nothing.

use hmac::{Hmac, KeyInit, Mac};
use rand::CryptoRng;
use sha2::Sha256;
use std::fmt;
use zeroize::Zeroizing;

/// A key of 256 random bits, which is kept outside the database. Whoever loses it has to reset every token.
///
/// It is wiped from memory when dropped, and its Debug shows nothing of it.
#[derive(Clone)]
pub struct ServerKey {
    bytes: Zeroizing<[u8; Self::LENGTH]>,
    /// HMAC with the key taken in already: that is half of the work of hashing a short text. It wipes itself, too.
    mac: Hmac<Sha256>,
}

impl ServerKey {
    /// Length in bytes.
    pub const LENGTH: usize = 32;

    /// The key of these bytes.
    #[must_use]
    #[allow(clippy::missing_panics_doc)] // it does not: HMAC takes a key of any length
    pub fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        let bytes = Zeroizing::new(bytes);
        let mac = Hmac::new_from_slice(bytes.as_ref()).expect("HMAC takes a key of any length");
        Self { bytes, mac }
    }

    /// A new one.
    pub fn generate(random: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; Self::LENGTH]);
        random.fill_bytes(bytes.as_mut());
        Self::from_bytes(*bytes)
    }

    /// The key as 64 hexadecimal digits, to be kept. Wiped from memory when dropped.
    #[must_use]
    pub fn to_hex(&self) -> Zeroizing<String> {
        let digits = self.bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let mut hex = Zeroizing::new(String::with_capacity(2 * Self::LENGTH));
        hex.extend(digits.filter_map(|digit| char::from_digit(digit.into(), 16)));
        hex
    }

    /// Reads 64 hexadecimal digits; white space around them is ignored.
    #[must_use]
    pub fn from_hex(hex: &str) -> Option<Self> {
        let hex = hex.trim().as_bytes();
        if hex.len() != 2 * Self::LENGTH {
            return None;
        }
        let mut bytes = Zeroizing::new([0; Self::LENGTH]);
        for (byte, digits) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            for digit in digits {
                *byte = *byte << 4 | u8::try_from(char::from(*digit).to_digit(16)?).ok()?;
            }
        }
        Some(Self::from_bytes(*bytes))
    }

    /// HMAC-SHA-256 of the text.
    pub(crate) fn hash(&self, text: impl AsRef<[u8]>) -> Vec<u8> {
        self.mac(text).finalize().into_bytes().to_vec()
    }

    /// Whether that is the text's hash; takes the same time whatever differs.
    pub(crate) fn verify(&self, text: impl AsRef<[u8]>, hash: &[u8]) -> bool {
        self.mac(text).verify_slice(hash).is_ok()
    }

    fn mac(&self, text: impl AsRef<[u8]>) -> Hmac<Sha256> {
        self.mac.clone().chain_update(text)
    }
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::ServerKey;

    #[test]
    fn a_key_is_written_and_read_as_hexadecimal_digits() {
        let key = ServerKey::generate(&mut rand::rng());
        let hex = key.to_hex();
        assert_eq!(hex.len(), 64);
        assert_eq!(ServerKey::from_hex(&format!(" {}\n", hex.to_uppercase())).unwrap().bytes, key.bytes);
        for wrong in ["", &hex[1..], &hex.replace(|_| true, "g"), &format!("{}+1", &hex[2..])] {
            assert!(ServerKey::from_hex(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_hash_depends_on_text_and_key_and_is_never_shown() {
        let [one, two] = [1, 2].map(|byte| ServerKey::from_bytes([byte; 32]));
        assert!(one.verify("text", &one.hash("text")));
        assert!(!one.verify("Text", &one.hash("text")));
        assert!(!two.verify("text", &one.hash("text")));
        assert!(!one.verify("text", &[]));
        assert_eq!(format!("{one:?}"), "ServerKey(…)");
    }
}
