//! Work that takes several transactions: whatever happens meanwhile, it is known as unfinished until it is finished.

use crate::core::Core;
use crate::db::sql;
use crate::error::Error;

/// Work that takes several transactions.
#[derive(Debug, Clone, Copy)]
pub struct Work<'s> {
    pub(crate) core: &'s Core,
}

impl Work<'_> {
    /// Records that the work with this name begins. It may have begun before.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn begin(self, name: &str) -> Result<(), Error> {
        let mut tx = self.core.begin().await?;
        sql::query("INSERT INTO unfinished_work (name) VALUES ($1) ON CONFLICT (name) DO NOTHING")
            .bind(name)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Records that the work with this name is finished.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn finish(self, name: &str) -> Result<(), Error> {
        let mut tx = self.core.begin().await?;
        sql::query("DELETE FROM unfinished_work WHERE name = $1").bind(name).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Returns whether the work with this name was begun and not finished.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn is_unfinished(self, name: &str) -> Result<bool, Error> {
        let unfinished = sql::query_scalar("SELECT EXISTS (SELECT 1 FROM unfinished_work WHERE name = $1)").bind(name);
        Ok(unfinished.fetch_one(self.core.read()).await?)
    }
}
