//! Moving all data from one kind of database to the other.

use crate::db::database::{Connection, Pools};
use crate::db::lock::DatabaseLock;
use crate::db::sql::{self, Backend, Dialect, QueryBuilder, Value};
use crate::error::Error;
use futures_util::stream::{BoxStream, StreamExt, TryStreamExt};
use sqlx::{AssertSqlSafe, Row};

/// All tables, each after those that it refers to, and the column by which rows are written in order, if the order
/// matters.
const TABLES: [(&str, Option<&str>); 34] = [
    ("accounts", None),
    ("users", None),
    ("memberships", None),
    ("sessions", None),
    ("sign_in_failures", None),
    ("invitations", None),
    ("password_resets", None),
    ("authenticators", None),
    ("recovery_codes", None),
    ("pending_sign_ins", None),
    ("passkeys", None),
    ("passkey_challenges", None),
    ("identities", None),
    ("tokens", None),
    ("trials", None),
    ("retired_secrets", None),
    ("value_uses", None),
    ("retired_uses", None),
    ("audit_events", Some("rowid")),
    ("audit_heads", None),
    ("server_key", None),
    ("unfinished_work", None),
    ("call_packs", None),
    ("calls_by_day", None),
    ("calls_of_accounts", None),
    ("calls_by_address", None),
    ("calls_by_client", None),
    ("calls_by_hour", None),
    ("passed_calls", None),
    ("refused_calls", None),
    ("refused_batches", None),
    ("advertisers", None),
    ("jobs", None),
    ("job_results", None),
];

/// The number of arguments in one statement; `SQLite` allows 32,766.
const ARGUMENTS: usize = 10_000;
/// The size in bytes at which a statement is sent, however few arguments it has.
const BYTES: usize = 8 << 20;

/// A table that was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedTable {
    /// Its name.
    pub name: &'static str,
    /// The number of its rows.
    pub rows: u64,
}

/// The reason why nothing was moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// Both databases of a move are of the same kind.
    #[error("both databases are of the same kind; copy an SQLite file directly, or a PostgreSQL database with pg_dump")]
    SameKind,
    /// A server uses the `PostgreSQL` database.
    #[error(
        "a Kagitaba server uses the PostgreSQL database; stop all servers first, and wait 10 seconds for one that was killed"
    )]
    Served,
    /// The database to move from is empty.
    #[error("the database to move from is empty; check its address")]
    NothingToMove,
    /// The database to move to has rows in this table.
    #[error("the database to move to already has data in its table {0}; choose an empty one")]
    NotEmpty(&'static str),
    /// The rows of this table differ after the move.
    #[error("the table {0} came out different, so nothing was moved; please report this")]
    Differs(&'static str),
    /// One of the databases failed.
    #[error(transparent)]
    Store(#[from] Error),
}

impl From<sqlx::Error> for MoveError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Uuid,
    Integer,
    Boolean,
    Text,
    Bytes,
}

/// The columns of a table that are moved: all but those that the database numbers itself.
struct Columns {
    names: String,
    kinds: Vec<Kind>,
}

impl Columns {
    /// Reads the columns from `PostgreSQL`, which knows their types; `SQLite` has fewer types.
    async fn of(table: &str, postgres: &mut Connection) -> Result<Self, Error> {
        let columns: Vec<(String, String)> = sql::query_as(
            "SELECT column_name::text, data_type::text FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name = $1 AND is_identity = 'NO' ORDER BY ordinal_position",
        )
        .bind(table)
        .fetch_all(postgres)
        .await?;
        let kinds = columns.iter().map(|(name, kind)| match kind.as_str() {
            "uuid" => Ok(Kind::Uuid),
            "bigint" => Ok(Kind::Integer),
            "boolean" => Ok(Kind::Boolean),
            "text" => Ok(Kind::Text),
            "bytea" => Ok(Kind::Bytes),
            other => Err(Error::Corrupt(format!("{table}.{name} is of the type {other}"))),
        });
        let kinds = kinds.collect::<Result<_, _>>()?;
        Ok(Self { names: columns.into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(", "), kinds })
    }

    /// Returns an order by all columns, which is the same in both databases: both compare text and bytes byte by byte.
    fn order(&self) -> String {
        format!("{} NULLS FIRST", self.names.replace(", ", " NULLS FIRST, "))
    }
}

/// Copies all rows of one database into the other, which must be empty, and compares them one by one, all in one
/// transaction: if anything fails or differs, the other stays empty. Both are migrated to this version first. No server
/// may run on either, and nothing may write to either meanwhile. The same server key belongs to both.
///
/// # Errors
/// [`MoveError`]; inside, [`Error::InUse`], [`Error::UnsupportedDatabase`], [`Error::Database`], [`Error::Migration`],
/// [`Error::Corrupt`].
pub async fn move_database(from: &str, to: &str) -> Result<Vec<MovedTable>, MoveError> {
    if [from, to].iter().all(|url| url.starts_with("sqlite:")) {
        return Err(MoveError::SameKind);
    }
    let locks = [DatabaseLock::take(from).await?, DatabaseLock::take(to).await?];
    let (from, to) = (Pools::open(from, Some(&locks[0])).await?, Pools::open(to, Some(&locks[1])).await?);
    if from.dialect() == to.dialect() {
        return Err(MoveError::SameKind);
    }
    let (mut from, mut to) = (from.begin().await?, to.begin().await?);
    require_no_server(if from.dialect() == Dialect::Postgres { &mut from } else { &mut to }).await?;
    // Every database that was ever used has its row there; one at a wrong address does not.
    if !sql::query_scalar::<bool>("SELECT EXISTS (SELECT 1 FROM server_key)").fetch_one(&mut *from).await? {
        return Err(MoveError::NothingToMove);
    }
    for (table, _) in TABLES {
        let rows = sql::query_scalar::<bool>(AssertSqlSafe(format!("SELECT EXISTS (SELECT 1 FROM {table})")));
        if rows.fetch_one(&mut *to).await? {
            return Err(MoveError::NotEmpty(table));
        }
    }
    let mut moved = Vec::new();
    for (name, order) in TABLES {
        let postgres = if from.dialect() == Dialect::Postgres { &mut *from } else { &mut *to };
        let columns = Columns::of(name, postgres).await?;
        copy(name, order, &columns, &mut from, &mut to).await?;
        let rows = compare(name, &columns, &mut from, &mut to).await?;
        moved.push(MovedTable { name, rows });
    }
    to.commit().await?;
    Ok(moved)
}

/// Makes sure that no server holds a lease on the `PostgreSQL` database.
async fn require_no_server(postgres: &mut Connection) -> Result<(), MoveError> {
    let served = "SELECT EXISTS (SELECT 1 FROM nodes WHERE lease_until > clock_timestamp())";
    if sql::query_scalar(served).fetch_one(postgres).await? { Err(MoveError::Served) } else { Ok(()) }
}

async fn copy(
    table: &str,
    order: Option<&str>,
    columns: &Columns,
    from: &mut Connection,
    to: &mut Connection,
) -> Result<(), Error> {
    let order = order.map(|order| format!(" ORDER BY {order}")).unwrap_or_default();
    let mut rows = rows(from, format!("SELECT {} FROM {table}{order}", columns.names), &columns.kinds);
    loop {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while batch.len() * columns.kinds.len() < ARGUMENTS && bytes < BYTES {
            let Some(row) = rows.try_next().await? else { break };
            bytes += row.iter().map(Value::bytes).sum::<usize>();
            batch.push(row);
        }
        if batch.is_empty() {
            return Ok(());
        }
        let mut insert = QueryBuilder::new(format!("INSERT INTO {table} ({}) ", columns.names));
        insert.push_values(batch, |mut row, values| {
            for value in values {
                row.push_bind(value);
            }
        });
        insert.build().persistent(false).execute(&mut *to).await?;
    }
}

/// Compares the rows of a table, and returns their number.
async fn compare(
    table: &'static str,
    columns: &Columns,
    from: &mut Connection,
    to: &mut Connection,
) -> Result<u64, MoveError> {
    let all = format!("SELECT {} FROM {table} ORDER BY {}", columns.names, columns.order());
    let (mut from, mut to) = (rows(from, all.clone(), &columns.kinds), rows(to, all, &columns.kinds));
    let mut number = 0;
    loop {
        match (from.try_next().await?, to.try_next().await?) {
            (None, None) => return Ok(number),
            (one, other) if one != other => return Err(MoveError::Differs(table)),
            _ => number += 1,
        }
    }
}

fn rows<'c>(on: &'c mut Connection, sql: String, kinds: &'c [Kind]) -> BoxStream<'c, sqlx::Result<Vec<Value>>> {
    /// Reads the values of each row, from either database.
    macro_rules! values {
        ($on:ident) => {
            sqlx::query(AssertSqlSafe(sql))
                .fetch($on)
                .map(|row| {
                    let row = row?;
                    let value = |(index, kind): (usize, &Kind)| {
                        Ok(match kind {
                            Kind::Uuid => Value::Uuid(row.try_get(index)?),
                            Kind::Integer => Value::Integer(row.try_get(index)?),
                            Kind::Boolean => Value::Boolean(row.try_get(index)?),
                            Kind::Text => Value::Text(row.try_get(index)?),
                            Kind::Bytes => Value::Bytes(row.try_get(index)?),
                        })
                    };
                    kinds.iter().enumerate().map(value).collect()
                })
                .boxed()
        };
    }
    match Backend::from(on) {
        Backend::Sqlite(on) => values!(on),
        Backend::Postgres(on) => values!(on),
        Backend::SqlitePool(on) => values!(on),
        Backend::PostgresPool(on) => values!(on),
    }
}

#[cfg(test)]
mod with_services {
    use super::*;
    use crate::db::plans::stores;

    #[tokio::test]
    async fn every_table_of_both_databases_is_moved() {
        let mut moved: Vec<_> = TABLES.into_iter().map(|(table, _)| table.to_owned()).collect();
        moved.sort();
        for store in stores().await {
            // SQLite's triggers write the other tables of the search. The nodes' tables only matter at the moment.
            let tables = sql::query_scalar::<String>(match store.core.pools().dialect() {
                Dialect::Sqlite => {
                    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%\\_search%' ESCAPE '\\'
                        AND name NOT LIKE '\\_sqlx%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
                }
                Dialect::Postgres => {
                    "SELECT tablename::text FROM pg_tables
                     WHERE schemaname = 'public' AND tablename NOT LIKE '\\_sqlx%'
                        AND tablename NOT IN ('nodes', 'evictions', 'call_allowances') ORDER BY tablename"
                }
            });
            assert_eq!(tables.fetch_all(&store.core.pools().read).await.unwrap(), moved);
        }
    }
}
