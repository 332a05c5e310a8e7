//! The behaviour of every store, on `PostgreSQL`; and tests that are specific to `PostgreSQL`.

mod calls;
mod cluster;
mod database;
mod moving;
mod nodes;
mod shares;
mod wire;

#[path = "../contract/mod.rs"]
mod contract;
#[allow(dead_code, unused_imports)] // tests need only some of it
#[path = "../../src/db/sql/mod.rs"]
mod sql;

use contract::{soft_passkey, test_store};
use database::Database;
use store::{Clock, ServerKey, Store};
use wire::Wire;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_stores_can_open_an_empty_database_at_once() {
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

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn connections_begin_with_parameters_that_poolers_know() {
    let wire = Wire::to(&Database::empty().await.url());
    let store = Store::open(wire.url(), ServerKey::from_bytes([7; 32]), Clock::system()).await.unwrap();
    let before = wire.startup_parameters().len();
    let keeping = tokio::spawn(store.clone().keep_lease());
    while wire.startup_parameters().len() == before {
        tokio::task::yield_now().await; // wait for the connection that listens to other nodes, too
    }
    keeping.abort();
    let known = ["user", "database", "client_encoding", "DateStyle", "TimeZone", "application_name"];
    for parameters in wire.startup_parameters() {
        assert!(parameters.len() > 1 && parameters.iter().all(|name| known.contains(&&**name)), "{parameters:?}");
    }
}
