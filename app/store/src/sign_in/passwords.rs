//! Passwords: hashing and verifying them, a few at a time, and checking a user's.

use crate::db::database::Connection;
use crate::db::sql;
use crate::error::Error;
use crate::keys::server_key::Purpose;
use crate::members::users::folded_email;
use crate::sign_in::throttle;
use crate::store::Store;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::members::user::UserId;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::Semaphore;
use uuid::Uuid;
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

/// A password that was its user's when it was checked.
pub(crate) struct RightPassword {
    pub(crate) user: UserId,
    hash: String,
    email_hash: Vec<u8>,
}

impl RightPassword {
    /// Returns whether it still is, in the transaction that relies on it. If so, the failures before it are forgiven.
    pub(crate) async fn still_holds(&self, tx: &mut Connection) -> Result<bool, Error> {
        let still = sql::query_scalar("SELECT EXISTS (SELECT 1 FROM users WHERE id = $1 AND password_hash = $2)");
        let still = still.bind(self.user.0).bind(&self.hash).fetch_one(&mut *tx).await?;
        if still {
            throttle::forgive(tx, &self.email_hash).await?;
        }
        Ok(still)
    }
}

impl Store {
    /// Checks the password of the user with this e-mail address. Returns `None` if it is wrong, after the same time as
    /// if there is no such user.
    ///
    /// # Errors
    /// `Refusal::Throttled` as [`Store::sign_in`], [`Error::Password`], [`Error::Database`].
    pub(crate) async fn check_password(
        &self,
        email: &str,
        password: &str,
        from: IpAddr,
    ) -> Result<Option<RightPassword>, Error> {
        let password = Zeroizing::new(password.to_owned());
        let email = folded_email(email);
        let email_hash = self.key().hash_for(Purpose::SignIn, &email);
        let mut tx = self.pools().begin().await?;
        throttle::attempt(&mut tx, self.clock().now(), &email_hash, from).await?;
        tx.commit().await?;
        let user: Option<(Uuid, String)> = sql::query_as("SELECT id, password_hash FROM users WHERE email_folded = $1")
            .bind(email)
            .fetch_optional(&self.pools().read)
            .await?;
        let verified = self.passwords().verify(password, user.as_ref().map(|(_, hash)| hash.clone())).await?;
        let right = user.filter(|_| verified);
        Ok(right.map(|(user, hash)| RightPassword { user: UserId(user), hash, email_hash }))
    }
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
