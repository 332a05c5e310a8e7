//! Reading tokens: the list with its filters, orders and pages, and one token.

use crate::database::micros;
use crate::error::Error;
use crate::paging::Part;
use crate::search::{Search, TOKENS};
use crate::sql::{Dialect, QueryBuilder};
use crate::store::Store;
use crate::token_rows::{self, SELECT, StoredToken, TokenRow};
use chrono::{DateTime, Utc};
use domain::account::AccountId;
use domain::filter::{PAGE_SIZE, Sort, TokenFilter, TokenList, pages};
use domain::token::{Token, TokenId};

impl Store {
    /// One page of the account's tokens that fit the filter; the last page where the filter asks for one beyond.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn list(&self, account: AccountId, filter: &TokenFilter) -> Result<TokenList, Error> {
        let now = self.clock().now();
        let as_of = self.last_entry(account).await?;
        let mut tx = self.pools().read.begin().await?; // so that all queries see the same
        let search = Search::plan(&filter.name, &TOKENS, &mut tx).await?;
        let wanted = Wanted { dialect: tx.dialect(), account, filter, search, now };
        let total: i64 = wanted.count().build_query_scalar().fetch_one(&mut *tx).await?;
        let page = filter.page.clamp(1, pages(total.unsigned_abs()));
        let part = Part::of_page(page, PAGE_SIZE, total);
        let mut rows = wanted.part(part).build_query_as::<TokenRow>().fetch_all(&mut *tx).await?;
        if part.backwards {
            rows.reverse();
        }
        let tokens = rows.into_iter().map(|row| StoredToken::try_from(row).map(|stored| stored.token));
        Ok(TokenList { tokens: tokens.collect::<Result<_, _>>()?, total: total.unsigned_abs(), page, as_of })
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

/// What is asked for.
struct Wanted<'f> {
    dialect: Dialect,
    account: AccountId,
    filter: &'f TokenFilter,
    search: Search,
    now: DateTime<Utc>,
}

impl Wanted<'_> {
    fn count(&self) -> QueryBuilder {
        self.filtered("SELECT COUNT(*) FROM tokens".to_owned())
    }

    fn part(&self, part: Part) -> QueryBuilder {
        let order = match (self.filter.sort, part.backwards) {
            (Sort::Created, false) => " ORDER BY created_at DESC, id DESC",
            (Sort::Created, true) => " ORDER BY created_at, id",
            (Sort::Name, false) => " ORDER BY name_folded, id",
            (Sort::Name, true) => " ORDER BY name_folded DESC, id DESC",
            (Sort::LastUsed, false) => " ORDER BY last_used_at DESC NULLS LAST, id DESC",
            (Sort::LastUsed, true) => " ORDER BY last_used_at NULLS FIRST, id",
        };
        part.of(self.dialect, SELECT, "tokens", order, |select| self.filtered(select))
    }

    fn filtered(&self, select: String) -> QueryBuilder {
        let Self { dialect, account, filter, search, now } = self;
        let mut query = QueryBuilder::new(select);
        query.push(" WHERE deleted_at IS NULL AND ").push(search.account_is(*dialect)).push_bind(account.0);
        search.push(&TOKENS, *dialect, &mut query);
        // The plus keeps SQLite to the index of the order: sorting all that fit takes longer than skipping the rest.
        let plain = filter.sort == Sort::Created || *dialect == Dialect::Postgres;
        let created_at = if plain { " AND created_at" } else { " AND +created_at" };
        if let Some(from) = filter.created.and_then(|created| created.from(*now)) {
            query.push(created_at).push(" >= ").push_bind(micros(from));
        }
        if let Some(before) = filter.created.and_then(|created| created.before(*now)) {
            query.push(created_at).push(" < ").push_bind(micros(before));
        }
        if let Some(state) = filter.state {
            query.push(" AND state = ").push_bind(state.as_str());
        }
        query
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::{plan, stores};
    use domain::filter::CreatedOn;
    use domain::token::TokenState;
    use uuid::Uuid;

    #[tokio::test]
    async fn every_order_is_read_from_its_index_and_never_sorted() {
        for store in stores().await {
            let dialect = store.pools().dialect();
            let account = AccountId(Uuid::nil());
            let indexes = ["tokens_by_creation", "tokens_by_name", "tokens_by_use"];
            for (sort, index) in Sort::ALL.into_iter().zip(indexes) {
                let all = TokenFilter { sort, ..TokenFilter::default() };
                let recent = TokenFilter { created: Some(CreatedOn::Last7Days), ..all.clone() };
                let narrowed = TokenFilter { state: Some(TokenState::Enabled), ..recent.clone() };
                for (filter, search) in
                    [(&all, Search::All), (&recent, Search::All), (&narrowed, Search::Each("x".to_owned()))]
                {
                    for (page, pages) in [(1, 3), (3, 3)] {
                        let wanted = Wanted { dialect, account, filter, search: search.clone(), now: Utc::now() };
                        let part = Part::of_page(page, PAGE_SIZE, i64::from(pages * PAGE_SIZE));
                        let plan = plan(&store, wanted.part(part)).await;
                        // PostgreSQL knows that few are recent, and takes those.
                        let recent = dialect == Dialect::Postgres && plan.contains("created_at >= ");
                        assert!(plan.contains(index) || recent, "{sort:?}: {plan}");
                        assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN tokens"), "{sort:?}: {plan}");
                        assert!(!plan.contains("Seq Scan on tokens"), "{sort:?}: {plan}");
                    }
                }
            }
            for created in CreatedOn::ALL {
                let filter = &TokenFilter { created: Some(created), ..TokenFilter::default() };
                let wanted = Wanted { dialect, account, filter, search: Search::All, now: Utc::now() };
                for query in [wanted.count(), wanted.part(Part::of_page(1, PAGE_SIZE, 1))] {
                    let plan = plan(&store, query).await;
                    let sqlite = plan.contains("tokens_by_creation (account_id=? AND created_at");
                    // Where most fit, PostgreSQL may take another index of the account's.
                    let postgres = plan.contains("Index Cond: ") && !plan.contains("Seq Scan on tokens");
                    assert!(sqlite || postgres, "{created:?}: {plan}");
                }
            }
        }
    }

    #[tokio::test]
    async fn a_rare_part_of_a_name_is_found_by_the_index_of_trigrams() {
        for store in stores().await {
            let dialect = store.pools().dialect();
            let search = Search::Indexed("rare".to_owned());
            let filter = &TokenFilter::default();
            let wanted = Wanted { dialect, account: AccountId(Uuid::nil()), filter, search, now: Utc::now() };
            for query in [wanted.count(), wanted.part(Part::of_page(1, PAGE_SIZE, 1))] {
                let plan = plan(&store, query).await;
                let sqlite = plan.contains("SEARCH tokens USING INDEX sqlite_autoindex_tokens_1 (id=?)");
                assert!(sqlite || plan.contains("Bitmap Index Scan on tokens_by_part_of_name"), "{plan}");
            }
        }
    }
}
