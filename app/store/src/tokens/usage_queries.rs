//! The queries for the use of tokens. Each finds its rows by an index.

use crate::clock::latest;
use crate::db::sql::{Dialect, QueryBuilder};
use chrono::{DateTime, Utc};
use domain::account::AccountId;
use domain::tokens::token::TokenId;
use domain::tokens::usage::{FAILING_FOR, FAILING_MAX, LISTED_MAX, RefusedFor};

/// First and last day, both included, as `day_number` counts them.
pub(crate) type Days = (i64, i64);

/// Appends the condition that rows are of this token of the account, and of these days.
fn of_token(mut query: QueryBuilder, account: AccountId, token: TokenId, (from, to): Days) -> QueryBuilder {
    query.push(" WHERE account_id = ").push_bind(account).push(" AND token_id = ").push_bind(token);
    query.push(" AND day >= ").push_bind(from).push(" AND day <= ").push_bind(to);
    query
}

pub(crate) fn days_of(dialect: Dialect, account: AccountId, token: TokenId, days: Days) -> QueryBuilder {
    let mut select = QueryBuilder::new("SELECT day, scope, status, version, calls FROM calls_by_day");
    select.push(index_of_tokens(dialect));
    of_token(select, account, token, days)
}

/// Returns the words that keep `SQLite`, which has no statistics, to the index of the days of one token.
pub(crate) const fn index_of_tokens(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => " INDEXED BY calls_by_day_of_tokens",
        Dialect::Postgres => "",
    }
}

pub(crate) fn hours_of(account: AccountId, token: TokenId, days: Days) -> QueryBuilder {
    of_token(QueryBuilder::new("SELECT day, hours FROM calls_by_hour"), account, token, days)
}

pub(crate) fn address_spans(account: AccountId, token: TokenId, days: Days) -> QueryBuilder {
    let select = QueryBuilder::new(
        "SELECT address, value, CAST(SUM(calls) AS BIGINT), CAST(SUM(failures) AS BIGINT), MIN(first_at), MAX(last_at)
         FROM calls_by_address",
    );
    let mut query = of_token(select, account, token, days);
    query.push(" GROUP BY address, value");
    query
}

pub(crate) fn client_spans(account: AccountId, token: TokenId, days: Days) -> QueryBuilder {
    let select = QueryBuilder::new(
        "SELECT client, CAST(0 AS BIGINT), CAST(SUM(calls) AS BIGINT), CAST(SUM(failures) AS BIGINT), MIN(first_at),
            MAX(last_at)
         FROM calls_by_client",
    );
    let mut query = of_token(select, account, token, days);
    query.push(" GROUP BY client");
    query
}

pub(crate) fn refused_spans(account: AccountId, token: TokenId, days: Days) -> QueryBuilder {
    let select = QueryBuilder::new(
        "SELECT reason, address, CAST(SUM(calls) AS BIGINT), MIN(first_at), MAX(last_at) FROM refused_calls",
    );
    let mut query = of_token(select, account, token, days);
    query.push(format_args!(" GROUP BY reason, address ORDER BY 5 DESC, 1, 2 LIMIT {LISTED_MAX}"));
    query
}

/// Narrows a query to refused calls that count nowhere else.
fn push_no_calls(query: &mut QueryBuilder) {
    let reasons = RefusedFor::ALL.into_iter().filter(|reason| reason.is_no_call());
    query.push(" AND reason IN (").push_list(reasons.map(RefusedFor::as_str)).push(")");
}

pub(crate) fn refused_days(account: AccountId, token: TokenId, days: Days) -> QueryBuilder {
    let select = QueryBuilder::new("SELECT day, CAST(SUM(calls) AS BIGINT) FROM refused_calls");
    let mut query = of_token(select, account, token, days);
    push_no_calls(&mut query);
    query.push(" GROUP BY day");
    query
}

/// Returns the query for the calls, failures and refused calls of these tokens by day. A day may come twice.
pub(crate) fn sparklines(dialect: Dialect, account: AccountId, tokens: &[TokenId], (from, to): Days) -> QueryBuilder {
    let narrow = |query: &mut QueryBuilder| {
        query.push(" WHERE account_id = ").push_bind(account).push(" AND token_id IN (");
        query.push_list(tokens.iter().copied()).push(") AND day >= ").push_bind(from);
        query.push(" AND day <= ").push_bind(to);
    };
    let mut query = QueryBuilder::new(
        "SELECT token_id, day, CAST(SUM(calls) AS BIGINT),
            CAST(SUM(CASE WHEN status >= 400 THEN calls ELSE 0 END) AS BIGINT), CAST(0 AS BIGINT)
         FROM calls_by_day",
    );
    query.push(index_of_tokens(dialect));
    narrow(&mut query);
    query.push(
        " GROUP BY token_id, day UNION ALL
         SELECT token_id, day, CAST(0 AS BIGINT), CAST(0 AS BIGINT), CAST(SUM(calls) AS BIGINT) FROM refused_calls",
    );
    narrow(&mut query);
    push_no_calls(&mut query);
    query.push(" GROUP BY token_id, day");
    query
}

pub(crate) fn account_days(account: AccountId, (from, to): Days) -> QueryBuilder {
    let mut query =
        QueryBuilder::new("SELECT day, calls, failures, refused FROM calls_of_accounts WHERE account_id = ");
    query.push_bind(account).push(" AND day >= ").push_bind(from).push(" AND day <= ").push_bind(to);
    query
}

/// Returns the query for the tokens whose last call failed, within [`FAILING_FOR`].
pub(crate) fn failing(account: AccountId, now: DateTime<Utc>) -> QueryBuilder {
    let mut query = QueryBuilder::new(
        "SELECT id, name, sid, failing_since, last_failed_at FROM tokens WHERE deleted_at IS NULL AND account_id = ",
    );
    query.push_bind(account).push(" AND last_failed_at >= ").push_bind(now - FAILING_FOR);
    query.push(" AND last_failed_at <= ").push_bind(latest(now));
    query.push(" AND failing_since IS NOT NULL AND (last_used_at IS NULL OR last_used_at < last_failed_at)");
    query.push(format_args!(" ORDER BY last_failed_at DESC LIMIT {FAILING_MAX}"));
    query
}

#[cfg(test)]
mod with_services {
    use super::*;
    use crate::clock::Clock;
    use crate::db::plans::{plan, stores};
    use domain::tokens::usage::SPARKLINES_MAX;
    use uuid::Uuid;

    #[tokio::test]
    async fn each_summary_is_read_from_an_index() {
        for store in stores().await {
            let dialect = store.core.pools().dialect();
            let (account, token, days) = (AccountId(Uuid::nil()), TokenId(Uuid::nil()), (100, 130));
            let queries = [
                ("calls_by_day", days_of(dialect, account, token, days)),
                ("calls_by_day", sparklines(dialect, account, &[token; SPARKLINES_MAX], days)),
                ("calls_by_hour", hours_of(account, token, days)),
                ("calls_by_address", address_spans(account, token, days)),
                ("calls_by_client", client_spans(account, token, days)),
                ("refused_calls", refused_spans(account, token, days)),
                ("refused_calls", refused_days(account, token, days)),
                ("calls_of_accounts", account_days(account, days)),
                ("tokens", failing(account, Clock::system().now())),
            ];
            for (table, query) in queries {
                let plan = plan(&store, query).await;
                for table in [table, "refused_calls"] {
                    let scanned =
                        plan.contains(&format!("SCAN {table}")) || plan.contains(&format!("Seq Scan on {table} "));
                    assert!(!scanned, "{plan}");
                }
                if dialect == Dialect::Sqlite {
                    assert!(plan.contains(&format!("SEARCH {table} USING")), "{plan}");
                }
            }
        }
    }

    #[tokio::test]
    async fn days_of_a_token_are_read_from_the_index_alone() {
        let [sqlite, _] = stores().await;
        let (account, token, days) = (AccountId(Uuid::nil()), TokenId(Uuid::nil()), (100, 130));
        let tokens = [token; SPARKLINES_MAX];
        let queries =
            [days_of(Dialect::Sqlite, account, token, days), sparklines(Dialect::Sqlite, account, &tokens, days)];
        for query in queries {
            let plan = plan(&sqlite, query).await;
            assert!(plan.contains("USING COVERING INDEX calls_by_day_of_tokens"), "{plan}");
        }
        let plan = plan(&sqlite, failing(account, Clock::system().now())).await;
        assert!(plan.contains("tokens_by_failure") && !plan.contains("TEMP B-TREE"), "{plan}");
    }
}
