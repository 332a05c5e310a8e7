//! One way to speak SQL to either database: statements, their arguments and where they run, named as `sqlx` names them.
//!
//! A statement is written once, in what `SQLite` and `PostgreSQL` both read (`$1`, `ON CONFLICT`, `RETURNING`), and learns
//! only where it runs which of them it is for. Whole numbers are `i64` in both. Where the two must be told differently,
//! [`Dialect`] has the words.

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

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `SQLite`.
    Sqlite,
    /// `PostgreSQL`.
    Postgres,
}

impl Dialect {
    /// The function that tells where in a text another begins, counted from 1, or 0.
    pub(crate) fn position(self) -> &'static str {
        match self {
            Self::Sqlite => "instr",
            Self::Postgres => "strpos",
        }
    }
}

/// Connections.
pub(crate) enum Pool {
    /// To `SQLite`.
    Sqlite(SqlitePool),
    /// To `PostgreSQL`.
    Postgres(PgPool),
}

impl Pool {
    /// Which database it is.
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

    /// A connection, for queries that need not see the same.
    pub(crate) async fn acquire(&self) -> sqlx::Result<Connection> {
        Ok(match self {
            Self::Sqlite(pool) => Connection::Sqlite(Held::Alone(Box::pin(pool.acquire()).await?)),
            Self::Postgres(pool) => Connection::Postgres(Held::Alone(Box::pin(pool.acquire()).await?)),
        })
    }
}

/// How long a statement may take, its wait for a connection and for locks included.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);

/// Whether a database has ever left something unanswered: from then on [`try_out`] does what it says.
static SILENT: AtomicBool = AtomicBool::new(false);

/// What a database has to answer. One that is gone without a word would be waited for until the system gives the connection
/// up, which takes many minutes.
async fn in_time<T>(answer: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    within(ANSWERED_WITHIN, answer).await
}

/// Likewise, with another limit.
pub(crate) async fn within<T, E: From<sqlx::Error>>(
    limit: Duration,
    answer: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let mut answer = pin!(answer); // so that its connection comes back after the note of it
    timeout(limit, answer.as_mut()).await.unwrap_or_else(|_| {
        SILENT.store(true, Ordering::Release);
        Err(sqlx::Error::from(io::Error::from(io::ErrorKind::TimedOut)).into())
    })
}

/// Tries a connection out as it comes back to its pool: one that does not answer is closed at once. The pool itself would
/// wait for its answer, and be left with none that can be had.
pub(crate) async fn try_out(connection: &mut PgConnection) -> sqlx::Result<bool> {
    /// A moment, as nobody waits for anything here but for what was rolled back.
    const ANSWERED_WITHIN: Duration = Duration::from_secs(5);
    if SILENT.load(Ordering::Acquire) {
        within(ANSWERED_WITHIN, connection.ping()).await?;
    }
    Ok(true)
}

/// Begins a transaction so in `PostgreSQL`. Once begun that is carried through, even if nobody waits for it any more: `sqlx`
/// would give the connection back as if it were in none.
pub(crate) async fn begin(pool: &PgPool, begin: impl SqlSafeStr) -> sqlx::Result<Tx> {
    let (pool, begin) = (pool.clone(), begin.into_sql_str());
    let beginning = tokio::spawn(async move { pool.begin_with(begin).await });
    let answer = async { beginning.await.map_err(|cut_short| sqlx::Error::Io(io::Error::other(cut_short)))? };
    in_time(answer).await.map(Tx::from)
}

/// A connection, alone or in a transaction.
pub(crate) enum Connection {
    /// To `SQLite`.
    Sqlite(Held<Sqlite>),
    /// To `PostgreSQL`.
    Postgres(Held<Postgres>),
}

impl Connection {
    /// Which database it is to.
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }
}

/// How a connection is held.
pub(crate) enum Held<DB: Database> {
    /// It goes back to its pool when dropped.
    Alone(PoolConnection<DB>),
    /// What was done is rolled back when dropped.
    InTransaction(Transaction<'static, DB>),
}

impl<DB: Database> Held<DB> {
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
    /// Makes what was done last.
    pub(crate) async fn commit(self) -> sqlx::Result<()> {
        match self.0 {
            Connection::Sqlite(held) => held.commit().await,
            Connection::Postgres(held) => in_time(held.commit()).await,
        }
    }
}

impl From<Transaction<'static, Sqlite>> for Tx {
    fn from(transaction: Transaction<'static, Sqlite>) -> Self {
        Self(Connection::Sqlite(Held::InTransaction(transaction)))
    }
}

impl From<Transaction<'static, Postgres>> for Tx {
    fn from(transaction: Transaction<'static, Postgres>) -> Self {
        Self(Connection::Postgres(Held::InTransaction(transaction)))
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

/// Where a statement runs: any connection of a pool, or this one.
pub(crate) enum On<'c> {
    /// Any of `SQLite`'s.
    SqlitePool(&'c SqlitePool),
    /// Any of `PostgreSQL`'s.
    PostgresPool(&'c PgPool),
    /// One of `SQLite`'s.
    Sqlite(&'c mut SqliteConnection),
    /// One of `PostgreSQL`'s.
    Postgres(&'c mut PgConnection),
}

impl<'c> From<&'c Pool> for On<'c> {
    fn from(pool: &'c Pool) -> Self {
        match pool {
            Pool::Sqlite(pool) => Self::SqlitePool(pool),
            Pool::Postgres(pool) => Self::PostgresPool(pool),
        }
    }
}

impl<'c> From<&'c mut Connection> for On<'c> {
    fn from(connection: &'c mut Connection) -> Self {
        match connection {
            Connection::Sqlite(held) => Self::Sqlite(held.connection()),
            Connection::Postgres(held) => Self::Postgres(held.connection()),
        }
    }
}

/// What a statement has done.
pub(crate) struct QueryResult {
    rows_affected: u64,
}

impl QueryResult {
    /// How many rows it has inserted, changed or deleted.
    pub(crate) fn rows_affected(&self) -> u64 {
        self.rows_affected
    }
}

/// What both databases' rows can be read as.
pub(crate) trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

impl<T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin> Row for T {}

/// An argument; one that is not there has a type all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// An id.
    Uuid(Option<Uuid>),
    /// A whole number.
    Integer(Option<i64>),
    /// Yes or no.
    Boolean(Option<bool>),
    /// A text.
    Text(Option<String>),
    /// Bytes.
    Bytes(Option<Vec<u8>>),
}

impl Value {
    /// How long it is, where it can be long.
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

/// What can be an argument.
pub(crate) trait Argument {
    /// The argument that it is.
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

/// The arguments, in the form of the database that is known by the type.
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

/// A statement of which it counts only what it does.
#[must_use = "a statement does nothing until it runs"]
pub(crate) struct Query {
    sql: SqlStr,
    arguments: Vec<Value>,
    persistent: bool,
    /// Whether its arguments stand as `?`, one after the other. `SQLite` looks for `$1` and `?1` among all of them, which
    /// takes too long where they are thousands.
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

/// A statement, to be executed.
pub(crate) fn query(sql: impl SqlSafeStr) -> Query {
    Query { sql: sql.into_sql_str(), arguments: Vec::new(), persistent: true, in_order: false }
}

/// A statement, to read its rows.
pub(crate) fn query_as<O>(sql: impl SqlSafeStr) -> QueryAs<O> {
    QueryAs { query: query(sql), rows: PhantomData }
}

/// A statement, to read its one column.
pub(crate) fn query_scalar<O>(sql: impl SqlSafeStr) -> QueryScalar<O> {
    QueryScalar(query_as(sql))
}

impl Query {
    /// Gives it its next argument.
    pub(crate) fn bind(mut self, argument: impl Argument) -> Self {
        self.arguments.push(argument.value());
        self
    }

    /// Whether the connection shall keep it prepared, which is so unless it is said.
    pub(crate) fn persistent(mut self, persistent: bool) -> Self {
        self.persistent = persistent;
        self
    }

    /// Runs it.
    pub(crate) async fn execute<'c>(self, on: impl Into<On<'c>>) -> sqlx::Result<QueryResult> {
        Box::pin(self.done(on.into())).await
    }

    // The three below are apart from what is read from the rows, so that they are compiled once. Like all here that waits for
    // a database they do it on the heap: what may have to wait would need room for it otherwise, also where it need not.

    async fn done(self, on: On<'_>) -> sqlx::Result<QueryResult> {
        in_time(self.done_on(on)).await
    }

    async fn row(self, on: On<'_>) -> sqlx::Result<Option<AnyRow>> {
        in_time(self.row_on(on)).await
    }

    async fn rows(self, on: On<'_>) -> sqlx::Result<Rows> {
        in_time(self.rows_on(on)).await
    }

    async fn done_on(self, on: On<'_>) -> sqlx::Result<QueryResult> {
        let rows_affected = match on {
            On::SqlitePool(on) => self.of::<Sqlite>()?.execute(on).await?.rows_affected(),
            On::Sqlite(on) => self.of::<Sqlite>()?.execute(on).await?.rows_affected(),
            On::PostgresPool(on) => self.of::<Postgres>()?.execute(on).await?.rows_affected(),
            On::Postgres(on) => self.of::<Postgres>()?.execute(on).await?.rows_affected(),
        };
        Ok(QueryResult { rows_affected })
    }

    async fn row_on(self, on: On<'_>) -> sqlx::Result<Option<AnyRow>> {
        Ok(match on {
            On::SqlitePool(on) => self.of::<Sqlite>()?.fetch_optional(on).await?.map(AnyRow::Sqlite),
            On::Sqlite(on) => self.of::<Sqlite>()?.fetch_optional(on).await?.map(AnyRow::Sqlite),
            On::PostgresPool(on) => self.of::<Postgres>()?.fetch_optional(on).await?.map(AnyRow::Postgres),
            On::Postgres(on) => self.of::<Postgres>()?.fetch_optional(on).await?.map(AnyRow::Postgres),
        })
    }

    async fn rows_on(self, on: On<'_>) -> sqlx::Result<Rows> {
        Ok(match on {
            On::SqlitePool(on) => Rows::Sqlite(self.of::<Sqlite>()?.fetch_all(on).await?),
            On::Sqlite(on) => Rows::Sqlite(self.of::<Sqlite>()?.fetch_all(on).await?),
            On::PostgresPool(on) => Rows::Postgres(self.of::<Postgres>()?.fetch_all(on).await?),
            On::Postgres(on) => Rows::Postgres(self.of::<Postgres>()?.fetch_all(on).await?),
        })
    }

    fn of<DB: Speak>(self) -> sqlx::Result<sqlx::query::Query<'static, DB, DB::Arguments>> {
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
    /// Gives it its next argument.
    pub(crate) fn bind(mut self, argument: impl Argument) -> Self {
        self.query = self.query.bind(argument);
        self
    }

    /// [`Query::persistent`].
    pub(crate) fn persistent(mut self, persistent: bool) -> Self {
        self.query = self.query.persistent(persistent);
        self
    }

    /// The row, if there is one.
    pub(crate) async fn fetch_optional<'c>(self, on: impl Into<On<'c>>) -> sqlx::Result<Option<O>> {
        let row = Box::pin(self.query.row(on.into())).await?;
        row.map(|row| match row {
            AnyRow::Sqlite(row) => O::from_row(&row),
            AnyRow::Postgres(row) => O::from_row(&row),
        })
        .transpose()
    }

    /// The row.
    pub(crate) async fn fetch_one<'c>(self, on: impl Into<On<'c>>) -> sqlx::Result<O> {
        self.fetch_optional(on).await?.ok_or(sqlx::Error::RowNotFound)
    }

    /// All rows.
    pub(crate) async fn fetch_all<'c>(self, on: impl Into<On<'c>>) -> sqlx::Result<Vec<O>> {
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
    /// Gives it its next argument.
    pub(crate) fn bind(self, argument: impl Argument) -> Self {
        Self(self.0.bind(argument))
    }

    /// The value, if there is a row.
    pub(crate) async fn fetch_optional<'c>(self, on: impl Into<On<'c>>) -> sqlx::Result<Option<O>> {
        Ok(self.0.fetch_optional(on).await?.map(|(value,)| value))
    }

    /// The value.
    pub(crate) async fn fetch_one<'c>(self, on: impl Into<On<'c>>) -> sqlx::Result<O> {
        Ok(self.0.fetch_one(on).await?.0)
    }

    /// The values of all rows.
    pub(crate) async fn fetch_all<'c>(self, on: impl Into<On<'c>>) -> sqlx::Result<Vec<O>> {
        Ok(self.0.fetch_all(on).await?.into_iter().map(|(value,)| value).collect())
    }
}

/// A database that statements can be made for.
trait Speak: Database<Arguments: sqlx::IntoArguments<Self>> + HasStatementCache {
    /// The statement as it names arguments, from one whose arguments stand as `?`.
    fn numbered(sql: SqlStr) -> SqlStr;
    /// The arguments as it takes them.
    fn collected(arguments: Vec<Value>) -> sqlx::Result<Self::Arguments>;
}

impl Speak for Sqlite {
    fn numbered(sql: SqlStr) -> SqlStr {
        sql
    }

    fn collected(arguments: Vec<Value>) -> sqlx::Result<Self::Arguments> {
        collect!(arguments)
    }
}

impl Speak for Postgres {
    fn numbered(sql: SqlStr) -> SqlStr {
        let mut numbered = String::with_capacity(2 * sql.as_str().len());
        for (number, piece) in sql.as_str().split('?').enumerate() {
            if number > 0 {
                let _ = write!(numbered, "${number}"); // nothing fails in writing to a string
            }
            numbered.push_str(piece);
        }
        AssertSqlSafe(numbered).into_sql_str()
    }

    fn collected(arguments: Vec<Value>) -> sqlx::Result<Self::Arguments> {
        collect!(arguments)
    }
}

/// A statement that is put together piece by piece. No piece has a `?`: that is what arguments stand as.
pub(crate) struct QueryBuilder {
    sql: String,
    arguments: Vec<Value>,
}

impl QueryBuilder {
    /// A statement that begins so.
    pub(crate) fn new(begin: impl Into<String>) -> Self {
        Self { sql: begin.into(), arguments: Vec::new() }
    }

    /// Begins with that text instead, before all else.
    #[cfg(test)]
    pub(crate) fn prefix(&mut self, sql: &str) {
        self.sql.insert_str(0, sql);
    }

    /// Goes on with that text.
    pub(crate) fn push(&mut self, sql: impl Display) -> &mut Self {
        let _ = write!(self.sql, "{sql}"); // nothing fails in writing to a string
        self
    }

    /// Goes on with an argument.
    pub(crate) fn push_bind(&mut self, argument: impl Argument) -> &mut Self {
        self.arguments.push(argument.value());
        self.sql.push('?');
        self
    }

    /// Goes on with these arguments, with commas between them.
    pub(crate) fn push_list(&mut self, arguments: impl IntoIterator<Item = impl Argument>) -> &mut Self {
        let mut list = Separated { query: self, first: true };
        for argument in arguments {
            list.push_bind(argument);
        }
        self
    }

    /// Goes on with `VALUES` and a row of arguments for each.
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

    /// The statement, to be executed.
    pub(crate) fn build(self) -> Query {
        let sql = AssertSqlSafe(self.sql).into_sql_str();
        Query { sql, arguments: self.arguments, persistent: true, in_order: true }
    }

    /// The statement, to read its rows.
    pub(crate) fn build_query_as<O>(self) -> QueryAs<O> {
        QueryAs { query: self.build(), rows: PhantomData }
    }

    /// The statement, to read its one column.
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
    /// Goes on with an argument.
    pub(crate) fn push_bind(&mut self, argument: impl Argument) -> &mut Self {
        if !self.first {
            self.query.sql.push_str(", ");
        }
        self.first = false;
        self.query.push_bind(argument);
        self
    }
}
