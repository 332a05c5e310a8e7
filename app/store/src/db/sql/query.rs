//! Statements, and the rows that they return.

use super::argument::{Argument, Value};
use super::connection::Backend;
use super::timeouts::in_time;
use sqlx::database::HasStatementCache;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Arguments, AssertSqlSafe, Database, FromRow, Postgres, SqlSafeStr, SqlStr, Sqlite};
use std::fmt::Write;
use std::marker::PhantomData;

/// The result of a statement.
pub(crate) struct QueryResult {
    rows_affected: u64,
}

impl QueryResult {
    /// Returns the number of rows that it has inserted, changed or deleted.
    pub(crate) fn rows_affected(&self) -> u64 {
        self.rows_affected
    }
}

/// A type that rows of both databases can be read as.
pub(crate) trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

impl<T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin> Row for T {}

/// Collects the arguments in the form of the database given by the type.
macro_rules! collect {
    ($arguments:ident) => {{
        let mut collected = Self::Arguments::default();
        collected.reserve($arguments.len(), 0);
        for argument in $arguments {
            let added = match argument {
                Value::Uuid(value) => collected.add(value),
                Value::Integer(value) => collected.add(value),
                Value::Boolean(value) => collected.add(value),
                Value::Text(value) => collected.add(value),
                Value::Bytes(value) => collected.add(value),
            };
            added.map_err(sqlx::Error::Encode)?;
        }
        Ok(collected)
    }};
}

/// A statement whose rows are not read.
#[must_use = "a statement does nothing until it runs"]
pub(crate) struct Query {
    pub(super) sql: SqlStr,
    pub(super) arguments: Vec<Value>,
    pub(super) persistent: bool,
    /// Whether its arguments are written as `?`, one after the other. `SQLite` searches all of them for `$1` and `?1`,
    /// which takes too long with thousands.
    pub(super) in_order: bool,
}

/// A statement whose rows are read as `O`.
#[must_use = "a statement does nothing until it runs"]
pub(crate) struct QueryAs<O> {
    pub(super) query: Query,
    pub(super) rows: PhantomData<fn() -> O>,
}

/// A statement whose rows have one column, of type `O`.
#[must_use = "a statement does nothing until it runs"]
pub(crate) struct QueryScalar<O>(pub(super) QueryAs<(O,)>);

/// Creates a statement to be executed.
pub(crate) fn query(sql: impl SqlSafeStr) -> Query {
    Query { sql: sql.into_sql_str(), arguments: Vec::new(), persistent: true, in_order: false }
}

/// Creates a statement whose rows are read.
pub(crate) fn query_as<O>(sql: impl SqlSafeStr) -> QueryAs<O> {
    QueryAs { query: query(sql), rows: PhantomData }
}

/// Creates a statement whose one column is read.
pub(crate) fn query_scalar<O>(sql: impl SqlSafeStr) -> QueryScalar<O> {
    QueryScalar(query_as(sql))
}

impl Query {
    /// Adds the next argument.
    pub(crate) fn bind(mut self, argument: impl Argument) -> Self {
        self.arguments.push(argument.value());
        self
    }

    /// Sets whether the connection keeps it prepared, which is the default.
    pub(crate) fn persistent(mut self, persistent: bool) -> Self {
        self.persistent = persistent;
        self
    }

    /// Runs it.
    pub(crate) async fn execute<'c>(self, on: impl Into<Backend<'c>>) -> sqlx::Result<QueryResult> {
        Box::pin(self.done(on.into())).await
    }

    // The three functions below do not depend on the type of the rows, so that they are compiled once. Like everything
    // here that waits for a database, they run on the heap: otherwise every caller's future would have room for the
    // wait, even if there is none.

    async fn done(self, on: Backend<'_>) -> sqlx::Result<QueryResult> {
        in_time(self.done_on(on)).await
    }

    async fn row(self, on: Backend<'_>) -> sqlx::Result<Option<AnyRow>> {
        in_time(self.row_on(on)).await
    }

    async fn rows(self, on: Backend<'_>) -> sqlx::Result<Rows> {
        in_time(self.rows_on(on)).await
    }

    async fn done_on(self, on: Backend<'_>) -> sqlx::Result<QueryResult> {
        let rows_affected = match on {
            Backend::SqlitePool(on) => self.of::<Sqlite>()?.execute(on).await?.rows_affected(),
            Backend::Sqlite(on) => self.of::<Sqlite>()?.execute(on).await?.rows_affected(),
            Backend::PostgresPool(on) => self.of::<Postgres>()?.execute(on).await?.rows_affected(),
            Backend::Postgres(on) => self.of::<Postgres>()?.execute(on).await?.rows_affected(),
        };
        Ok(QueryResult { rows_affected })
    }

    async fn row_on(self, on: Backend<'_>) -> sqlx::Result<Option<AnyRow>> {
        Ok(match on {
            Backend::SqlitePool(on) => self.of::<Sqlite>()?.fetch_optional(on).await?.map(AnyRow::Sqlite),
            Backend::Sqlite(on) => self.of::<Sqlite>()?.fetch_optional(on).await?.map(AnyRow::Sqlite),
            Backend::PostgresPool(on) => self.of::<Postgres>()?.fetch_optional(on).await?.map(AnyRow::Postgres),
            Backend::Postgres(on) => self.of::<Postgres>()?.fetch_optional(on).await?.map(AnyRow::Postgres),
        })
    }

    async fn rows_on(self, on: Backend<'_>) -> sqlx::Result<Rows> {
        Ok(match on {
            Backend::SqlitePool(on) => Rows::Sqlite(self.of::<Sqlite>()?.fetch_all(on).await?),
            Backend::Sqlite(on) => Rows::Sqlite(self.of::<Sqlite>()?.fetch_all(on).await?),
            Backend::PostgresPool(on) => Rows::Postgres(self.of::<Postgres>()?.fetch_all(on).await?),
            Backend::Postgres(on) => Rows::Postgres(self.of::<Postgres>()?.fetch_all(on).await?),
        })
    }

    fn of<DB: SqlDialect>(self) -> sqlx::Result<sqlx::query::Query<'static, DB, DB::Arguments>> {
        let sql = if self.in_order { DB::numbered(self.sql) } else { self.sql };
        Ok(sqlx::query_with(sql, DB::collected(self.arguments)?).persistent(self.persistent))
    }
}

enum AnyRow {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

enum Rows {
    Sqlite(Vec<SqliteRow>),
    Postgres(Vec<PgRow>),
}

impl<O: Row> QueryAs<O> {
    /// Adds the next argument.
    pub(crate) fn bind(mut self, argument: impl Argument) -> Self {
        self.query = self.query.bind(argument);
        self
    }

    /// Sets what [`Query::persistent`] sets.
    pub(crate) fn persistent(mut self, persistent: bool) -> Self {
        self.query = self.query.persistent(persistent);
        self
    }

    /// Returns the row, if there is one.
    pub(crate) async fn fetch_optional<'c>(self, on: impl Into<Backend<'c>>) -> sqlx::Result<Option<O>> {
        let row = Box::pin(self.query.row(on.into())).await?;
        row.map(|row| match row {
            AnyRow::Sqlite(row) => O::from_row(&row),
            AnyRow::Postgres(row) => O::from_row(&row),
        })
        .transpose()
    }

    /// Returns the row.
    pub(crate) async fn fetch_one<'c>(self, on: impl Into<Backend<'c>>) -> sqlx::Result<O> {
        self.fetch_optional(on).await?.ok_or(sqlx::Error::RowNotFound)
    }

    /// Returns all rows.
    pub(crate) async fn fetch_all<'c>(self, on: impl Into<Backend<'c>>) -> sqlx::Result<Vec<O>> {
        match Box::pin(self.query.rows(on.into())).await? {
            Rows::Sqlite(rows) => rows.iter().map(O::from_row).collect(),
            Rows::Postgres(rows) => rows.iter().map(O::from_row).collect(),
        }
    }
}

impl<O> QueryScalar<O>
where
    (O,): Row,
{
    /// Adds the next argument.
    pub(crate) fn bind(self, argument: impl Argument) -> Self {
        Self(self.0.bind(argument))
    }

    /// Returns the value, if there is a row.
    pub(crate) async fn fetch_optional<'c>(self, on: impl Into<Backend<'c>>) -> sqlx::Result<Option<O>> {
        Ok(self.0.fetch_optional(on).await?.map(|(value,)| value))
    }

    /// Returns the value.
    pub(crate) async fn fetch_one<'c>(self, on: impl Into<Backend<'c>>) -> sqlx::Result<O> {
        Ok(self.0.fetch_one(on).await?.0)
    }

    /// Returns the values of all rows.
    pub(crate) async fn fetch_all<'c>(self, on: impl Into<Backend<'c>>) -> sqlx::Result<Vec<O>> {
        Ok(self.0.fetch_all(on).await?.into_iter().map(|(value,)| value).collect())
    }
}

/// A database that statements can be made for.
trait SqlDialect: Database<Arguments: sqlx::IntoArguments<Self>> + HasStatementCache {
    /// Returns the statement with its arguments numbered as the database does, from one with arguments written as `?`.
    fn numbered(sql: SqlStr) -> SqlStr;
    /// Returns the arguments in the database's form.
    fn collected(arguments: Vec<Value>) -> sqlx::Result<Self::Arguments>;
}

impl SqlDialect for Sqlite {
    fn numbered(sql: SqlStr) -> SqlStr {
        sql
    }

    fn collected(arguments: Vec<Value>) -> sqlx::Result<Self::Arguments> {
        collect!(arguments)
    }
}

impl SqlDialect for Postgres {
    fn numbered(sql: SqlStr) -> SqlStr {
        let mut numbered = String::with_capacity(2 * sql.as_str().len());
        for (number, piece) in sql.as_str().split('?').enumerate() {
            if number > 0 {
                let _ = write!(numbered, "${number}"); // writing to a string never fails
            }
            numbered.push_str(piece);
        }
        AssertSqlSafe(numbered).into_sql_str()
    }

    fn collected(arguments: Vec<Value>) -> sqlx::Result<Self::Arguments> {
        collect!(arguments)
    }
}
