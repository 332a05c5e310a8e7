//! Reading the audit trail by filter: a page of it, a token's history, an export.

use crate::audit::AuditTrail;
use crate::audit::event::details;
use crate::db::database::time;
use crate::db::paging::{self, Key, List, Order};
use crate::db::sql::{Dialect, QueryBuilder, Value as Argument};
use crate::error::Error;
use crate::tokens::search::{Search, TRAIL};
use chrono::{DateTime, Utc};
use domain::account::AccountId;
use domain::audit::trail::{Actions, EXPORT_MAX, EntryKey, PAGE_SIZE, TrailFilter};
use domain::members::user::{Person, UserId};
use domain::paging::{Cursor, Position};
use domain::tokens::token::TokenId;
use serde_json::Value;
use uuid::Uuid;

/// An entry of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number in the account's chain, from 1.
    pub sequence: i64,
    /// The time of the action.
    pub at: DateTime<Utc>,
    /// The user who did it, with their current name; `None` if it was no user.
    pub user: Option<Person>,
    /// The network address that it was done from, if known.
    pub address: Option<String>,
    /// The action, even if this version no longer has it.
    pub action: String,
    /// The token that it was done to, or with.
    pub token: Option<TokenId>,
    /// The token's current name; `None` if it was deleted.
    pub token_name: Option<String>,
    /// The details: an object.
    pub details: Value,
    /// Its hash, as 64 hexadecimal digits.
    pub hash: String,
}

#[derive(sqlx_macros::FromRow)]
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
        let person = |(id, (name, email))| Person { id: UserId(id), name, email };
        Ok(Self {
            // An entry that was inserted behind the server's back has no number.
            sequence: row.sequence.unwrap_or_default(),
            at: time(row.at)?,
            user: row.user_id.zip(row.user_name.zip(row.user_email)).map(person),
            address: row.address,
            action: row.action,
            token: row.token_id.map(TokenId),
            token_name: row.token_name,
            details: details(&row.details)?,
            hash: hex::encode(row.hash.unwrap_or_default()),
        })
    }
}

impl AuditTrail<'_> {
    /// Returns the page of the account's entries that the filter asks for, newest first.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn page(self, account: AccountId, filter: &TrailFilter) -> Result<(Vec<AuditEntry>, Position), Error> {
        let mut tx = self.core.read().begin().await?; // so that all queries see the same state
        let search = Search::plan(&filter.text, &TRAIL, &mut tx).await?;
        let wanted = Wanted { dialect: tx.dialect(), account, filter, search };
        let (rows, position) = paging::page(&wanted, &filter.place, &mut tx).await?;
        Ok((rows.into_iter().map(AuditEntry::try_from).collect::<Result<_, _>>()?, position))
    }

    /// Returns at most `limit` of the account's entries that match the filter, whatever its page, newest first.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn entries(self, account: AccountId, filter: &TrailFilter, limit: u32) -> Result<Vec<AuditEntry>, Error> {
        let mut tx = self.core.read().begin().await?;
        let search = Search::plan(&filter.text, &TRAIL, &mut tx).await?;
        let wanted = Wanted { dialect: tx.dialect(), account, filter, search };
        let rows = wanted.newest(limit).build_query_as::<EntryRow>().fetch_all(&mut *tx).await?;
        rows.into_iter().map(AuditEntry::try_from).collect()
    }
}

/// The wanted entries of one account.
struct Wanted<'f> {
    dialect: Dialect,
    account: AccountId,
    filter: &'f TrailFilter,
    search: Search,
}

impl Wanted<'_> {
    fn newest(&self, limit: u32) -> QueryBuilder {
        let mut query = self.filtered(Self::SELECT.to_owned(), true);
        query.push(self.order().clause(false)).push(" LIMIT ").push_bind(limit);
        query
    }
}

impl List for Wanted<'_> {
    type Row = EntryRow;
    const SELECT: &'static str = "
        SELECT sequence, at, user_id, address, action, token_id, details, hash,
            (SELECT users.name FROM users WHERE users.id = audit_events.user_id) AS user_name,
            (SELECT users.email FROM users WHERE users.id = audit_events.user_id) AS user_email,
            (SELECT tokens.name FROM tokens WHERE tokens.id = audit_events.token_id AND tokens.deleted_at IS NULL
                AND tokens.account_id = audit_events.account_id) AS token_name
        FROM audit_events";
    const TABLE: &'static str = "audit_events";
    const SIZE: u32 = PAGE_SIZE;
    const COUNTED: u32 = EXPORT_MAX;

    fn dialect(&self) -> Dialect {
        self.dialect
    }

    fn lies_together(&self) -> bool {
        false
    }

    fn order(&self) -> Order {
        Order { value: "at", tie: "sequence", descending: true, nullable: false }
    }

    fn filtered(&self, head: String, _: bool) -> QueryBuilder {
        let Self { dialect, account, filter, search } = self;
        let mut query = QueryBuilder::new(head);
        // The plus keeps SQLite from going through the whole trail: a token has only a few entries in it.
        let account_is = match (filter.token, dialect) {
            (Some(_), Dialect::Sqlite) => "+account_id = ",
            _ => search.account_is(*dialect),
        };
        query.push(" WHERE ").push(account_is).push_bind(*account);
        if let Some(token) = filter.token {
            query.push(" AND token_id = ").push_bind(token);
        }
        if let Some(person) = filter.person {
            query.push(" AND user_id = ").push_bind(person);
        }
        if let Some(since) = filter.since() {
            query.push(" AND at >= ").push_bind(since);
        }
        if let Some(before) = filter.before() {
            query.push(" AND at < ").push_bind(before);
        }
        search.push(&TRAIL, *dialect, &mut query);
        push_actions(&filter.actions(), *dialect, &mut query);
        query
    }

    fn key(&self, cursor: &Cursor) -> Option<Key> {
        let EntryKey { at, sequence } = EntryKey::read(cursor)?;
        Some(Key { value: Some(Argument::Integer(Some(at))), tie: Argument::Integer(Some(sequence)) })
    }

    fn cursor(&self, row: &EntryRow) -> Cursor {
        // The place of an entry without a number among others of the same moment.
        let unnumbered = match self.dialect {
            Dialect::Sqlite => 0,
            Dialect::Postgres => i64::MAX,
        };
        EntryKey { at: row.at, sequence: row.sequence.unwrap_or(unnumbered) }.cursor()
    }
}

/// Narrows the query to these actions.
fn push_actions(actions: &Actions, dialect: Dialect, query: &mut QueryBuilder) {
    let (operator, actions) = match actions {
        Actions::AllBut(none) if none.is_empty() => return,
        Actions::AllBut(others) => ("action NOT IN", others),
        // The plus keeps SQLite from reading one action after the other, and then sorting.
        Actions::Only(several) if several.len() > 1 && dialect == Dialect::Sqlite => ("+action IN", several),
        Actions::Only(actions) => ("action IN", actions),
    };
    if actions.is_empty() {
        query.push(" AND FALSE"); // the kind does not have the chosen action
        return;
    }
    let names = actions.iter().map(|action| action.as_str());
    query.push(format_args!(" AND {operator} (")).push_list(names).push(")");
}

#[cfg(test)]
mod with_services {
    use super::*;
    use crate::db::paging::Side;
    use crate::db::plans::{plan, stores};
    use domain::audit::action::{About, Action, ActionGroup, ActionKind};

    fn key() -> Key {
        let [value, tie] = [1_000_000_000, 10_000].map(|number| Argument::Integer(Some(number)));
        Key { value: Some(value), tie }
    }

    #[tokio::test]
    async fn trail_page_is_read_from_its_index_without_sorting() {
        for store in stores().await {
            let dialect = store.core.pools().dialect();
            let day = chrono::NaiveDate::from_epoch_days(20_000);
            let all = TrailFilter::default();
            let tokens = Some(About::Group(ActionGroup::Tokens));
            let narrowed = TrailFilter { about: tokens, from: day, to: day, ..all.clone() };
            let changes = TrailFilter { kind: Some(ActionKind::Changes), ..all.clone() };
            let filters = [(&all, Search::All), (&narrowed, Search::Each("x".to_owned())), (&changes, Search::All)];
            for (filter, search) in filters {
                let wanted = Wanted { dialect, account: AccountId(Uuid::nil()), filter, search };
                for (key, backwards) in [(None, false), (None, true), (Some(key()), false), (Some(key()), true)] {
                    let entered = key.is_some() && filter == &all;
                    for query in (Side { key, backwards }).rows_queries(&wanted, true) {
                        let plan = plan(&store, query).await;
                        assert!(plan.contains("audit_events_by_account"), "{plan}");
                        assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN"), "{plan}");
                        assert!(!plan.contains("Seq Scan on audit_events"), "{plan}");
                        let at = plan.contains("AND (at,sequence)") || plan.contains("AND (ROW(at, sequence)");
                        assert!(at || !entered, "{plan}");
                    }
                }
            }
        }
    }

    #[tokio::test]
    async fn entries_of_one_user_or_action_are_found_by_an_index() {
        for store in stores().await {
            let dialect = store.core.pools().dialect();
            let all = TrailFilter::default();
            let person = TrailFilter { person: Some(UserId(Uuid::nil())), ..all.clone() };
            let action = TrailFilter { about: Some(About::Action(Action::TokenReset)), ..all.clone() };
            let sign_ins = TrailFilter { kind: Some(ActionKind::SignIns), ..person.clone() };
            let found = [
                (&person, "audit_events_by_user"),
                (&action, "audit_events_by_action"),
                (&sign_ins, "audit_events_by_user"),
            ];
            for (filter, index) in found {
                let wanted = Wanted { dialect, account: AccountId(Uuid::nil()), filter, search: Search::All };
                for (key, backwards) in [(None, false), (None, true), (Some(key()), false), (Some(key()), true)] {
                    let side = Side { key, backwards };
                    let counts = side.count_queries(&wanted, EXPORT_MAX, false);
                    for query in side.rows_queries(&wanted, true).into_iter().chain(counts) {
                        let plan = plan(&store, query).await;
                        assert!(plan.contains(index), "{filter:?}: {plan}");
                        assert!(!plan.contains("TEMP B-TREE"), "{filter:?}: {plan}");
                        assert!(!plan.contains("Seq Scan on audit_events"), "{filter:?}: {plan}");
                    }
                }
            }
        }
    }

    #[tokio::test]
    async fn the_entries_of_one_token_are_found_by_their_index() {
        for store in stores().await {
            let dialect = store.core.pools().dialect();
            let filter = &TrailFilter { token: Some(TokenId(Uuid::nil())), ..TrailFilter::default() };
            let wanted = Wanted { dialect, account: AccountId(Uuid::nil()), filter, search: Search::All };
            let side = Side { key: Some(key()), backwards: false };
            let queries = [side.rows_queries(&wanted, true), side.count_queries(&wanted, EXPORT_MAX, false)];
            for query in queries.into_iter().flatten().chain([wanted.newest(20)]) {
                let plan = plan(&store, query).await;
                assert!(plan.contains("audit_events_by_token"), "{plan}");
            }
        }
    }

    #[tokio::test]
    async fn a_rare_part_of_a_name_is_found_by_the_index_of_trigrams() {
        for store in stores().await {
            let dialect = store.core.pools().dialect();
            let search = Search::Indexed("rare".to_owned());
            let filter = &TrailFilter::default();
            let wanted = Wanted { dialect, account: AccountId(Uuid::nil()), filter, search };
            let count = Side::ALL.count_queries(&wanted, EXPORT_MAX, false);
            for query in count.into_iter().chain([wanted.newest(1)]) {
                let plan = plan(&store, query).await;
                let sqlite = plan.contains("SEARCH audit_events USING INDEX sqlite_autoindex_audit_events_1 (id=?)");
                assert!(sqlite || plan.contains("Bitmap Index Scan on audit_events_by_part_of_name"), "{plan}");
            }
        }
    }
}
