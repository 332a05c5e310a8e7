//! One way to run SQL on either database: statements, their arguments and where they run, named as `sqlx` names them.
//!
//! A statement is written once, in SQL that `SQLite` and `PostgreSQL` both read (`$1`, `ON CONFLICT`, `RETURNING`), and
//! only learns where it runs which of them it is for. Whole numbers are `i64` in both. [`Dialect`] covers the
//! differences.

mod argument;
mod builder;
mod connection;
mod dialect;
mod query;
mod timeouts;

pub(crate) use argument::Value;
pub(crate) use builder::QueryBuilder;
pub(crate) use connection::{Backend, Connection, Pool, Tx, begin};
pub(crate) use dialect::Dialect;
pub(crate) use query::{QueryResult, Row, query, query_as, query_scalar};
pub(crate) use timeouts::{try_out, unanswered, within};
