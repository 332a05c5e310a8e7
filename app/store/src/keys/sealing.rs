//! Sealing: data that the server must be able to read again is encrypted at rest, and bound to its row.

use crate::keys::server_key::ServerKey;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rand::Rng;
use std::fmt;
use zeroize::Zeroizing;

/// A key that seals and opens, with XChaCha20-Poly1305. It is wiped from memory when dropped, and its Debug shows
/// nothing of it.
#[derive(Clone)]
pub struct SealingKey(Zeroizing<[u8; Self::LENGTH]>);

impl SealingKey {
    /// Length in bytes.
    pub const LENGTH: usize = 32;
    /// Length of the random nonce that a sealed text begins with, in bytes: long enough for a new random one each time,
    /// forever.
    const NONCE: usize = 24;

    /// Returns the key made of these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Returns the key for this purpose that is derived from the server's key.
    #[must_use]
    pub fn derived(key: &ServerKey, purpose: &str) -> Self {
        let hash = Zeroizing::new(key.hash(format!("sealing key: {purpose}")));
        let mut bytes = [0; Self::LENGTH];
        bytes.copy_from_slice(&hash);
        Self::from_bytes(bytes)
    }

    /// Seals a plain text. `associated` says what it belongs to; it opens only with the same value.
    #[must_use]
    #[allow(clippy::missing_panics_doc)] // it does not panic: the cipher takes 256 GB
    pub fn seal(&self, plain: &[u8], associated: &[u8]) -> Vec<u8> {
        let mut nonce = [0; Self::NONCE];
        rand::rng().fill_bytes(&mut nonce);
        let payload = Payload { msg: plain, aad: associated };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload).expect("the cipher takes 256 GB");
        [nonce.as_slice(), &sealed].concat()
    }

    /// Returns the plain text, if it was sealed with this key for the same `associated`, and is whole.
    #[must_use]
    pub fn open(&self, sealed: &[u8], associated: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_first_chunk::<{ Self::NONCE }>()?;
        let payload = Payload { msg: sealed, aad: associated };
        self.cipher().decrypt(&XNonce::from(*nonce), payload).ok().map(Zeroizing::new)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&(*self.0).into())
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_text_opens_only_with_its_key_and_place() {
        let [one, two] = [1, 2].map(|byte| SealingKey::from_bytes([byte; 32]));
        for plain in [b"".as_slice(), b"secret", &[7; 1000]] {
            let sealed = one.seal(plain, b"row 1");
            assert_eq!(one.open(&sealed, b"row 1").as_deref().map(Vec::as_slice), Some(plain));
            assert_eq!(one.open(&sealed, b"row 2"), None);
            assert_eq!(two.open(&sealed, b"row 1"), None);
        }
    }

    #[test]
    fn altered_or_cut_sealed_text_does_not_open() {
        let key = SealingKey::from_bytes([1; 32]);
        let sealed = key.seal(b"secret", b"row");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open(&changed, b"row"), None, "{at}");
            assert_eq!(key.open(&sealed[..at], b"row"), None, "{at}");
        }
    }

    #[test]
    fn seal_differs_each_time_and_debug_shows_no_key() {
        let key = SealingKey::from_bytes([1; 32]);
        let [one, two] = [(); 2].map(|()| key.seal(b"secret", b"row"));
        assert_ne!(one, two);
        assert!(!one.windows(6).any(|window| window == b"secret"));
        assert_eq!(format!("{key:?}"), "SealingKey(…)");
    }

    #[test]
    fn each_purpose_has_a_key_of_its_own() {
        let server = ServerKey::from_bytes([1; 32]);
        let sealed = SealingKey::derived(&server, "one").seal(b"secret", b"row");
        assert!(SealingKey::derived(&server, "one").open(&sealed, b"row").is_some());
        assert!(SealingKey::derived(&server, "other").open(&sealed, b"row").is_none());
    }
}
