//! Bearer tokens, which open something for their holder: sessions, invitations, pending sign-ins. Each is 43 random
//! base62 characters (256 bits); only its SHA-256 is stored.

use rand::distr::{Alphanumeric, SampleString};
use sha2::{Digest, Sha256};
use std::fmt;
use std::marker::PhantomData;
use zeroize::Zeroizing;

const LENGTH: usize = 43;

/// A kind of bearer token.
pub trait Kind {
    /// The name in debug output.
    const NAME: &'static str;
}

/// The text of a bearer token. Its kind `K` keeps one from being taken for another.
pub struct Bearer<K>(Zeroizing<String>, PhantomData<K>);

impl<K> Bearer<K> {
    /// Parses a client's text; returns `None` if it can't be such a token.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let well_formed = text.len() == LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        well_formed.then(|| Self(Zeroizing::new(text.to_owned()), PhantomData))
    }

    /// Returns the text itself, for its holder.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(crate) fn generate() -> Self {
        let mut text = Zeroizing::new(String::with_capacity(LENGTH));
        Alphanumeric.append_string(&mut rand::rng(), &mut text, LENGTH);
        Self(text, PhantomData)
    }

    pub(crate) fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.as_bytes()).to_vec()
    }
}

impl<K> Clone for Bearer<K> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<K: Kind> fmt::Debug for Bearer<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(…)", K::NAME)
    }
}
