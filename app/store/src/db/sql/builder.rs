//! Statements that are built piece by piece.

use super::argument::{Argument, Value};
use super::query::{Query, QueryAs, QueryScalar};
use sqlx::{AssertSqlSafe, SqlSafeStr};
use std::fmt::{Display, Write};
use std::marker::PhantomData;

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
