//! Reading tokens: the list with its filters, orders and pages, and one token.

use crate::error::Error;
use crate::sqlite::{Db, POSITION, micros};
use crate::store::Store;
use crate::token_rows::{self, SELECT, StoredToken, TokenRow};
use chrono::{DateTime, Utc};
use domain::account::AccountId;
use domain::filter::{PAGE_SIZE, Sort, TokenFilter, TokenList, pages};
use domain::text::folded;
use domain::token::{Token, TokenId};
use sqlx::QueryBuilder;

impl Store {
    /// One page of the account's tokens that fit the filter; the last page where the filter asks for one beyond.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn list(&self, account: AccountId, filter: &TokenFilter) -> Result<TokenList, Error> {
        let now = self.clock().now();
        let as_of = self.last_entry(account).await?;
        let mut tx = self.pools().read.begin().await?; // so that both queries see the same
        let total: i64 = count(account, filter, now).build_query_scalar().fetch_one(&mut *tx).await?;
        let total = total.unsigned_abs();
        let page = filter.page.clamp(1, pages(total));
        let rows: Vec<TokenRow> = page_of(account, filter, now, page).build_query_as().fetch_all(&mut *tx).await?;
        let tokens = rows.into_iter().map(|row| StoredToken::try_from(row).map(|stored| stored.token));
        Ok(TokenList { tokens: tokens.collect::<Result<_, _>>()?, total, page, as_of })
    }

    /// The account's token of that id.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Database`], [`Error::Corrupt`].
    pub async fn token(&self, account: AccountId, id: TokenId) -> Result<Token, Error> {
        let mut connection = self.pools().read.acquire().await?;
        let found = token_rows::find(&mut connection, account, id).await?;
        if found.deleted_at.is_none() { Ok(found.token) } else { Err(Error::NotFound) }
    }
}

fn count(account: AccountId, filter: &TokenFilter, now: DateTime<Utc>) -> QueryBuilder<Db> {
    filtered("SELECT COUNT(*) FROM tokens", account, filter, now)
}

fn page_of(account: AccountId, filter: &TokenFilter, now: DateTime<Utc>, page: u32) -> QueryBuilder<Db> {
    let mut query = filtered(SELECT, account, filter, now);
    query.push(match filter.sort {
        Sort::Created => " ORDER BY created_at DESC, id DESC",
        Sort::Name => " ORDER BY name_folded, id",
        Sort::LastUsed => " ORDER BY last_used_at DESC NULLS LAST, id DESC",
    });
    query.push(" LIMIT ").push_bind(i64::from(PAGE_SIZE));
    query.push(" OFFSET ").push_bind(i64::from(page - 1) * i64::from(PAGE_SIZE));
    query
}

fn filtered(select: &str, account: AccountId, filter: &TokenFilter, now: DateTime<Utc>) -> QueryBuilder<Db> {
    let mut query = QueryBuilder::new(select);
    query.push(" WHERE deleted_at IS NULL AND account_id = ").push_bind(account.0);
    let name = folded(filter.name.trim());
    if !name.is_empty() {
        query.push(format_args!(" AND {POSITION}(name_folded, ")).push_bind(name).push(") > 0");
    }
    // The plus keeps the planner to the index of the order: sorting all that fit takes longer than skipping the rest.
    let created_at = if filter.sort == Sort::Created { " AND created_at" } else { " AND +created_at" };
    if let Some(from) = filter.created.and_then(|created| created.from(now)) {
        query.push(created_at).push(" >= ").push_bind(micros(from));
    }
    if let Some(before) = filter.created.and_then(|created| created.before(now)) {
        query.push(created_at).push(" < ").push_bind(micros(before));
    }
    if let Some(state) = filter.state {
        query.push(" AND state = ").push_bind(state.as_str());
    }
    query
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, ServerKey};
    use domain::filter::CreatedOn;
    use domain::token::TokenState;
    use sqlx::{AssertSqlSafe, Row, SqlStr};
    use uuid::Uuid;

    async fn plan(store: &Store, query: SqlStr) -> String {
        let rows = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", query.as_str())));
        let rows = rows.fetch_all(&store.pools().read).await.unwrap();
        rows.iter().map(|row| row.get::<String, _>("detail") + "\n").collect()
    }

    #[tokio::test]
    async fn every_order_is_read_from_its_index_and_never_sorted() {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("plan.db").display());
        let store = Store::open(&url, ServerKey::from_bytes([1; 32]), Clock::system()).await.unwrap();
        let account = AccountId(Uuid::nil());
        let indexes = ["tokens_by_creation", "tokens_by_name", "tokens_by_use"];
        for (sort, index) in Sort::ALL.into_iter().zip(indexes) {
            let all = TokenFilter { sort, ..TokenFilter::default() };
            let recent = TokenFilter { created: Some(CreatedOn::Last7Days), ..all.clone() };
            let narrowed = TokenFilter { name: "x".to_owned(), state: Some(TokenState::Enabled), ..recent.clone() };
            for filter in [&all, &recent, &narrowed] {
                let plan = plan(&store, page_of(account, filter, Utc::now(), 1).sql()).await;
                assert!(plan.contains(&format!("INDEX {index} (account_id=?")), "{sort:?}: {plan}");
                assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN"), "{sort:?}: {plan}");
            }
        }
        for created in CreatedOn::ALL {
            let recent = TokenFilter { created: Some(created), ..TokenFilter::default() };
            for query in [count(account, &recent, Utc::now()), page_of(account, &recent, Utc::now(), 1)] {
                let plan = plan(&store, query.sql()).await;
                assert!(plan.contains("tokens_by_creation (account_id=? AND created_at"), "{created:?}: {plan}");
            }
        }
    }
}
