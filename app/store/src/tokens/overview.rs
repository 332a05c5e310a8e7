//! The numbers of an account's tokens by condition, and those with an open overlap.

use crate::account::security_policy;
use crate::db::database::Connection;
use crate::db::sql::{self, Dialect, QueryBuilder};
use crate::error::Error;
use crate::tokens::Tokens;
use crate::tokens::conditions::Conditions;
use crate::tokens::list::Wanted;
use crate::tokens::rows::{SELECT, StoredToken, TokenRow};
use crate::tokens::search::Search;
use chrono::{DateTime, Utc};
use domain::Refusal;
use domain::account::AccountId;
use domain::paging::Count;
use domain::tokens::condition::{Condition, OVERLAPS_MAX, TokenInOverlap, TokenOverview};
use domain::tokens::filter::{COUNTED, TokenFilter};
use domain::tokens::token::TokenState;

impl Tokens<'_> {
    /// Returns the numbers of the account's tokens: all, disabled, and in each condition, each counted up to
    /// [`COUNTED`]. They are those of the lists with the same filters. And those with an open overlap.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Error::Database`], [`Error::Corrupt`].
    pub async fn overview(self, account: AccountId) -> Result<TokenOverview, Error> {
        let mut tx = self.core.read().begin().await?; // so that all queries see the same state
        let api_access = sql::query_scalar::<bool>("SELECT api_access FROM accounts WHERE id = $1").bind(account);
        let api_access = api_access.fetch_optional(&mut *tx).await?.ok_or(Refusal::NotFound)?;
        let longest = security_policy::read(&mut tx, account).await?.0.token_lifetime;
        let conditions = Conditions { now: self.core.now(), account, longest };
        let counts = counts(conditions, &filters(), &mut tx).await?;
        let overlaps = overlaps(account, conditions.now, &mut tx).await?;
        let count = |place: usize| counts.get(place).copied().unwrap_or(Count::Exactly(0));
        let numbered = Condition::ALL.into_iter().zip(2..);
        Ok(TokenOverview {
            api_access,
            all: count(0),
            disabled: count(1),
            conditions: numbered.map(|(condition, place)| (condition, count(place))).collect(),
            overlaps,
        })
    }
}

/// Returns the filters whose tokens are counted, in the order of their numbers.
fn filters() -> Vec<TokenFilter> {
    let all = TokenFilter::default();
    let disabled = TokenFilter { state: Some(TokenState::Disabled), ..TokenFilter::default() };
    let within = |condition| TokenFilter { condition: Some(condition), ..TokenFilter::default() };
    [all, disabled].into_iter().chain(Condition::ALL.map(within)).collect()
}

/// Returns the numbers of tokens that match each filter, by one statement.
async fn counts(conditions: Conditions, filters: &[TokenFilter], on: &mut Connection) -> Result<Vec<Count>, Error> {
    let rows = query(conditions, filters, on).build_query_as::<(i64, i64)>().fetch_all(on).await?;
    Ok(rows.into_iter().map(|(_, found)| Count::up_to(COUNTED.into(), found.unsigned_abs())).collect())
}

/// Returns the statement that counts the tokens that match each filter.
fn query(conditions: Conditions, filters: &[TokenFilter], on: &Connection) -> QueryBuilder {
    let mut query = QueryBuilder::new("");
    for (place, filter) in filters.iter().enumerate() {
        let before = if place == 0 { "" } else { " UNION ALL " };
        query.push(format_args!("{before}SELECT CAST({place} AS BIGINT), COUNT(*) FROM (SELECT 1 FROM tokens"));
        Wanted { dialect: on.dialect(), filter, search: Search::All, conditions }.narrow(&mut query, false);
        query.push(format_args!(" LIMIT {}) AS counted{place}", COUNTED + 1));
    }
    query.push(" ORDER BY 1");
    query
}

/// Returns the tokens whose old Auth Token may still pass.
async fn overlaps(account: AccountId, now: DateTime<Utc>, on: &mut Connection) -> Result<Vec<TokenInOverlap>, Error> {
    let rows: Vec<TokenRow> = in_overlap(on.dialect(), account, now).build_query_as().fetch_all(on).await?;
    let mut overlaps = Vec::new();
    for row in rows {
        let token = StoredToken::try_from(row)?.token;
        // The account's longest lifetime may have ended it earlier.
        let ends_at = token.values.open(now).map(|old| old.ends_at);
        overlaps.extend(ends_at.map(|ends_at| TokenInOverlap { token: token.id, name: token.settings.name, ends_at }));
    }
    Ok(overlaps)
}

fn in_overlap(dialect: Dialect, account: AccountId, now: DateTime<Utc>) -> QueryBuilder {
    let mut query = QueryBuilder::new(SELECT);
    query.push(match dialect {
        // Without statistics, SQLite would go through the account's tokens.
        Dialect::Sqlite => " INDEXED BY tokens_by_overlap",
        Dialect::Postgres => "",
    });
    query.push(" WHERE deleted_at IS NULL AND account_id = ").push_bind(account);
    query.push(" AND old_until IS NOT NULL AND old_until > ").push_bind(now);
    query.push(format_args!(" ORDER BY old_until, id LIMIT {OVERLAPS_MAX}"));
    query
}

#[cfg(test)]
mod with_services {
    use super::*;
    use crate::clock::Clock;
    use crate::db::plans::{plan, stores};
    use domain::tokens::expiry::Lifetime;
    use uuid::Uuid;

    #[tokio::test]
    async fn open_overlaps_are_read_from_their_index() {
        for store in stores().await {
            let dialect = store.core.pools().dialect();
            let query = in_overlap(dialect, AccountId(Uuid::nil()), Clock::system().now());
            let plan = plan(&store, query).await;
            assert!(dialect == Dialect::Postgres || plan.contains("tokens_by_overlap"), "{plan}");
            assert!(!plan.contains("SCAN tokens") && !plan.contains("Seq Scan on tokens"), "{plan}");
        }
    }

    #[tokio::test]
    async fn each_number_of_the_overview_is_read_from_an_index() {
        for store in stores().await {
            for longest in [None, Lifetime::try_from(90_u16).ok()] {
                let account = AccountId(Uuid::nil());
                let conditions = Conditions { now: Clock::system().now(), account, longest };
                let connection = store.core.pools().read.acquire().await.unwrap();
                let plan = plan(&store, query(conditions, &filters(), &connection)).await;
                assert!(!plan.contains("SCAN tokens") && !plan.contains("Seq Scan on tokens"), "{plan}");
                if connection.dialect() == Dialect::Sqlite {
                    for index in ["tokens_by_state", "tokens_by_contact", "tokens_by_use"] {
                        assert!(plan.contains(index), "{index}: {plan}");
                    }
                    assert_eq!(plan.contains("tokens_by_expiry"), longest.is_none(), "{plan}");
                }
            }
        }
    }
}
