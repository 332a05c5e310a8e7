//! The changes sent to open pages: those after the entry that the page names, each once, and none of other accounts.

use crate::test_store::TestStore;
use domain::audit::action::Action;
use domain::audit::live::LiveChange;
use store::Store;

async fn changes(store: &Store, test: &TestStore, after: i64) -> (Vec<LiveChange>, i64) {
    store.audit().live_changes(test.aya.account, after).await.unwrap()
}

#[tokio::test]
async fn changes_come_once_and_in_order_after_the_given_entry() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    let from = test.store.audit().last_entry(test.aya.account).await.unwrap();
    test.store.tokens().disable(&test.aya, token.id).await.unwrap();
    test.store.tokens().enable(&test.aya, token.id).await.unwrap();
    let (heard, up_to) = changes(&test.store, &test, from).await;
    let told: Vec<_> = heard.iter().map(|change| (change.sequence, change.action, change.token)).collect();
    let all = [(from + 1, Action::TokenDisabled, Some(token.id)), (from + 2, Action::TokenEnabled, Some(token.id))];
    assert_eq!(told, all);
    assert_eq!(heard[0].user.as_ref(), Some(&test.aya.user));
    assert_eq!(heard[0].name.as_deref(), Some("Export"));
    assert_eq!(up_to, from + 2);
    assert_eq!(changes(&test.store, &test, up_to).await, (Vec::new(), up_to));
    assert_eq!(changes(&test.reopened().await, &test, from + 1).await.0, heard[1..], "from another process, too");
}

#[tokio::test]
async fn change_names_the_revision_that_it_made() {
    let test = TestStore::new().await;
    let (by, from) = (&test.aya, test.store.audit().last_entry(test.aya.account).await.unwrap());
    let id = test.issue("Export").await.token.id;
    test.store.tokens().disable(by, id).await.unwrap();
    test.store.tokens().disable(by, id).await.unwrap(); // changes nothing
    test.store.tokens().update(by, id, test.settings("Import"), 2).await.unwrap();
    test.store.tokens().delete(by, id).await.unwrap();
    test.store.tokens().undo_delete(by, id).await.unwrap();
    let (heard, _) = changes(&test.store, &test, from).await;
    let revisions: Vec<_> = heard.iter().map(|change| change.revision).collect();
    assert_eq!(revisions, [None, Some(2), Some(3), Some(4), Some(5)]);
    assert_eq!(test.store.tokens().get(by.account, id).await.unwrap().revision, 5);
}

#[tokio::test]
async fn changes_of_other_accounts_and_unlisted_ones_are_skipped() {
    let test = TestStore::new().await;
    let stranger = test.stranger().await;
    let from = test.store.audit().last_entry(test.aya.account).await.unwrap();
    test.store.account().enable_api_access(&stranger).await.unwrap();
    assert_eq!(changes(&test.store, &test, from).await, (Vec::new(), from));
    test.store
        .sign_in()
        .with_password(&test.aya.user.email, crate::test_store::PASSWORD, crate::test_store::HERE)
        .await
        .unwrap()
        .session()
        .unwrap();
    assert_eq!(changes(&test.store, &test, from).await, (Vec::new(), from + 1));
    test.store.account().enable_api_access(&test.aya).await.unwrap();
    let (heard, _) = changes(&test.store, &test, from + 1).await;
    assert_eq!(heard.iter().map(|change| change.action).collect::<Vec<_>>(), [Action::ApiAccessEnabled]);
}

#[tokio::test]
async fn only_the_latest_200_changes_are_given_after_a_long_absence() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    for _ in 0..101 {
        test.store.tokens().disable(&test.aya, token.id).await.unwrap();
        test.store.tokens().enable(&test.aya, token.id).await.unwrap();
    }
    let last = test.store.audit().last_entry(test.aya.account).await.unwrap();
    for nonsense in [0, -5, i64::MIN] {
        let (heard, up_to) = changes(&test.store, &test, nonsense).await;
        assert_eq!((heard.len(), heard[199].sequence, up_to), (200, last, last));
    }
    assert_eq!(changes(&test.store, &test, i64::MAX).await, (Vec::new(), i64::MAX));
}

#[tokio::test]
async fn list_names_the_audit_entry_that_it_is_as_new_as() {
    let test = TestStore::new().await;
    test.issue("Export").await;
    let list =
        test.store.tokens().list(test.aya.account, &domain::tokens::filter::TokenFilter::default()).await.unwrap();
    assert_eq!(list.as_of, test.store.audit().last_entry(test.aya.account).await.unwrap());
}
