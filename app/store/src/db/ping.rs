//! A check that the database is reachable.

use crate::core::Store;
use crate::db::sql;
use crate::error::Error;

impl Store {
    /// Reads something from the database, only to see whether it answers.
    ///
    /// # Errors
    /// [`Error::Database`] if it does not answer.
    pub async fn ping(&self) -> Result<(), Error> {
        let any = sql::query_scalar("SELECT EXISTS (SELECT 1 FROM accounts)");
        let _: bool = any.fetch_one(&self.pools().read).await?;
        Ok(())
    }
}
