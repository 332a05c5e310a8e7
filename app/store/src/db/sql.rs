//! One way to run SQL on either database: statements, their arguments and where they run, named as `sqlx` names them.
//!
//! A statement is written once, in SQL that `SQLite` and `PostgreSQL` both read (`$1`, `ON CONFLICT`, `RETURNING`), and
//! only learns where it runs which of them it is for. Whole numbers are `i64` in both. [`Dialect`] covers the
//! differences.

use sqlx::database::HasStatementCache;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{
    Arguments, AssertSqlSafe, Connection as _, Database, FromRow, PgConnection, PgPool, Postgres, SqlSafeStr, SqlStr,
    Sqlite, SqliteConnection, SqlitePool, Transaction,
};
use std::fmt::{Display, Write};
use std::io;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::timeout;
use uuid::Uuid;

/// The kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `SQLite`.
    Sqlite,
    /// `PostgreSQL`.
    Postgres,
}

impl Dialect {
    /// Returns the function that finds the position of one text in another, counted from 1, or 0.
    pub(crate) fn position(self) -> &'static str {
        match self {
            Self::Sqlite => "instr",
            Self::Postgres => "strpos",
        }
    }
}

/// A pool of connections.
pub(crate) enum Pool {
    /// To `SQLite`.
    Sqlite(SqlitePool),
    /// To `PostgreSQL`.
    Postgres(PgPool),
}

impl Pool {
    /// Returns the kind of database.
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Begins a transaction in which every query sees the database as it is at the first one.
    pub(crate) async fn begin(&self) -> sqlx::Result<Tx> {
        Ok(match self {
            Self::Sqlite(pool) => Box::pin(pool.begin()).await?.into(),
            Self::Postgres(pool) => begin(pool, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?,
        })
    }

    /// Acquires a connection, for queries that need not see the same state.
    pub(crate) async fn acquire(&self) -> sqlx::Result<Connection> {
        Ok(match self {
            Self::Sqlite(pool) => Connection::Sqlite(HeldConnection::Alone(Box::pin(pool.acquire()).await?)),
            Self::Postgres(pool) => Connection::Postgres(HeldConnection::Alone(Box::pin(pool.acquire()).await?)),
        })
    }
}

/// The time that a statement may take, including the wait for a connection and for locks.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);

/// Whether a database has ever failed to answer in time: from then on [`try_out`] tests connections.
static SILENT: AtomicBool = AtomicBool::new(false);

/// Waits for a database's answer, for a limited time. If the database vanished silently, the wait would otherwise last
/// until the system gives the connection up, which takes many minutes.
async fn in_time<T>(answer: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    within(ANSWERED_WITHIN, answer).await
}

/// Waits for a database's answer as [`in_time`] does, with another limit.
pub(crate) async fn within<T, E: From<sqlx::Error>>(
    limit: Duration,
    answer: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let mut answer = pin!(answer); // so that its connection is returned after SILENT is set
    timeout(limit, answer.as_mut()).await.unwrap_or_else(|_| {
        SILENT.store(true, Ordering::Release);
        Err(sqlx::Error::from(io::Error::from(io::ErrorKind::TimedOut)).into())
    })
}

/// Tests a connection on its return to the pool: one that does not answer is closed at once. The pool itself would wait
/// for its answer, and run out of connections.
pub(crate) async fn try_out(connection: &mut PgConnection) -> sqlx::Result<bool> {
    /// A short time, as the only thing to wait for here is a rollback.
    const ANSWERED_WITHIN: Duration = Duration::from_secs(5);
    if SILENT.load(Ordering::Acquire) {
        within(ANSWERED_WITHIN, connection.ping()).await?;
    }
    Ok(true)
}

/// Begins a transaction with this statement in `PostgreSQL`. Once begun, this is carried through even if the caller
/// stops waiting: `sqlx` would otherwise return the connection to the pool as if it were in no transaction.
pub(crate) async fn begin(pool: &PgPool, begin: impl SqlSafeStr) -> sqlx::Result<Tx> {
    let (pool, begin) = (pool.clone(), begin.into_sql_str());
    let beginning = tokio::spawn(async move { pool.begin_with(begin).await });
    let answer = async { beginning.await.map_err(|cut_short| sqlx::Error::Io(io::Error::other(cut_short)))? };
    in_time(answer).await.map(Tx::from)
}

/// A connection, alone or in a transaction.
pub(crate) enum Connection {
    /// To `SQLite`.
    Sqlite(HeldConnection<Sqlite>),
    /// To `PostgreSQL`.
    Postgres(HeldConnection<Postgres>),
}

impl Connection {
    /// Returns the kind of database that it is to.
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }
}

/// The way in which a connection is held.
pub(crate) enum HeldConnection<DB: Database> {
    /// It returns to its pool when dropped.
    Alone(PoolConnection<DB>),
    /// Its changes are rolled back when dropped.
    InTransaction(Transaction<'static, DB>),
}

impl<DB: Database> HeldConnection<DB> {
    async fn commit(self) -> sqlx::Result<()> {
        match self {
            Self::Alone(_) => Ok(()),
            Self::InTransaction(transaction) => transaction.commit().await,
        }
    }

    fn connection(&mut self) -> &mut DB::Connection {
        match self {
            Self::Alone(connection) => connection,
            Self::InTransaction(transaction) => transaction,
        }
    }
}

/// A transaction; it is rolled back when dropped.
pub(crate) struct Tx(Connection);

impl Tx {
    /// Makes its changes permanent.
    pub(crate) async fn commit(self) -> sqlx::Result<()> {
        match self.0 {
            Connection::Sqlite(held) => held.commit().await,
            Connection::Postgres(held) => in_time(held.commit()).await,
        }
    }
}

impl From<Transaction<'static, Sqlite>> for Tx {
    fn from(transaction: Transaction<'static, Sqlite>) -> Self {
        Self(Connection::Sqlite(HeldConnection::InTransaction(transaction)))
    }
}

impl From<Transaction<'static, Postgres>> for Tx {
    fn from(transaction: Transaction<'static, Postgres>) -> Self {
        Self(Connection::Postgres(HeldConnection::InTransaction(transaction)))
    }
}

impl Deref for Tx {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}

/// A place where a statement runs: any connection of a pool, or this one.
pub(crate) enum Backend<'c> {
    /// Any connection to `SQLite`.
    SqlitePool(&'c SqlitePool),
    /// Any connection to `PostgreSQL`.
    PostgresPool(&'c PgPool),
    /// This connection to `SQLite`.
    Sqlite(&'c mut SqliteConnection),
    /// This connection to `PostgreSQL`.
    Postgres(&'c mut PgConnection),
}

impl<'c> From<&'c Pool> for Backend<'c> {
    fn from(pool: &'c Pool) -> Self {
        match pool {
            Pool::Sqlite(pool) => Self::SqlitePool(pool),
            Pool::Postgres(pool) => Self::PostgresPool(pool),
        }
    }
}

impl<'c> From<&'c mut Connection> for Backend<'c> {
    fn from(connection: &'c mut Connection) -> Self {
        match connection {
            Connection::Sqlite(held) => Self::Sqlite(held.connection()),
            Connection::Postgres(held) => Self::Postgres(held.connection()),
        }
    }
}

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

/// An argument of a statement. A missing one has a type, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// An id.
    Uuid(Option<Uuid>),
    /// A whole number.
    Integer(Option<i64>),
    /// True or false.
    Boolean(Option<bool>),
    /// A text.
    Text(Option<String>),
    /// Bytes.
    Bytes(Option<Vec<u8>>),
}

impl Value {
    /// Returns the length in bytes of a text or of bytes; 0 for the others, which are short.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.as_ref().map_or(0, String::len),
            Self::Bytes(bytes) => bytes.as_ref().map_or(0, Vec::len),
            Self::Uuid(_) | Self::Integer(_) | Self::Boolean(_) => 0,
        }
    }
}

impl Argument for Value {
    fn value(self) -> Value {
        self
    }
}

/// A type that can be an argument.
pub(crate) trait Argument {
    /// Returns the argument.
    fn value(self) -> Value;
}

macro_rules! arguments {
    ($($kind:ident: $($from:ty as |$it:ident| $into:expr),+;)+) => {
        $($(
            impl Argument for $from {
                fn value(self) -> Value {
                    let $it = self;
                    Value::$kind(Some($into))
                }
            }

            impl Argument for Option<$from> {
                fn value(self) -> Value {
                    Value::$kind(self.map(|$it| $into))
                }
            }
        )+)+
    };
}

arguments! {
    Uuid: Uuid as |it| it;
    Integer: i64 as |it| it, u8 as |it| it.into(), u16 as |it| it.into(), u32 as |it| it.into();
    Boolean: bool as |it| it;
    Text: String as |it| it, &String as |it| it.clone(), &str as |it| it.to_owned();
    Bytes: Vec<u8> as |it| it, &Vec<u8> as |it| it.clone(), &[u8] as |it| it.to_vec();
}

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
    sql: SqlStr,
    arguments: Vec<Value>,
    persistent: bool,
    /// Whether its arguments are written as `?`, one after the other. `SQLite` searches all of them for `$1` and `?1`,
    /// which takes too long with thousands.
    in_order: bool,
}

/// A statement whose rows are read as `O`.
#[must_use = "a statement does nothing until it runs"]
pub(crate) struct QueryAs<O> {
    query: Query,
    rows: PhantomData<fn() -> O>,
}

/// A statement whose rows have one column, of type `O`.
#[must_use = "a statement does nothing until it runs"]
pub(crate) struct QueryScalar<O>(QueryAs<(O,)>);

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

/// A statement that is built piece by piece. No piece has a `?`, which stands for an argument.
pub(crate) struct QueryBuilder {
    sql: String,
    arguments: Vec<Value>,
}

impl QueryBuilder {
    /// Creates a statement that begins with this text.
    pub(crate) fn new(begin: impl Into<String>) -> Self {
        Self { sql: begin.into(), arguments: Vec::new() }
    }

    /// Puts this text before everything else.
    #[cfg(test)]
    pub(crate) fn prefix(&mut self, sql: &str) {
        self.sql.insert_str(0, sql);
    }

    /// Appends this text.
    pub(crate) fn push(&mut self, sql: impl Display) -> &mut Self {
        let _ = write!(self.sql, "{sql}"); // writing to a string never fails
        self
    }

    /// Appends an argument.
    pub(crate) fn push_bind(&mut self, argument: impl Argument) -> &mut Self {
        self.arguments.push(argument.value());
        self.sql.push('?');
        self
    }

    /// Appends these arguments, separated by commas.
    pub(crate) fn push_list(&mut self, arguments: impl IntoIterator<Item = impl Argument>) -> &mut Self {
        let mut list = Separated { query: self, first: true };
        for argument in arguments {
            list.push_bind(argument);
        }
        self
    }

    /// Appends `VALUES` and, for each row, its arguments.
    pub(crate) fn push_values<T>(
        &mut self,
        rows: impl IntoIterator<Item = T>,
        mut push_row: impl FnMut(Separated<'_>, T),
    ) -> &mut Self {
        self.sql.push_str("VALUES ");
        for (number, row) in rows.into_iter().enumerate() {
            self.sql.push_str(if number == 0 { "(" } else { ", (" });
            push_row(Separated { query: self, first: true }, row);
            self.sql.push(')');
        }
        self
    }

    /// Returns the statement, to be executed.
    pub(crate) fn build(self) -> Query {
        let sql = AssertSqlSafe(self.sql).into_sql_str();
        Query { sql, arguments: self.arguments, persistent: true, in_order: true }
    }

    /// Returns the statement, to read its rows.
    pub(crate) fn build_query_as<O>(self) -> QueryAs<O> {
        QueryAs { query: self.build(), rows: PhantomData }
    }

    /// Returns the statement, to read its one column.
    pub(crate) fn build_query_scalar<O>(self) -> QueryScalar<O> {
        QueryScalar(self.build_query_as())
    }
}

/// The arguments of one row.
pub(crate) struct Separated<'q> {
    query: &'q mut QueryBuilder,
    first: bool,
}

impl Separated<'_> {
    /// Appends an argument.
    pub(crate) fn push_bind(&mut self, argument: impl Argument) -> &mut Self {
        if !self.first {
            self.query.sql.push_str(", ");
        }
        self.first = false;
        self.query.push_bind(argument);
        self
    }
}
