//! The numbers of an account's tokens by condition.

use crate::account::security_policy;
use crate::db::database::Connection;
use crate::db::sql::{self, QueryBuilder};
use crate::error::Error;
use crate::tokens::Tokens;
use crate::tokens::conditions::Conditions;
use crate::tokens::list::Wanted;
use crate::tokens::search::Search;
use domain::Refusal;
use domain::account::AccountId;
use domain::paging::Count;
use domain::tokens::condition::{Condition, TokenOverview};
use domain::tokens::filter::{COUNTED, TokenFilter};
use domain::tokens::token::TokenState;

impl Tokens<'_> {
    /// Returns the numbers of the account's tokens: all, disabled, and in each condition, each counted up to
    /// [`COUNTED`]. They are those of the lists with the same filters.
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
        let count = |place: usize| counts.get(place).copied().unwrap_or(Count::Exactly(0));
        let numbered = Condition::ALL.into_iter().zip(2..);
        Ok(TokenOverview {
            api_access,
            all: count(0),
            disabled: count(1),
            conditions: numbered.map(|(condition, place)| (condition, count(place))).collect(),
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

#[cfg(test)]
mod with_services {
    use super::*;
    use crate::clock::Clock;
    use crate::db::plans::{plan, stores};
    use crate::db::sql::Dialect;
    use domain::tokens::expiry::Lifetime;
    use uuid::Uuid;

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
