//! Checking a user's password, throttled.

use crate::core::Core;
use crate::db::database::Connection;
use crate::db::sql;
use crate::error::Error;
use crate::keys::server_key::Purpose;
use crate::members::rows::folded_email;
use crate::sign_in::throttle;
use domain::members::user::UserId;
use std::net::IpAddr;
use uuid::Uuid;
use zeroize::Zeroizing;

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
        let still = still.bind(self.user).bind(&self.hash).fetch_one(&mut *tx).await?;
        if still {
            throttle::forgive(tx, &self.email_hash).await?;
        }
        Ok(still)
    }
}

/// Checks the password of the user with this e-mail address. Returns `None` if it is wrong, after the same time as
/// if there is no such user.
///
/// # Errors
/// `Refusal::Throttled` as `SigningIn::with_password`, [`Error::Password`], [`Error::Database`].
pub(crate) async fn check_password(
    core: &Core,
    email: &str,
    password: &str,
    from: IpAddr,
) -> Result<Option<RightPassword>, Error> {
    let password = Zeroizing::new(password.to_owned());
    let email = folded_email(email);
    let email_hash = core.key().hash_for(Purpose::SignIn, &email);
    let mut tx = core.begin().await?;
    throttle::attempt(&mut tx, core.now(), &email_hash, from).await?;
    tx.commit().await?;
    let user: Option<(Uuid, String)> = sql::query_as("SELECT id, password_hash FROM users WHERE email_folded = $1")
        .bind(email)
        .fetch_optional(core.read())
        .await?;
    let verified = core.passwords().verify(password, user.as_ref().map(|(_, hash)| hash.clone())).await?;
    let right = user.filter(|_| verified);
    Ok(right.map(|(user, hash)| RightPassword { user: UserId(user), hash, email_hash }))
}
