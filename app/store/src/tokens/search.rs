//! The search for a part of a name: the faster way to find it, and its condition. Tokens are also found by a part of
//! their primary contact's name or e-mail address, and by their Account SID.
//!
//! Names are indexed by their trigrams, so an index can find parts of 3 characters and more (`SQLite`: FTS5;
//! `PostgreSQL`: `pg_trgm`). Shorter ones, most Japanese words among them, are looked for along the index of the list's
//! order, which holds the names and contacts. That is also fast if much matches, as a page is soon full. `PostgreSQL`
//! knows from its statistics which way is shorter; for `SQLite` it is found out here.

use crate::db::database::Connection;
use crate::db::sql::{Dialect, QueryBuilder, query_scalar};
use crate::error::Error;
use crate::members::rows::people;
use domain::account::AccountId;
use domain::members::user::UserId;
use domain::search::search_form;
use domain::tokens::secret::AccountSid;
use sqlx::AssertSqlSafe;

/// The number of characters that an index needs.
const INDEXED: usize = 3;
/// The number of matches with which a page is soon full.
const MANY: i64 = 5_000;

/// A column that is searched, and its index.
pub(crate) struct Searched {
    column: &'static str,
    /// The names of `SQLite`'s tables.
    index: &'static str,
    numbers: &'static str,
    id: &'static str,
}

/// The names of tokens.
pub(crate) const TOKENS: Searched =
    Searched { column: "name_folded", index: "token_search", numbers: "token_search_numbers", id: "token_id" };
/// The names in the audit trail.
pub(crate) const TRAIL: Searched =
    Searched { column: "names_folded", index: "audit_search", numbers: "audit_search_numbers", id: "event_id" };

/// A part of a name, in its search form, and the way to find it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Search {
    /// Everything.
    All,
    /// By comparing each row that the rest of the query finds.
    Each(String),
    /// By the index.
    Indexed(String),
    /// By the name, in one of the two ways above, or by something else.
    Or(Box<Self>, Also),
}

/// The ways to find an account's tokens besides their names. At least one is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Also {
    pub(crate) account: AccountId,
    /// The primary contacts that were named.
    pub(crate) contacts: Vec<UserId>,
    pub(crate) sid: Option<AccountSid>,
}

impl Search {
    /// Returns the fast way to find the account's tokens by the typed text.
    pub(crate) async fn of_tokens(account: AccountId, typed: &str, on: &mut Connection) -> Result<Self, Error> {
        let by_name = Self::plan(typed, &TOKENS, on).await?;
        let (Self::Each(part) | Self::Indexed(part)) = &by_name else { return Ok(by_name) };
        let also = Also { account, contacts: contacts(account, part, on).await?, sid: AccountSid::pasted(typed) };
        if also.contacts.is_empty() && also.sid.is_none() {
            return Ok(by_name);
        }
        let is_many = on.dialect() == Dialect::Sqlite && also.finds_many(on).await?;
        let by_name = match by_name {
            Self::Indexed(part) if is_many => Self::Each(part),
            by_name => by_name,
        };
        Ok(Self::Or(Box::new(by_name), also))
    }

    /// Returns the fast way to find the typed text.
    pub(crate) async fn plan(typed: &str, searched: &Searched, on: &mut Connection) -> Result<Self, Error> {
        // No name has this character, and PostgreSQL rejects it.
        let part = search_form(typed).trim().replace('\0', "\u{fffd}");
        if part.is_empty() {
            return Ok(Self::All);
        }
        if part.chars().count() < INDEXED {
            return Ok(Self::Each(part));
        }
        if on.dialect() == Dialect::Postgres {
            return Ok(Self::Indexed(part));
        }
        let index = searched.index;
        let found = format!("SELECT COUNT(*) FROM (SELECT 1 FROM {index} WHERE {index} MATCH $1 LIMIT $2)");
        let found = query_scalar::<i64>(AssertSqlSafe(found)).bind(phrase(&part)).bind(MANY).fetch_one(on).await?;
        Ok(if found < MANY { Self::Indexed(part) } else { Self::Each(part) })
    }

    /// Returns the comparison of the account. The plus keeps `SQLite` from going through all rows of the account to see
    /// whether each is among the few that the index finds.
    pub(crate) fn account_is(&self, dialect: Dialect) -> &'static str {
        if self.is_indexed() && dialect == Dialect::Sqlite { "+account_id = " } else { "account_id = " }
    }

    /// Returns whether few rows are found by indexes of the search's own.
    pub(crate) fn is_indexed(&self) -> bool {
        match self {
            Self::All | Self::Each(_) => false,
            Self::Indexed(_) => true,
            Self::Or(by_name, _) => by_name.is_indexed(),
        }
    }

    /// Narrows the query to what the search finds.
    pub(crate) fn push(&self, searched: &Searched, dialect: Dialect, query: &mut QueryBuilder) {
        let Searched { column, index, numbers, id } = searched;
        let (by_name, also) = match self {
            Self::Or(by_name, also) => (by_name.as_ref(), Some(also)),
            by_name => (by_name, None),
        };
        match (by_name, dialect) {
            (Self::All | Self::Or(..), _) => {}
            (Self::Indexed(part), Dialect::Sqlite) => {
                query.push(format_args!(
                    " AND id IN (SELECT {id} FROM {index} CROSS JOIN {numbers} ON number = {index}.rowid
                        WHERE {index} MATCH "
                ));
                query.push_bind(phrase(part));
                if let Some(also) = also {
                    also.push_ids(query);
                }
                query.push(")");
            }
            (Self::Indexed(part), Dialect::Postgres) => {
                query.push(format_args!(" AND ({column} LIKE ")).push_bind(pattern(part));
                if let Some(also) = also {
                    also.push_conditions(query);
                }
                query.push(")");
            }
            (Self::Each(part), dialect) => {
                let position = dialect.position();
                query.push(format_args!(" AND ({position}({column}, ")).push_bind(part).push(") > 0");
                if let Some(also) = also {
                    also.push_conditions(query);
                }
                query.push(")");
            }
        }
    }
}

impl Also {
    /// Returns whether so many tokens are found that a page is soon full.
    async fn finds_many(&self, on: &mut Connection) -> Result<bool, Error> {
        if self.contacts.is_empty() {
            return Ok(false); // no two tokens have the same Account SID
        }
        Ok(self.count_query().build_query_scalar::<i64>().fetch_one(on).await? >= MANY)
    }

    /// Returns the query for the number of tokens of these contacts, counted up to [`MANY`].
    fn count_query(&self) -> QueryBuilder {
        let mut query = QueryBuilder::new("SELECT COUNT(*) FROM (SELECT 1");
        self.push_of_contacts(&mut query);
        query.push(format_args!(" LIMIT {MANY}) AS counted"));
        query
    }

    fn push_of_contacts(&self, query: &mut QueryBuilder) {
        query.push(" FROM tokens WHERE account_id = ").push_bind(self.account);
        query
            .push(" AND deleted_at IS NULL AND primary_contact IN (")
            .push_list(self.contacts.iter().copied())
            .push(")");
    }

    /// Appends queries for the ids to another one.
    fn push_ids(&self, query: &mut QueryBuilder) {
        if !self.contacts.is_empty() {
            query.push(" UNION ALL SELECT id");
            self.push_of_contacts(query);
        }
        if let Some(sid) = &self.sid {
            query.push(" UNION ALL SELECT id FROM tokens WHERE sid = ").push_bind(sid.as_str());
        }
    }

    /// Appends conditions to another one.
    fn push_conditions(&self, query: &mut QueryBuilder) {
        if !self.contacts.is_empty() {
            query.push(" OR primary_contact IN (").push_list(self.contacts.iter().copied()).push(")");
        }
        if let Some(sid) = &self.sid {
            query.push(" OR sid = ").push_bind(sid.as_str());
        }
    }
}

/// Returns the account's users that the text finds. There are few enough to look at each.
async fn contacts(account: AccountId, part: &str, on: &mut Connection) -> Result<Vec<UserId>, Error> {
    let people = people(on, account).await?.into_iter();
    Ok(people.filter(|person| person.is_found_by(part)).map(|person| person.id).collect())
}

/// Returns the FTS5 expression for exactly this text.
fn phrase(part: &str) -> String {
    format!("\"{}\"", part.replace('"', "\"\""))
}

/// Returns the `LIKE` pattern for anything that contains this text.
fn pattern(part: &str) -> String {
    let mut pattern = "%".to_owned();
    for character in part.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern + "%"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_text_is_escaped_for_like_and_fts5() {
        assert_eq!(pattern(r"100%_\"), r"%100\%\_\\%");
        assert_eq!(phrase(r#"a "b" OR c*"#), r#""a ""b"" OR c*""#);
    }
}

#[cfg(test)]
mod with_services {
    use super::*;
    use crate::db::plans::{plan, stores};
    use uuid::Uuid;

    const ORDERS: [(&str, &str); 3] = [
        ("tokens_by_creation", " ORDER BY created_at DESC, id DESC LIMIT 24"),
        ("tokens_by_name", " ORDER BY name_folded, id LIMIT 24"),
        ("tokens_by_use", " ORDER BY last_used_at DESC NULLS LAST, id DESC LIMIT 24"),
    ];

    fn account() -> AccountId {
        AccountId(Uuid::nil())
    }

    /// Returns the query with this head and end for the tokens that the search finds.
    fn query(search: &Search, dialect: Dialect, head: &str, end: &str) -> QueryBuilder {
        let mut query = QueryBuilder::new(format!("{head} FROM tokens WHERE deleted_at IS NULL AND "));
        query.push(search.account_is(dialect)).push_bind(account());
        search.push(&TOKENS, dialect, &mut query);
        query.push(end);
        query
    }

    #[tokio::test]
    async fn contact_and_account_sid_are_found_by_indexes() {
        for store in stores().await {
            let dialect = store.core.pools().dialect();
            let sid = AccountSid::try_from(format!("IR{}", "0".repeat(33))).ok();
            let also = Also { account: account(), contacts: vec![UserId(Uuid::max())], sid };
            let search = Search::Or(Box::new(Search::Indexed("rare".to_owned())), also);
            let rows = ORDERS.map(|(_, order)| query(&search, dialect, "SELECT id", order));
            for query in rows.into_iter().chain([query(&search, dialect, "SELECT COUNT(*)", "")]) {
                let plan = plan(&store, query).await;
                let used = match dialect {
                    Dialect::Sqlite => [
                        "SEARCH tokens USING INDEX sqlite_autoindex_tokens_1 (id=?)",
                        "primary_contact=?",
                        "sqlite_autoindex_tokens_2 (sid=?)",
                    ],
                    Dialect::Postgres => ["tokens_by_part_of_name", "_contact", "tokens_sid_key"],
                };
                assert!(used.into_iter().all(|index| plan.contains(index)), "{plan}");
            }
        }
    }

    #[tokio::test]
    async fn short_part_of_a_name_or_contact_is_found_along_the_order() {
        for store in stores().await {
            let dialect = store.core.pools().dialect();
            let also = Also { account: account(), contacts: vec![UserId(Uuid::nil())], sid: None };
            let search = Search::Or(Box::new(Search::Each("x".to_owned())), also);
            for (index, order) in ORDERS {
                let plan = plan(&store, query(&search, dialect, "SELECT id", order)).await;
                assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{plan}");
                assert!(!plan.contains("Seq Scan on tokens"), "{plan}");
            }
        }
    }

    #[tokio::test]
    async fn tokens_of_contacts_are_counted_from_their_index() {
        for store in stores().await {
            let contacts = [0, 1].map(|id| UserId(Uuid::from_u128(id))).to_vec();
            let also = Also { account: account(), contacts, sid: None };
            let plan = plan(&store, also.count_query()).await;
            // If most match, PostgreSQL may use another index of the account's.
            let sqlite = plan.contains("primary_contact=?");
            assert!(sqlite || !plan.contains("Seq Scan on tokens"), "{plan}");
        }
    }
}
