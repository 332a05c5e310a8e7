//! The server's key, with which secrets are hashed: a copy of the database alone verifies nothing.
//!
//! One key has several purposes, and no hash that was made for one may ever pass for one of another. So the hashed
//! bytes begin differently for each:
//!
//! | Purpose | The hashed bytes begin with |
//! | --- | --- |
//! | Auth Tokens, at rest | their own `kgt_`: their hashes outlive every version, and stay as they are |
//! | the audit trail's entries and ends, at rest | the byte FF and a letter: see `audit_chain` |
//! | to recognize the key, at rest | a constant text: see `key_check` |
//! | recovery codes, at rest | `recovery code` and the byte FF: see `second_factor` |
//! | keys that are derived from this one | `sealing key: ` and their purpose: see `sealing` |
//! | hashes that do not last: see [`Purpose`] | the byte FE and the purpose's name |

use hmac::{Hmac, KeyInit, Mac};
use rand::CryptoRng;
use sha2::Sha256;
use std::fmt;
use zeroize::Zeroizing;

/// The purpose of a hash that is not stored, or not for long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To count the attempts to sign in with an e-mail address, for a quarter of an hour.
    SignIn,
    /// To count the guesses at the token of an invitation, for as long.
    InvitationGuess,
    /// To count the requests for a link to set a new password, for as long.
    PasswordReset,
    /// To count the guesses at the token of such a link, for as long.
    ResetGuess,
    /// To sign the address of a job's result, for some minutes.
    ResultAddress,
    /// To count the guesses at a user's second factor, for as long as those at the password.
    SecondFactorGuess,
}

impl Purpose {
    /// A byte that no text begins with: UTF-8 does not have it.
    const MARK: u8 = 0xFE;

    const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::InvitationGuess => "invitation guess",
            Self::PasswordReset => "password reset",
            Self::ResetGuess => "reset guess",
            Self::ResultAddress => "result address",
            Self::SecondFactorGuess => "second factor guess",
        }
    }
}

/// A key of 256 random bits, which is kept outside the database. If it is lost, every token has to be reset.
///
/// It is wiped from memory when dropped, and its Debug shows nothing of it.
#[derive(Clone)]
pub struct ServerKey {
    bytes: Zeroizing<[u8; Self::LENGTH]>,
    /// HMAC that has taken in the key already, which is half of the work of hashing a short text. It wipes itself, too.
    mac: Hmac<Sha256>,
}

impl ServerKey {
    /// Length in bytes.
    pub const LENGTH: usize = 32;

    /// Returns the key made of these bytes.
    #[must_use]
    #[allow(clippy::missing_panics_doc)] // it does not panic: HMAC takes a key of any length
    pub fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        let bytes = Zeroizing::new(bytes);
        let mac = Hmac::new_from_slice(bytes.as_ref()).expect("HMAC takes a key of any length");
        Self { bytes, mac }
    }

    /// Generates a new key.
    pub fn generate(random: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; Self::LENGTH]);
        random.fill_bytes(bytes.as_mut());
        Self::from_bytes(*bytes)
    }

    /// Returns the key as 64 hexadecimal digits, for storage. Wiped from memory when dropped.
    #[must_use]
    pub fn to_hex(&self) -> Zeroizing<String> {
        write_hex(&self.bytes)
    }

    /// Parses 64 hexadecimal digits; white space around them is ignored.
    #[must_use]
    pub fn from_hex(hex: &str) -> Option<Self> {
        read_hex(hex).map(|bytes| Self::from_bytes(*bytes))
    }

    /// Returns the HMAC-SHA-256 of the text.
    pub(crate) fn hash(&self, text: impl AsRef<[u8]>) -> Vec<u8> {
        self.mac(text).finalize().into_bytes().to_vec()
    }

    /// Returns whether this is the text's hash, in constant time.
    pub(crate) fn verify(&self, text: impl AsRef<[u8]>, hash: &[u8]) -> bool {
        self.mac(text).verify_slice(hash).is_ok()
    }

    /// Returns the HMAC-SHA-256 of the text for this purpose, which differs from the same text's for any other.
    pub(crate) fn hash_for(&self, purpose: Purpose, text: impl AsRef<[u8]>) -> Vec<u8> {
        self.mac_for(purpose, text).finalize().into_bytes().to_vec()
    }

    /// Returns whether this is the text's hash for this purpose, in constant time.
    pub(crate) fn verify_for(&self, purpose: Purpose, text: impl AsRef<[u8]>, hash: &[u8]) -> bool {
        self.mac_for(purpose, text).verify_slice(hash).is_ok()
    }

    fn mac_for(&self, purpose: Purpose, text: impl AsRef<[u8]>) -> Hmac<Sha256> {
        // Names are text, so the zero byte ends them.
        self.mac([Purpose::MARK]).chain_update(purpose.name()).chain_update([0]).chain_update(text)
    }

    fn mac(&self, text: impl AsRef<[u8]>) -> Hmac<Sha256> {
        self.mac.clone().chain_update(text)
    }
}

/// Returns a key as 64 hexadecimal digits.
pub(crate) fn write_hex(key: &[u8; ServerKey::LENGTH]) -> Zeroizing<String> {
    Zeroizing::new(hex::encode(key))
}

/// Parses a key of 64 hexadecimal digits; white space around them is ignored.
pub(crate) fn read_hex(text: &str) -> Option<Zeroizing<[u8; ServerKey::LENGTH]>> {
    let mut bytes = Zeroizing::new([0; ServerKey::LENGTH]);
    hex::decode_to_slice(text.trim(), bytes.as_mut()).ok()?;
    Some(bytes)
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::{Purpose, ServerKey};

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

    #[test]
    fn hash_for_one_purpose_passes_for_no_other() {
        let key = ServerKey::from_bytes([1; 32]);
        let purposes = [
            Purpose::SignIn,
            Purpose::InvitationGuess,
            Purpose::PasswordReset,
            Purpose::ResetGuess,
            Purpose::ResultAddress,
            Purpose::SecondFactorGuess,
        ];
        for made_for in purposes {
            let hash = key.hash_for(made_for, "text");
            assert!(!key.verify("text", &hash));
            for used_for in purposes {
                assert_eq!(key.verify_for(used_for, "text", &hash), used_for == made_for);
            }
        }
        assert!(!key.verify_for(Purpose::SignIn, "text", &key.hash("text")));
    }

    #[test]
    fn auth_token_hash_is_the_same_in_all_versions() {
        let hash = ServerKey::from_bytes([7; 32]).hash("kgt_text");
        assert_eq!(hex::encode(hash), "f1f9650b11d6f9f014ffd91da88bc47097da8000a2779709ee8b49579bdf5aab");
    }
}
