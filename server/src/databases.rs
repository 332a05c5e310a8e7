//! `kagitaba migrate` and `kagitaba move`: what is done to whole databases.

use anyhow::{Context as _, Result};
use store::move_database;

use crate::{cli::Move, config::Data};

/// Brings the database to this version's form, as `serve` does before it begins.
///
/// # Errors
/// Where the store can't be opened.
pub async fn migrate(data: &Data) -> Result<()> {
    data.open().await?;
    println!("The database has the form of version {}.", env!("CARGO_PKG_VERSION"));
    Ok(())
}

/// Moves all that there is from one kind of database to the other, and prints how many rows each table has.
///
/// # Errors
/// Where one of them can't be used, where the one to move to has something already, and where anything came out different.
pub async fn move_all(Move { from, to }: &Move) -> Result<()> {
    let moved = move_database(from, to).await.context("nothing was moved")?;
    for table in &moved {
        println!("{:20} {:>12}", table.name, table.rows);
    }
    let rows: u64 = moved.iter().map(|table| table.rows).sum();
    println!(
        "Moved {rows} rows and found them all the same. Keep the server key where it is, and serve the new database."
    );
    Ok(())
}
