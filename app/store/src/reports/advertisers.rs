//! The agency's advertisers: imported, listed, looked up.

use crate::audit::event::Event;
use crate::db::database::{Connection, micros};
use crate::db::sql::{self, QueryBuilder};
use crate::error::Error;
use crate::reports::Reports;
use domain::Refusal;
use domain::account::AccountId;
use domain::audit::action::Action;
use domain::reports::advertiser::{Advertiser, AdvertiserId};
use serde_json::json;

/// Rows that one statement writes.
const ROWS: usize = 1_000;

/// The numbers of advertisers that an import has added, changed and left unchanged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportedAdvertisers {
    /// Advertisers that the account did not have.
    pub added: u64,
    /// Advertisers that were different.
    pub changed: u64,
    /// Advertisers that were the same.
    pub unchanged: u64,
}

impl Reports<'_> {
    /// Adds these advertisers, each id once, to the account, or replaces those that have the same id, all in one
    /// transaction. The account's other advertisers stay.
    ///
    /// # Errors
    /// [`Error::Database`], also if there is no such account.
    pub async fn import_advertisers(
        self,
        account: AccountId,
        advertisers: &[Advertiser],
    ) -> Result<ImportedAdvertisers, Error> {
        let mut tx = self.core.begin_in(account).await?;
        let before = count(&mut tx, account).await?;
        let added_at = micros(self.core.now());
        let mut written = 0;
        for advertisers in advertisers.chunks(ROWS) {
            let mut insert = QueryBuilder::new("INSERT INTO advertisers (account_id, id, advertiser, added_at) ");
            insert.push_values(advertisers, |mut row, advertiser| {
                row.push_bind(account).push_bind(advertiser.id.number());
                row.push_bind(json!(advertiser).to_string()).push_bind(added_at);
            });
            insert.push(
                " ON CONFLICT (account_id, id) DO UPDATE SET advertiser = excluded.advertiser
                 WHERE advertisers.advertiser <> excluded.advertiser",
            );
            written += insert.build().persistent(advertisers.len() == ROWS).execute(&mut *tx).await?.rows_affected();
        }
        let added = count(&mut tx, account).await? - before;
        let (changed, unchanged) = (written - added, advertisers.len() as u64 - written);
        if written > 0 {
            let details = json!({ "added": added, "changed": changed, "unchanged": unchanged });
            Event::of(Action::AdvertisersImported, account)
                .with(details)
                .record(self.core, &mut tx, self.core.now())
                .await?;
        }
        tx.commit().await?;
        Ok(ImportedAdvertisers { added, changed, unchanged })
    }

    /// Returns at most `limit` of the account's advertisers after the first `offset`, and their total number: in the
    /// order of import, and by id within one import. A new advertiser moves none of those before it.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn advertisers(
        self,
        account: AccountId,
        offset: u64,
        limit: u32,
    ) -> Result<(Vec<Advertiser>, u64), Error> {
        let mut tx = self.core.read().begin().await?; // so that both queries see the same state
        let total = count(&mut tx, account).await?;
        let page = "SELECT advertiser FROM advertisers WHERE account_id = $1 ORDER BY added_at, id LIMIT $2 OFFSET $3";
        let page = sql::query_scalar::<String>(page).bind(account).bind(limit);
        let rows = page.bind(i64::try_from(offset).unwrap_or(i64::MAX)).fetch_all(&mut *tx).await?;
        Ok((rows.iter().map(|row| read(row)).collect::<Result<_, _>>()?, total))
    }

    /// Returns the account's advertiser with this id.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Error::Database`], [`Error::Corrupt`].
    pub async fn advertiser(self, account: AccountId, id: AdvertiserId) -> Result<Advertiser, Error> {
        let row = sql::query_scalar::<String>("SELECT advertiser FROM advertisers WHERE account_id = $1 AND id = $2");
        let row = row.bind(account).bind(id.number()).fetch_optional(self.core.read()).await?;
        read(&row.ok_or(Refusal::NotFound)?)
    }
}

async fn count(connection: &mut Connection, account: AccountId) -> Result<u64, Error> {
    let count = sql::query_scalar::<i64>("SELECT COUNT(*) FROM advertisers WHERE account_id = $1");
    Ok(count.bind(account).fetch_one(connection).await?.unsigned_abs())
}

fn read(json: &str) -> Result<Advertiser, Error> {
    serde_json::from_str(json).map_err(|error| Error::Corrupt(format!("an advertiser: {error}")))
}
