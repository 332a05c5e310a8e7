//! The search for a part of a name: the faster way to find it, and its condition.
//!
//! Names are indexed by their trigrams, so an index can find parts of 3 characters and more (`SQLite`: FTS5;
//! `PostgreSQL`: `pg_trgm`). Shorter ones, most Japanese words among them, are looked for along the index of the list's
//! order, which holds the names. That is also fast if much matches, as a page is soon full. `PostgreSQL` knows from its
//! statistics which way is shorter; for `SQLite` it is found out here.

use crate::db::database::Connection;
use crate::db::sql::{Dialect, QueryBuilder, query_scalar};
use crate::error::Error;
use domain::text::folded;
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

/// A part of a name, folded, and the way to find it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Search {
    /// Everything.
    All,
    /// By comparing each row that the rest of the query finds.
    Each(String),
    /// By the index.
    Indexed(String),
}

impl Search {
    /// Returns the fast way to find the typed text.
    pub(crate) async fn plan(typed: &str, searched: &Searched, on: &mut Connection) -> Result<Self, Error> {
        // No name has this character, and PostgreSQL rejects it.
        let part = folded(typed.trim()).replace('\0', "\u{fffd}");
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
        match (self, dialect) {
            (Self::Indexed(_), Dialect::Sqlite) => "+account_id = ",
            _ => "account_id = ",
        }
    }

    /// Narrows the query to what the search finds.
    pub(crate) fn push(&self, searched: &Searched, dialect: Dialect, query: &mut QueryBuilder) {
        let Searched { column, index, numbers, id } = searched;
        match (self, dialect) {
            (Self::All, _) => {}
            (Self::Each(part), dialect) => {
                let position = dialect.position();
                query.push(format_args!(" AND {position}({column}, ")).push_bind(part).push(") > 0");
            }
            (Self::Indexed(part), Dialect::Sqlite) => {
                query.push(format_args!(
                    " AND id IN (SELECT {id} FROM {index} CROSS JOIN {numbers} ON number = {index}.rowid
                        WHERE {index} MATCH "
                ));
                query.push_bind(phrase(part)).push(")");
            }
            (Self::Indexed(part), Dialect::Postgres) => {
                query.push(format_args!(" AND {column} LIKE ")).push_bind(pattern(part));
            }
        }
    }
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
