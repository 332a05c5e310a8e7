//! Texts that open something to whoever bears them: sessions, invitations, sign-ins under way. Each is 43 random base62
//! characters (256 bits); at rest there is its SHA-256 only.

use rand::distr::{Alphanumeric, SampleString};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

const LENGTH: usize = 43;

/// What one of them is made of.
#[derive(Clone)]
pub(crate) struct Bearer(Zeroizing<String>);

impl Bearer {
    pub(crate) fn generate() -> Self {
        let mut text = Zeroizing::new(String::with_capacity(LENGTH));
        Alphanumeric.append_string(&mut rand::rng(), &mut text, LENGTH);
        Self(text)
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let well_formed = text.len() == LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        well_formed.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    pub(crate) fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.as_bytes()).to_vec()
    }
}

/// A kind of its own for what one of them opens, so that none is taken for another.
macro_rules! bearer {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name($crate::sign_in::bearer::Bearer);

        impl $name {
            /// Takes what a client sent, if it can be one at all.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                $crate::sign_in::bearer::Bearer::parse(text).map(Self)
            }

            /// The text itself, for whom it is.
            #[must_use]
            pub fn reveal(&self) -> &str {
                self.0.reveal()
            }

            pub(crate) fn generate() -> Self {
                Self($crate::sign_in::bearer::Bearer::generate())
            }

            pub(crate) fn hash(&self) -> Vec<u8> {
                self.0.hash()
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}
pub(crate) use bearer;
