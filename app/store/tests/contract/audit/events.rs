//! The audit trail: one event per change.

use crate::sql;
use crate::test_store::TestStore;
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn every_change_is_one_event_with_its_user_and_token() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    let (store, by, id) = (&test.store, &test.aya, token.id);
    store.tokens().update(by, id, test.settings("Import"), 1).await.unwrap();
    store.tokens().reset(by, id, 2).await.unwrap();
    store.tokens().upgrade_version(by, id).await.unwrap();
    store.tokens().go_back_version(by, id).await.unwrap();
    store.tokens().disable(by, id).await.unwrap();
    store.tokens().enable(by, id).await.unwrap();
    let copy = store.tokens().duplicate(by, id, Uuid::now_v7()).await.unwrap().token;
    store.tokens().delete(by, id).await.unwrap();
    store.tokens().undo_delete(by, id).await.unwrap();
    let expected = [
        "token_created",
        "token_updated",
        "token_reset",
        "token_version_upgraded",
        "token_version_reverted",
        "token_disabled",
        "token_enabled",
        "token_duplicated",
        "token_deleted",
        "token_deletion_undone",
    ];
    assert_eq!(test.actions().await[2..], expected);
    let by_whom: Vec<(Uuid, Uuid)> =
        sql::query_as("SELECT user_id, token_id FROM audit_events WHERE token_id IS NOT NULL ORDER BY rowid")
            .fetch_all(&test.database().await)
            .await
            .unwrap();
    let of = |id: Uuid| (by.user.id.0, id);
    assert_eq!(by_whom.len(), expected.len());
    assert!(by_whom.iter().enumerate().all(|(n, event)| *event == of(if n == 7 { copy.id.0 } else { id.0 })));
}

#[tokio::test]
async fn new_account_begins_its_trail_with_its_name_and_no_user() {
    let test = TestStore::new().await;
    let events = test.events().await;
    assert_eq!(events[0], ("account_added".to_owned(), json!({ "name": "Acme" })));
    let by_whom: (Uuid, Option<Uuid>) = sql::query_as("SELECT account_id, user_id FROM audit_events ORDER BY rowid")
        .fetch_one(&test.database().await)
        .await
        .unwrap();
    assert_eq!(by_whom, (test.aya.account.0, None));
}

#[tokio::test]
async fn update_event_holds_the_settings_before_and_after() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    test.store.tokens().update(&test.aya, token.id, test.settings("Import"), 1).await.unwrap();
    test.store.tokens().disable(&test.aya, token.id).await.unwrap();
    let events = test.events().await;
    let expected =
        json!({ "name": "Import", "revision": 2, "before": token.settings, "after": test.settings("Import") });
    assert_eq!(events[3], ("token_updated".to_owned(), expected));
    assert_eq!(events[4], ("token_disabled".to_owned(), json!({ "name": "Import", "revision": 3 })));
}
