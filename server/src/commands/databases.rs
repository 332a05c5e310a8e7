//! `kagitaba migrate`, `kagitaba move` and `kagitaba backup`: operations on whole databases.

#![allow(clippy::doc_markdown)] // the doc comments of arguments are the help texts, too

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use store::move_database;

use crate::{config::Data, output::say};

/// The databases to move from and to.
#[derive(Debug, Clone, Args)]
pub struct Move {
    /// The database to move from: sqlite:PATH or postgres://USER@HOST/NAME. Pass the password in PGPASSWORD.
    #[arg(long, value_name = "URL")]
    pub from: String,
    /// The database to move to: empty, and of the other kind.
    #[arg(long, value_name = "URL")]
    pub to: String,
}

/// A backup to make.
#[derive(Debug, Clone, Args)]
pub struct Backup {
    /// The new file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The location of the data.
    #[command(flatten)]
    pub data: Data,
}

/// Migrates the database to this version's schema, as `serve` does before it begins.
///
/// # Errors
/// If the store can't be opened.
pub async fn migrate(data: &Data) -> Result<()> {
    data.open().await?;
    say!("The database is migrated to version {}.", env!("CARGO_PKG_VERSION"))?;
    Ok(())
}

/// Moves all data from one kind of database to the other, and prints the number of rows of each table.
///
/// # Errors
/// If one of them can't be used, if the target is not empty, or if any row came out different.
pub async fn move_all(Move { from, to }: &Move) -> Result<()> {
    let moved = move_database(from, to).await.context("nothing was moved")?;
    for table in &moved {
        say!("{:20} {:>12}", table.name, table.rows)?;
    }
    let rows: u64 = moved.iter().map(|table| table.rows).sum();
    say!("Moved {rows} rows and verified each one. Keep the server key where it is, and serve the new database.")?;
    Ok(())
}

/// Writes a copy of an `SQLite` database into a new file, while a server may run.
///
/// # Errors
/// If the file exists already or can't be written, if the database is of another kind, or if it can't be read.
pub async fn back_up(Backup { file, data }: &Backup) -> Result<()> {
    store::back_up(&data.url(), file).await.context("nothing was backed up")?;
    let (file, keys) = (file.display(), data.folder.display());
    say!(
        "Backed up the database to {file}. Back up the keys in {keys} (server.key, sealing.key) too, and keep them \
         apart from it."
    )?;
    Ok(())
}
