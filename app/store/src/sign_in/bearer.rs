//! Bearer tokens, which open something for their holder: sessions, invitations, pending sign-ins. Each is 43 random
//! base62 characters (256 bits); only its SHA-256 is stored.

use rand::distr::{Alphanumeric, SampleString};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

const LENGTH: usize = 43;

/// The text of a bearer token.
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

/// Defines a type of its own for one kind of bearer token, so that none is taken for another.
macro_rules! bearer {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name($crate::sign_in::bearer::Bearer);

        impl $name {
            /// Parses a client's text; returns `None` if it can't be such a token.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                $crate::sign_in::bearer::Bearer::parse(text).map(Self)
            }

            /// Returns the text itself, for its holder.
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
