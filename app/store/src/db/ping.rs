//! Whether the database answers.

use crate::db::sql;
use crate::error::Error;
use crate::store::Store;

impl Store {
    /// Reads something from the database, and nothing of interest.
    ///
    /// # Errors
    /// [`Error::Database`] where it does not answer.
    pub async fn ping(&self) -> Result<(), Error> {
        let any = sql::query_scalar("SELECT EXISTS (SELECT 1 FROM accounts)");
        let _: bool = any.fetch_one(&self.pools().read).await?;
        Ok(())
    }
}
