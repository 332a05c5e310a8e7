//! The behaviour of every store, on `SQLite`; and tests that are specific to `SQLite` or its files.

mod database;
mod files;

#[path = "../contract/mod.rs"]
mod contract;
#[allow(dead_code, unused_imports)] // tests need only some of it
#[path = "../../src/db/sql/mod.rs"]
mod sql;

use contract::{soft_passkey, test_store};
use database::Database;
use domain::tokens::secret::{AccountSid, Secret};
use sqlx::AssertSqlSafe;
use std::os::unix::fs::PermissionsExt;
use store::{Clock, Error, ServerKey, Store, verify_audit_trail};
use test_store::TestStore;

#[tokio::test]
async fn the_files_are_their_owners_only() {
    let test = TestStore::new().await;
    test.issue("Export").await;
    let files = test.database.files();
    assert!(files.len() >= 2, "the database and its log: {files:?}");
    for file in files {
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn a_database_in_memory_is_refused() {
    for url in ["sqlite::memory:", "sqlite://x?mode=memory"] {
        let opened = Store::open(url, ServerKey::from_bytes([1; 32]), Clock::system()).await;
        assert!(matches!(opened, Err(Error::UnsupportedDatabase(_))));
    }
}

#[tokio::test]
async fn known_token_is_cached_and_unknown_one_is_looked_up_each_time() {
    let test = TestStore::new().await;
    let issued = test.issue("Export").await;
    let seen = test.store.gate().authenticate(&issued.token.sid, &issued.secret).await.unwrap().unwrap();
    sql::query("ALTER TABLE tokens RENAME TO away").execute(&test.database().await).await.unwrap();
    let wrong = Secret::generate(&mut rand::rng());
    for store in [&test.store, &test.store.at(Clock::system())] {
        assert_eq!(store.gate().authenticate(&issued.token.sid, &issued.secret).await.unwrap().as_ref(), Some(&seen));
        assert_eq!(store.gate().authenticate(&issued.token.sid, &wrong).await.unwrap(), None);
    }
    let stranger = AccountSid::generate(&mut rand::rng());
    for _ in 0..2 {
        let answer = test.store.gate().authenticate(&stranger, &wrong).await;
        assert!(matches!(answer, Err(Error::Database(_))), "the database was asked");
    }
}

#[tokio::test]
async fn verifying_the_audit_trail_leaves_the_files_unchanged() {
    let test = TestStore::new().await;
    test.issue("Export").await;
    let key = ServerKey::from_bytes([7; 32]);
    let chains = test.store.audit().verify().await.unwrap();
    // A server still has the database open, so the last entries may be in the write-ahead log only.
    assert_eq!(verify_audit_trail(&test.database.url(), &key, &[]).await.unwrap(), chains);

    let copy = Database::new().await;
    sql::query(AssertSqlSafe(format!("VACUUM INTO '{}'", copy.path().display())))
        .execute(&test.database().await)
        .await
        .unwrap();
    std::fs::set_permissions(copy.path(), PermissionsExt::from_mode(0o400)).unwrap();
    let before = copy.bytes().await;
    assert_eq!(verify_audit_trail(&copy.url(), &key, &[]).await.unwrap(), chains);
    assert_eq!((copy.files(), copy.bytes().await), (vec![copy.path()], before));

    let missing = Database::new().await;
    assert!(matches!(verify_audit_trail(&missing.url(), &key, &[]).await, Err(Error::Database(_))));
    assert!(missing.files().is_empty(), "none is made");
    let old = Database::before(7).await;
    assert!(matches!(verify_audit_trail(&old.url(), &key, &[]).await, Err(Error::Unchained)));
}
