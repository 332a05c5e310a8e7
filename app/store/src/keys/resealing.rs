//! Resealing: everything is sealed with the current key, so that earlier ones can be removed.
//!
//! The keys are read each time, in the transaction that uses them, as another process may replace the current one. A
//! transaction that seals then either has the new key, or has committed before the first one of [`Keys::seal_anew`]
//! reads.

use crate::db::database::Connection;
use crate::db::sql;
use crate::error::Error;
use crate::keys::Keys;
use crate::keys::sealing::SealingKey;
use crate::keys::sealing_keys::SealingKeys;
use sqlx_macros::FromRow;
use uuid::Uuid;

/// The number of values that one transaction reseals; other writers wait no longer than that.
const BATCH: i64 = 500;

#[derive(FromRow)]
struct SealedRow {
    id: Uuid,
    sealed_secret: Vec<u8>,
}

impl Keys<'_> {
    /// Sets the source of the keys that seal Auth Tokens, which returns them or the reason why they can't be had. Only
    /// the first call counts; without a source, no account can let Auth Tokens be viewed again.
    pub fn seal_with(self, source: impl Fn() -> Result<SealingKeys, String> + Send + Sync + 'static) {
        _ = self.core.sealing_source().set(Box::new(source));
    }

    /// Returns the key for this purpose, which is the same on every server with this server key.
    #[must_use]
    pub fn sealing_key(self, purpose: &str) -> SealingKey {
        SealingKey::derived(self.core.key(), purpose)
    }

    /// Reseals everything that is not sealed with the current key, and returns the number of values. After that, the
    /// other keys are no longer needed. If interrupted, it can be called again and goes on from there.
    ///
    /// # Errors
    /// [`Error::SealingKeys`] (also if a value can't be opened), [`Error::Database`].
    pub async fn seal_anew(self) -> Result<u64, Error> {
        let mut all = 0;
        loop {
            let mut tx = self.core.begin().await?;
            let done = self.seal_some_anew(&mut tx).await?;
            tx.commit().await?;
            if done == 0 {
                return Ok(all);
            }
            all += done;
        }
    }

    async fn seal_some_anew(self, tx: &mut Connection) -> Result<u64, Error> {
        let keys = self.core.sealing_keys()?;
        let rows: Vec<SealedRow> = sql::query_as(
            "SELECT id, sealed_secret FROM tokens WHERE sealed_secret IS NOT NULL AND substr(sealed_secret, 1, 1) <> $1
             LIMIT $2",
        )
        .bind([keys.current()].as_slice())
        .bind(BATCH)
        .fetch_all(&mut *tx)
        .await?;
        for SealedRow { id, sealed_secret } in &rows {
            let plain = keys.open(sealed_secret, *id).ok_or_else(|| {
                let number = sealed_secret.first().copied().unwrap_or_default();
                Error::SealingKeys(format!(
                    "the Auth Token of {id} is sealed with key {number}, which does not open it"
                ))
            })?;
            sql::query("UPDATE tokens SET sealed_secret = $1 WHERE id = $2")
                .bind(keys.seal(&plain, *id))
                .bind(*id)
                .execute(&mut *tx)
                .await?;
        }
        Ok(rows.len() as u64)
    }
}
