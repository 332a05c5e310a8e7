//! What every store does, on `PostgreSQL`; and what is tested in its own words.

mod calls;
mod cluster;
mod database;
mod moving;
mod nodes;
mod wire;

#[path = "../contract/mod.rs"]
mod contract;
#[allow(dead_code)]
#[path = "../../src/sql.rs"]
mod sql;

use contract::{house, soft_passkey};
use database::Database;
use store::{Clock, ServerKey, Store};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_stores_that_open_an_empty_database_at_once_all_do() {
    let database = Database::empty().await;
    let opened: Vec<_> = (0..10)
        .map(|_| {
            let url = database.url();
            tokio::spawn(async move { Store::open(&url, ServerKey::from_bytes([7; 32]), Clock::system()).await })
        })
        .collect();
    for opened in opened {
        opened.await.unwrap().unwrap();
    }
}
