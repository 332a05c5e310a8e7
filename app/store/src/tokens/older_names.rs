//! The search form of names that were stored before it was as it is now: see [`search_form`].

use crate::core::Core;
use crate::db::sql;
use crate::db::work::Work;
use crate::error::Error;
use domain::search::search_form;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

/// The work that the migration notes if there are names.
const FOLDING: &str = "fold names for searching";
/// Rows that are read at once.
const BATCH: i64 = 1_000;
/// The tables with names, the column that holds them, and the one for their search form. The audit trail has only an
/// older form of names, whose form is that of the names.
const NAMES: [(&str, &str, &str); 2] =
    [("tokens", "name", "name_folded"), ("audit_events", "names_folded", "names_folded")];

impl Core {
    /// Brings all names into their search form, if the migration has noted that they may be in another. If it is
    /// interrupted, the next start does all of it again.
    pub(crate) async fn fold_older_names(&self) -> Result<(), Error> {
        let work = Work { core: self };
        if !work.is_unfinished(FOLDING).await? {
            return Ok(());
        }
        for (table, names, forms) in NAMES {
            let mut last = Some(Uuid::nil());
            while let Some(after) = last {
                last = self.fold_names(after, table, names, forms).await?;
            }
        }
        work.finish(FOLDING).await
    }

    /// Brings the names of a batch of rows into their search form, in one transaction. Returns the last row's id, or
    /// `None` if there are no more rows.
    async fn fold_names(&self, after: Uuid, table: &str, names: &str, forms: &str) -> Result<Option<Uuid>, Error> {
        let batch = format!("SELECT id, {names}, {forms} FROM {table} WHERE id > $1 ORDER BY id LIMIT $2");
        let update = format!("UPDATE {table} SET {forms} = $1 WHERE id = $2");
        let mut tx = self.begin().await?;
        let rows: Vec<(Uuid, String, String)> =
            sql::query_as(AssertSqlSafe(batch)).bind(after).bind(BATCH).fetch_all(&mut *tx).await?;
        for (id, name, stored) in &rows {
            let form = search_form(name);
            if form != *stored {
                sql::query(AssertSqlSafe(update.clone())).bind(form).bind(*id).execute(&mut *tx).await?;
            }
        }
        tx.commit().await?;
        Ok(rows.last().map(|(id, ..)| *id))
    }
}
