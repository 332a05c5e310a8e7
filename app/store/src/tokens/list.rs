//! Reading tokens: the list with its filters, orders and pages, and one token.

use crate::audit::AuditTrail;
use crate::db::database::Connection;
use crate::db::paging::{self, Key, List, Numbered, Order};
use crate::db::sql::{Dialect, QueryBuilder, Value};
use crate::error::Error;
use crate::tokens::Tokens;
use crate::tokens::rows::{self, SELECT, StoredToken, TokenRow};
use crate::tokens::search::{Search, TOKENS};
use chrono::{DateTime, Utc};
use domain::Refusal;
use domain::account::AccountId;
use domain::paging::Cursor;
use domain::tokens::filter::{COUNTED, PAGE_SIZE, Sort, SortValue, TokenFilter, TokenKey, TokenList};
use domain::tokens::token::{Token, TokenId};

impl Tokens<'_> {
    /// Returns the page of the account's tokens that the filter asks for.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn list(self, account: AccountId, filter: &TokenFilter) -> Result<TokenList, Error> {
        let as_of = AuditTrail { core: self.core }.last_entry(account).await?;
        let mut tx = self.core.read().begin().await?; // so that all queries see the same state
        let wanted = self.wanted(account, filter, &mut tx).await?;
        let (rows, position) = paging::page(&wanted, &filter.place, &mut tx).await?;
        Ok(TokenList { tokens: tokens(rows)?, position, as_of })
    }

    /// Returns the page with this number, from 1, of pages of this size, of the account's tokens that match the filter,
    /// whatever its own place; and the number of all that match. Pages beyond the last one are empty.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn numbered_page(
        self,
        account: AccountId,
        filter: &TokenFilter,
        number: u32,
        size: u32,
    ) -> Result<(Vec<Token>, u64), Error> {
        self.page_by_number(account, filter, (number, size), false).await
    }

    /// Returns a page as [`Tokens::numbered_page`] does, in the order of creation, oldest first: a new token moves none
    /// of those on the pages before it.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn oldest_first_page(
        self,
        account: AccountId,
        filter: &TokenFilter,
        number: u32,
        size: u32,
    ) -> Result<(Vec<Token>, u64), Error> {
        let by_creation = TokenFilter { sort: Sort::Created, ..filter.clone() };
        self.page_by_number(account, &by_creation, (number, size), true).await
    }

    /// Returns the page with this number and size, counted from the end of the filter's order if `reversed`.
    async fn page_by_number(
        self,
        account: AccountId,
        filter: &TokenFilter,
        (number, size): (u32, u32),
        reversed: bool,
    ) -> Result<(Vec<Token>, u64), Error> {
        let mut tx = self.core.read().begin().await?;
        let wanted = self.wanted(account, filter, &mut tx).await?;
        let total: i64 = wanted.count().build_query_scalar().fetch_one(&mut *tx).await?;
        let Some(page) = Numbered::new(number, size, total) else {
            return Ok((Vec::new(), total.unsigned_abs()));
        };
        let from_other_end = page.backwards;
        let page = if reversed { page.reversed() } else { page };
        let mut rows = page.query(&wanted).build_query_as::<TokenRow>().fetch_all(&mut *tx).await?;
        if from_other_end {
            rows.reverse();
        }
        Ok((tokens(rows)?, total.unsigned_abs()))
    }

    async fn wanted<'f>(
        self,
        account: AccountId,
        filter: &'f TokenFilter,
        on: &mut Connection,
    ) -> Result<Wanted<'f>, Error> {
        let search = Search::of_tokens(account, &filter.name, on).await?;
        Ok(Wanted { dialect: on.dialect(), account, filter, search, now: self.core.now() })
    }

    /// Returns the account's token with this id.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Error::Database`], [`Error::Corrupt`].
    pub async fn get(self, account: AccountId, id: TokenId) -> Result<Token, Error> {
        let mut connection = self.core.read().acquire().await?;
        let found = rows::find(&mut connection, account, id).await?;
        if found.deleted_at.is_none() { Ok(found.token) } else { Err(Refusal::NotFound.into()) }
    }
}

fn tokens(rows: Vec<TokenRow>) -> Result<Vec<Token>, Error> {
    rows.into_iter().map(|row| StoredToken::try_from(row).map(|stored| stored.token)).collect()
}

/// The wanted tokens of one account.
struct Wanted<'f> {
    dialect: Dialect,
    account: AccountId,
    filter: &'f TokenFilter,
    search: Search,
    now: DateTime<Utc>,
}

impl Wanted<'_> {
    fn count(&self) -> QueryBuilder {
        self.filtered("SELECT COUNT(*) FROM tokens".to_owned(), false)
    }
}

impl List for Wanted<'_> {
    type Row = TokenRow;
    const SELECT: &'static str = SELECT;
    const TABLE: &'static str = "tokens";
    const SIZE: u32 = PAGE_SIZE;
    const COUNTED: u32 = COUNTED;

    fn dialect(&self) -> Dialect {
        self.dialect
    }

    fn lies_together(&self) -> bool {
        self.filter.created.is_some_and(|created| created.from(self.now).is_some())
    }

    fn order(&self) -> Order {
        match self.filter.sort {
            Sort::Created => Order { value: "created_at", tie: "id", descending: true, nullable: false },
            Sort::Name => Order { value: "name_folded", tie: "id", descending: false, nullable: false },
            Sort::LastUsed => Order { value: "last_used_at", tie: "id", descending: true, nullable: true },
        }
    }

    fn filtered(&self, head: String, along_order: bool) -> QueryBuilder {
        let Self { dialect, account, filter, search, now } = self;
        let mut query = QueryBuilder::new(head);
        query.push(" WHERE deleted_at IS NULL AND ").push(search.account_is(*dialect)).push_bind(*account);
        search.push(&TOKENS, *dialect, &mut query);
        // The plus keeps SQLite to the index of the order: sorting all matches takes longer than passing over the rest.
        let elsewhere = along_order && filter.sort != Sort::Created && *dialect == Dialect::Sqlite;
        let created_at = if elsewhere { " AND +created_at" } else { " AND created_at" };
        if let Some(from) = filter.created.and_then(|created| created.from(*now)) {
            query.push(created_at).push(" >= ").push_bind(from);
        }
        if let Some(before) = filter.created.and_then(|created| created.before(*now)) {
            query.push(created_at).push(" < ").push_bind(before);
        }
        if let Some(state) = filter.state {
            query.push(" AND state = ").push_bind(state.as_str());
        }
        query
    }

    fn key(&self, cursor: &Cursor) -> Option<Key> {
        let TokenKey { value, id } = TokenKey::read(self.filter.sort, cursor)?;
        let value = match value {
            SortValue::Time(micros) => Some(Value::Integer(Some(micros))),
            SortValue::Never => None,
            SortValue::Name(name) => Some(Value::Text(Some(name))),
        };
        Some(Key { value, tie: Value::Uuid(Some(id.0)) })
    }

    fn cursor(&self, row: &TokenRow) -> Cursor {
        row.key(self.filter.sort).cursor()
    }
}

#[cfg(test)]
mod with_services {
    use super::*;
    use crate::clock::Clock;
    use crate::db::paging::Side;
    use crate::db::plans::{plan, stores};
    use domain::tokens::filter::CreatedOn;
    use domain::tokens::token::TokenState;
    use uuid::Uuid;

    /// Returns keys from the middle of this order.
    fn keys(sort: Sort) -> Vec<Key> {
        let values = match sort {
            Sort::Created => vec![Some(Value::Integer(Some(10_000)))],
            Sort::Name => vec![Some(Value::Text(Some("token 5".to_owned())))],
            Sort::LastUsed => vec![Some(Value::Integer(Some(10_000))), None],
        };
        let tie = Value::Uuid(Some(Uuid::from_u128(u128::MAX / 2)));
        values.into_iter().map(|value| Key { value, tie: tie.clone() }).collect()
    }

    #[tokio::test]
    async fn list_page_is_read_from_its_index_without_sorting() {
        for store in stores().await {
            let dialect = store.core.pools().dialect();
            let account = AccountId(Uuid::nil());
            let indexes = ["tokens_by_creation", "tokens_by_name", "tokens_by_use"];
            for (sort, index) in Sort::ALL.into_iter().zip(indexes) {
                let all = TokenFilter { sort, ..TokenFilter::default() };
                let recent = TokenFilter { created: Some(CreatedOn::Last7Days), ..all.clone() };
                let narrowed = TokenFilter { state: Some(TokenState::Enabled), ..recent.clone() };
                for (filter, search) in
                    [(&all, Search::All), (&recent, Search::All), (&narrowed, Search::Each("x".to_owned()))]
                {
                    let wanted = Wanted { dialect, account, filter, search, now: Clock::system().now() };
                    let keys = keys(sort).into_iter().map(Some).chain([None]);
                    let sides =
                        keys.flat_map(|key| [true, false].map(|backwards| Side { key: key.clone(), backwards }));
                    let queries = sides.flat_map(|side| side.rows_queries(&wanted, true));
                    let numbered = Numbered::new(2, PAGE_SIZE, 1_000).unwrap();
                    let numbered = [numbered, numbered.reversed()].map(|page| page.query(&wanted));
                    for query in queries.chain(numbered) {
                        let plan = plan(&store, query).await;
                        // PostgreSQL knows that few are recent, and reads those.
                        let recent = dialect == Dialect::Postgres && plan.contains("created_at >= ");
                        assert!(plan.contains(index) || recent, "{sort:?}: {plan}");
                        assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN tokens"), "{sort:?}: {plan}");
                        assert!(!plan.contains("Seq Scan on tokens"), "{sort:?}: {plan}");
                    }
                }
            }
        }
    }

    #[tokio::test]
    async fn a_page_is_entered_at_its_key_and_no_row_before_it_is_read() {
        for store in stores().await {
            let dialect = store.core.pools().dialect();
            for sort in Sort::ALL {
                let filter = &TokenFilter { sort, ..TokenFilter::default() };
                let account = AccountId(Uuid::nil());
                let wanted = Wanted { dialect, account, filter, search: Search::All, now: Clock::system().now() };
                let Order { value, .. } = wanted.order();
                for (key, backwards) in keys(sort).into_iter().flat_map(|key| [(key.clone(), true), (key, false)]) {
                    let entered = match (dialect, &key.value) {
                        (Dialect::Sqlite, Some(_)) => format!("({value},id)"),
                        (Dialect::Sqlite, None) => format!("{value}=? AND id"),
                        (Dialect::Postgres, Some(_)) => format!("(ROW({value}, id)"),
                        (Dialect::Postgres, None) => format!("({value} IS NULL) AND (id "),
                    };
                    let side = Side { key: Some(key), backwards };
                    // In so small an account, PostgreSQL may count in any way.
                    let count = side.count_queries(&wanted, COUNTED, true).into_iter().take(1);
                    let count = count.filter(|_| dialect == Dialect::Sqlite);
                    for query in side.rows_queries(&wanted, true).into_iter().take(1).chain(count) {
                        let plan = plan(&store, query).await;
                        let entered = plan.lines().any(|line| {
                            let index = line.contains("USING") || line.contains("Index Cond: ");
                            index && line.contains(&entered)
                        });
                        assert!(entered, "{sort:?}, backwards {backwards}: {plan}");
                    }
                }
            }
        }
    }

    #[tokio::test]
    async fn count_by_creation_uses_its_index_in_any_order() {
        for store in stores().await {
            let dialect = store.core.pools().dialect();
            for (created, sort) in CreatedOn::ALL.into_iter().zip(Sort::ALL) {
                let filter = &TokenFilter { created: Some(created), sort, ..TokenFilter::default() };
                let account = AccountId(Uuid::nil());
                let wanted = Wanted { dialect, account, filter, search: Search::All, now: Clock::system().now() };
                for query in Side::ALL.count_queries(&wanted, COUNTED, false).into_iter().chain([wanted.count()]) {
                    let plan = plan(&store, query).await;
                    let sqlite = plan.contains("tokens_by_creation (account_id=? AND created_at");
                    // If most match, PostgreSQL may use another index of the account's.
                    let postgres = plan.contains("Index Cond: ") && !plan.contains("Seq Scan on tokens");
                    assert!(sqlite || postgres, "{created:?}: {plan}");
                }
            }
        }
    }

    #[tokio::test]
    async fn a_rare_part_of_a_name_is_found_by_the_index_of_trigrams() {
        for store in stores().await {
            let dialect = store.core.pools().dialect();
            let search = Search::Indexed("rare".to_owned());
            for sort in Sort::ALL {
                let filter = &TokenFilter { sort, ..TokenFilter::default() };
                let account = AccountId(Uuid::nil());
                let wanted = Wanted { dialect, account, filter, search: search.clone(), now: Clock::system().now() };
                let side = Side { key: Some(keys(sort).remove(0)), backwards: false };
                let queries = [side.rows_queries(&wanted, true), side.count_queries(&wanted, COUNTED, false)];
                for query in queries.into_iter().flatten().chain([wanted.count()]) {
                    let plan = plan(&store, query).await;
                    let sqlite = plan.contains("SEARCH tokens USING INDEX sqlite_autoindex_tokens_1 (id=?)");
                    assert!(sqlite || plan.contains("Bitmap Index Scan on tokens_by_part_of_name"), "{plan}");
                }
            }
        }
    }
}
