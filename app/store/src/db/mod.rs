//! The two databases: opened, spoken to, moved, backed up, and shared by nodes.

pub mod backup;
pub mod database;
pub mod lock;
pub mod moving;
pub mod node;
pub mod nodes;
pub mod paging;
#[cfg(test)]
pub mod plans;
pub mod postgres;
pub mod sql;
pub mod sqlite;
pub mod sqlite_file;
pub mod work;
