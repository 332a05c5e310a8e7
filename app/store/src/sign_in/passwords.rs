//! Passwords: hashing and verifying them, a few at a time.

use crate::error::Error;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::Arc;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// Argon2id with the parameters of the OWASP Password Storage Cheat Sheet: 19 MiB of memory, 2 passes, 1 lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// The number of hashes computed at a time: each takes [`MEMORY_KIB`] and a core for some 20 ms.
const AT_A_TIME: usize = 2;
/// The hash that the password of an unknown user is verified against, so that it takes as long. It has the form of a
/// hash; no password has it.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdC4uLg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A hasher of passwords, which also verifies them, on threads of their own.
pub(crate) struct Passwords(Arc<Semaphore>);

impl Passwords {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(AT_A_TIME)))
    }

    /// Returns the password's hash, in the PHC string format, with a new random salt.
    pub(crate) async fn hash(&self, password: Zeroizing<String>) -> Result<String, Error> {
        self.run(move |argon2| Ok(argon2.hash_password(password.as_bytes()).map_err(unusable)?.to_string())).await
    }

    /// Returns whether this is the hash of the password. Without a hash, returns `false` after the same time.
    pub(crate) async fn verify(&self, password: Zeroizing<String>, hash: Option<String>) -> Result<bool, Error> {
        self.run(move |argon2| {
            let known = PasswordHash::new(hash.as_deref().unwrap_or(NOBODY)).map_err(unusable)?;
            Ok(argon2.verify_password(password.as_bytes(), &known).is_ok() && hash.is_some())
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(Argon2<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let permit = Arc::clone(&self.0).acquire_owned().await.map_err(unusable)?;
        let hashing = tokio::task::spawn_blocking(move || {
            let _permit = permit; // until the work is done, even if the caller has stopped waiting
            let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(unusable)?;
            work(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
        });
        hashing.await.map_err(unusable)?
    }
}

fn unusable(error: impl std::fmt::Display) -> Error {
    Error::Password(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::{NOBODY, PasswordHash, Passwords, Zeroizing};

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::new();
        let password = || Zeroizing::new("correct horse battery".to_owned());
        let hash = passwords.hash(password()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, passwords.hash(password()).await.unwrap());
        assert!(passwords.verify(password(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(Zeroizing::new("wrong".to_owned()), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(password(), None).await.unwrap());
    }

    #[tokio::test]
    async fn verify_costs_the_same_without_such_a_user() {
        let hash = Passwords::new().hash(Zeroizing::new("any".to_owned())).await.unwrap();
        let [known, nobody] = [hash.as_str(), NOBODY].map(|hash| PasswordHash::new(hash).unwrap());
        assert_eq!((known.algorithm, known.version, &known.params), (nobody.algorithm, nobody.version, &nobody.params));
        assert_eq!(known.hash.map(|hash| hash.len()), nobody.hash.map(|hash| hash.len()));
        assert_eq!(hash.len(), NOBODY.len());
    }
}
