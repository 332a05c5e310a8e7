//! Reading the audit trail by filter: a page of it, a token's history, an export.

use crate::audit_chain::hex;
use crate::error::Error;
use crate::sqlite::{Db, POSITION, micros, time};
use crate::store::Store;
use chrono::{DateTime, Utc};
use domain::account::AccountId;
use domain::text::folded;
use domain::token::TokenId;
use domain::trail::{ActionGroup, PAGE_SIZE, TrailFilter, pages};
use domain::user::{Person, UserId};
use serde_json::Value;
use sqlx::QueryBuilder;
use uuid::Uuid;

/// An entry of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number in the account's chain, from 1.
    pub sequence: i64,
    /// When it was done.
    pub at: DateTime<Utc>,
    /// The user who did it, by the name that they have now; nothing where it was no user.
    pub user: Option<Person>,
    /// The network address that it was done from, where that is known.
    pub address: Option<String>,
    /// What was done. An action that there no longer is is named too.
    pub action: String,
    /// The token that it was done to, or with.
    pub token: Option<TokenId>,
    /// That token's name now; nothing where it was deleted.
    pub token_name: Option<String>,
    /// More about it: an object.
    pub details: Value,
    /// Its hash, as 64 hexadecimal digits.
    pub hash: String,
}

#[derive(sqlx::FromRow)]
struct EntryRow {
    sequence: Option<i64>,
    at: i64,
    user_id: Option<Uuid>,
    user_name: Option<String>,
    user_email: Option<String>,
    address: Option<String>,
    action: String,
    token_id: Option<Uuid>,
    token_name: Option<String>,
    details: String,
    hash: Option<Vec<u8>>,
}

impl TryFrom<EntryRow> for AuditEntry {
    type Error = Error;

    fn try_from(row: EntryRow) -> Result<Self, Error> {
        let details = serde_json::from_str(&row.details);
        let person = |(id, (name, email))| Person { id: UserId(id), name, email };
        Ok(Self {
            // What somebody has inserted behind our back has none.
            sequence: row.sequence.unwrap_or_default(),
            at: time(row.at)?,
            user: row.user_id.zip(row.user_name.zip(row.user_email)).map(person),
            address: row.address,
            action: row.action,
            token: row.token_id.map(TokenId),
            token_name: row.token_name,
            details: details.map_err(|error| Error::Corrupt(format!("an audit event: {error}")))?,
            hash: hex(&row.hash.unwrap_or_default()),
        })
    }
}

impl Store {
    /// One page of the account's entries that fit the filter, newest first, how many fit in all, and which page it is:
    /// the last one where the filter asks for one beyond.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn audit_page(
        &self,
        account: AccountId,
        filter: &TrailFilter,
    ) -> Result<(Vec<AuditEntry>, u64, u32), Error> {
        let mut tx = self.pools().read.begin().await?; // so that both queries see the same
        let total: i64 = count(account, filter).build_query_scalar().fetch_one(&mut *tx).await?;
        let total = total.unsigned_abs();
        let page = filter.page.clamp(1, pages(total));
        let skipped = i64::from(page - 1) * i64::from(PAGE_SIZE);
        let rows: Vec<EntryRow> =
            newest(account, filter, PAGE_SIZE, skipped).build_query_as().fetch_all(&mut *tx).await?;
        Ok((rows.into_iter().map(AuditEntry::try_from).collect::<Result<_, _>>()?, total, page))
    }

    /// At most `limit` of the account's entries that fit the filter, whatever its page, newest first.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn audit_entries(
        &self,
        account: AccountId,
        filter: &TrailFilter,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, Error> {
        let rows: Vec<EntryRow> =
            newest(account, filter, limit, 0).build_query_as().fetch_all(&self.pools().read).await?;
        rows.into_iter().map(AuditEntry::try_from).collect()
    }
}

fn count(account: AccountId, filter: &TrailFilter) -> QueryBuilder<Db> {
    filtered("SELECT COUNT(*) FROM audit_events", account, filter)
}

fn newest(account: AccountId, filter: &TrailFilter, limit: u32, skipped: i64) -> QueryBuilder<Db> {
    let select = "
        SELECT sequence, at, user_id, address, action, token_id, details, hash,
            (SELECT users.name FROM users WHERE users.id = audit_events.user_id) AS user_name,
            (SELECT users.email FROM users WHERE users.id = audit_events.user_id) AS user_email,
            (SELECT tokens.name FROM tokens WHERE tokens.id = audit_events.token_id AND tokens.deleted_at IS NULL
                AND tokens.account_id = audit_events.account_id) AS token_name
        FROM audit_events";
    let mut query = filtered(select, account, filter);
    query.push(" ORDER BY at DESC, sequence DESC LIMIT ").push_bind(i64::from(limit));
    query.push(" OFFSET ").push_bind(skipped);
    query
}

fn filtered(select: &str, account: AccountId, filter: &TrailFilter) -> QueryBuilder<Db> {
    let mut query = QueryBuilder::new(select);
    query.push(" WHERE account_id = ").push_bind(account.0);
    if let Some(token) = filter.token {
        query.push(" AND token_id = ").push_bind(token.0);
    }
    if let Some(since) = filter.since() {
        query.push(" AND at >= ").push_bind(micros(since));
    }
    if let Some(before) = filter.before() {
        query.push(" AND at < ").push_bind(micros(before));
    }
    let text = folded(filter.text.trim());
    if !text.is_empty() {
        query.push(format_args!(" AND {POSITION}(names_folded, ")).push_bind(text).push(") > 0");
    }
    match filter.group {
        None => {}
        Some(ActionGroup::Account) => {
            for prefix in ActionGroup::ALL.into_iter().flat_map(ActionGroup::prefixes) {
                query.push(format_args!(" AND {POSITION}(action, ")).push_bind(*prefix).push(") <> 1");
            }
        }
        Some(group) => {
            query.push(" AND (1 = 0");
            for prefix in group.prefixes() {
                query.push(format_args!(" OR {POSITION}(action, ")).push_bind(*prefix).push(") = 1");
            }
            query.push(")");
        }
    }
    query
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, ServerKey};
    use sqlx::{AssertSqlSafe, Row};

    #[tokio::test]
    async fn the_trail_is_read_from_its_index_and_never_sorted() {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("plan.db").display());
        let store = Store::open(&url, ServerKey::from_bytes([1; 32]), Clock::system()).await.unwrap();
        let day = chrono::NaiveDate::from_epoch_days(20_000);
        let all = TrailFilter::default();
        let narrowed =
            TrailFilter { text: "x".to_owned(), group: Some(ActionGroup::Tokens), from: day, to: day, ..all.clone() };
        for filter in [all, narrowed] {
            let query = newest(AccountId(Uuid::nil()), &filter, PAGE_SIZE, 0).sql();
            let rows = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", query.as_str())));
            let rows = rows.fetch_all(&store.pools().read).await.unwrap();
            let plan: String = rows.iter().map(|row| row.get::<String, _>("detail") + "\n").collect();
            assert!(plan.contains("INDEX audit_events_by_account (account_id=?"), "{plan}");
            assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN"), "{plan}");
        }
    }
}
