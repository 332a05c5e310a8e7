//! Reading tokens: the list with its filters, orders and pages, and one token.

use crate::account::security_policy;
use crate::audit::AuditTrail;
use crate::db::database::Connection;
use crate::db::paging::{self, Key, List, Numbered, Order};
use crate::db::sql::{Dialect, QueryBuilder, Value};
use crate::error::Error;
use crate::tokens::Tokens;
use crate::tokens::conditions::Conditions;
use crate::tokens::rows::{self, SELECT, StoredToken, TokenRow};
use crate::tokens::search::{Search, TOKENS};
use domain::Refusal;
use domain::account::AccountId;
use domain::paging::Cursor;
use domain::tokens::filter::{COUNTED, PAGE_SIZE, Sort, SortValue, TokenFilter, TokenKey, TokenList};
use domain::tokens::token::{Token, TokenId};

impl Tokens<'_> {
    /// Returns the page of the account's tokens that the filter asks for, without their calls.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn list(self, account: AccountId, filter: &TokenFilter) -> Result<TokenList, Error> {
        let as_of = AuditTrail { core: self.core }.last_entry(account).await?;
        let mut tx = self.core.read().begin().await?; // so that all queries see the same state
        let wanted = self.wanted(account, filter, &mut tx).await?;
        let (rows, position) = paging::page(&wanted, &filter.place, &mut tx).await?;
        Ok(TokenList { tokens: tokens(rows)?, sparklines: Vec::new(), position, as_of })
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
        // Along the order, so few would be as far apart as they are rare.
        let along_order = filter.condition.is_none() || total.unsigned_abs() > wanted.few();
        let mut rows = page.query(&wanted, along_order).build_query_as::<TokenRow>().fetch_all(&mut *tx).await?;
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
        let longest = match filter.condition {
            Some(_) => security_policy::read(on, account).await?.0.token_lifetime,
            None => None,
        };
        let conditions = Conditions { now: self.core.now(), account, longest };
        Ok(Wanted { dialect: on.dialect(), filter, search, conditions })
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
pub(crate) struct Wanted<'f> {
    pub(crate) dialect: Dialect,
    pub(crate) filter: &'f TokenFilter,
    pub(crate) search: Search,
    pub(crate) conditions: Conditions,
}

impl Wanted<'_> {
    fn count(&self) -> QueryBuilder {
        self.filtered("SELECT COUNT(*) FROM tokens".to_owned(), false)
    }

    /// Returns the index to which `SQLite`, which has no statistics, is kept where a state, a condition or a contact
    /// would lead it to another one. `None` if it is to choose.
    fn index(&self, along_order: bool) -> Option<&'static str> {
        let Self { filter, search, conditions, .. } = self;
        let unnarrowed = filter.state.is_none() && filter.condition.is_none();
        let undecided = unnarrowed && (along_order || *search == Search::All);
        if undecided || self.dialect != Dialect::Sqlite || search.is_indexed() {
            return None;
        }
        Some(match filter.condition {
            _ if along_order => match filter.sort {
                Sort::Created => "tokens_by_creation",
                Sort::Name => "tokens_by_name",
                Sort::LastUsed => "tokens_by_use",
            },
            Some(condition) => conditions.index(condition),
            None if *search == Search::All && filter.created.is_none() => "tokens_by_state",
            // It holds names and times of creation, too.
            None => "tokens_by_creation",
        })
    }

    /// Completes a query that ends with the name of the table, so that it is for the matching rows. See
    /// [`List::filtered`].
    pub(crate) fn narrow(&self, query: &mut QueryBuilder, along_order: bool) {
        let Self { dialect, filter, search, conditions } = self;
        let Conditions { now, account, .. } = *conditions;
        if let Some(index) = self.index(along_order) {
            query.push(" INDEXED BY ").push(index);
        }
        query.push(" WHERE deleted_at IS NULL AND ").push(search.account_is(*dialect)).push_bind(account);
        search.push(&TOKENS, *dialect, query);
        // The plus keeps SQLite to the index of the order: sorting all matches takes longer than passing over the rest.
        let elsewhere = along_order && filter.sort != Sort::Created && *dialect == Dialect::Sqlite;
        let created_at = if elsewhere { " AND +created_at" } else { " AND created_at" };
        if let Some(from) = filter.created.and_then(|created| created.from(now)) {
            query.push(created_at).push(" >= ").push_bind(from);
        }
        if let Some(before) = filter.created.and_then(|created| created.before(now)) {
            query.push(created_at).push(" < ").push_bind(before);
        }
        if let Some(state) = filter.state {
            query.push(" AND state = ").push_bind(state.as_str());
        }
        if let Some(condition) = filter.condition {
            conditions.push(condition, query);
        }
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
        self.filter.created.is_some_and(|created| created.from(self.conditions.now).is_some())
    }

    fn order(&self) -> Order {
        match self.filter.sort {
            Sort::Created => Order { value: "created_at", tie: "id", descending: true, nullable: false },
            Sort::Name => Order { value: "name_folded", tie: "id", descending: false, nullable: false },
            Sort::LastUsed => Order { value: "last_used_at", tie: "id", descending: true, nullable: true },
        }
    }

    fn few(&self) -> u64 {
        // The orders' indexes do not hold what conditions ask.
        if self.filter.condition.is_some() { COUNTED.into() } else { 2 * u64::from(PAGE_SIZE) }
    }

    fn filtered(&self, head: String, along_order: bool) -> QueryBuilder {
        let mut query = QueryBuilder::new(head);
        self.narrow(&mut query, along_order);
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

    fn wanted(dialect: Dialect, filter: &TokenFilter, search: Search) -> Wanted<'_> {
        let conditions = Conditions { now: Clock::system().now(), account: AccountId(Uuid::nil()), longest: None };
        Wanted { dialect, filter, search, conditions }
    }

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
            let indexes = ["tokens_by_creation", "tokens_by_name", "tokens_by_use"];
            for (sort, index) in Sort::ALL.into_iter().zip(indexes) {
                let all = TokenFilter { sort, ..TokenFilter::default() };
                let recent = TokenFilter { created: Some(CreatedOn::Last7Days), ..all.clone() };
                let narrowed = TokenFilter { state: Some(TokenState::Enabled), ..recent.clone() };
                for (filter, search) in
                    [(&all, Search::All), (&recent, Search::All), (&narrowed, Search::Each("x".to_owned()))]
                {
                    let wanted = wanted(dialect, filter, search);
                    let keys = keys(sort).into_iter().map(Some).chain([None]);
                    let sides =
                        keys.flat_map(|key| [true, false].map(|backwards| Side { key: key.clone(), backwards }));
                    let queries = sides.flat_map(|side| side.rows_queries(&wanted, true));
                    let numbered = Numbered::new(2, PAGE_SIZE, 1_000).unwrap();
                    let numbered = [numbered, numbered.reversed()].map(|page| page.query(&wanted, true));
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
                let wanted = wanted(dialect, filter, Search::All);
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
                let wanted = wanted(dialect, filter, Search::All);
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
                let wanted = wanted(dialect, filter, search.clone());
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
