//! Deleting a token and undoing the deletion.

use crate::test_store::TestStore;
use chrono::TimeDelta;
use domain::Refusal;
use domain::tokens::filter::TokenFilter;
use domain::tokens::token::{Token, UNDO_WINDOW};
use store::Error;
use uuid::Uuid;

const AN_INSTANT: TimeDelta = TimeDelta::microseconds(1);

#[tokio::test]
async fn a_deleted_token_is_at_once_invisible_to_everything() {
    let test = TestStore::new().await;
    let issued = test.issue("Export").await;
    let id = issued.token.id;
    test.store.tokens().delete(&test.aya, id).await.unwrap();
    let (store, by) = (&test.store, &test.aya);
    let answers = [
        store.tokens().get(by.account, id).await.err(),
        store.tokens().update(by, id, test.settings("Import"), 2).await.err(),
        store.tokens().duplicate(by, id, Uuid::now_v7()).await.err(),
        store.tokens().reset(by, id, 2).await.err(),
        store.tokens().stop_old_value(by, id).await.err(),
        store.tokens().upgrade_version(by, id).await.err(),
        store.tokens().go_back_version(by, id).await.err(),
        store.tokens().begin_trial(by, id, issued.token.settings.scopes, false, 2).await.err(),
        store.tokens().drop_trial(by, Some(id)).await.err(),
        store.tokens().enforce_trial(by, id).await.err(),
        store.tokens().disable(by, id).await.err(),
        store.tokens().enable(by, id).await.err(),
        store.tokens().delete(by, id).await.err(),
    ];
    assert!(answers.iter().all(|answer| matches!(answer, Some(Error::Refused(Refusal::NotFound)))), "{answers:?}");
    assert_eq!(store.tokens().list(by.account, &TokenFilter::default()).await.unwrap().tokens, []);
    assert!(store.gate().authenticate(&issued.token.sid, &issued.secret).await.unwrap().is_none());
    assert!(!test.issue("Export").await.name_exists, "its name is free");
}

#[tokio::test]
async fn within_the_window_undo_brings_back_the_same_token_and_secret() {
    let test = TestStore::new().await;
    let issued = test.issue("Export").await;
    test.store.gate().record_use(issued.token.id).await.unwrap();
    let before = test.store.tokens().disable(&test.aya, issued.token.id).await.unwrap();
    test.store.tokens().delete(&test.aya, before.id).await.unwrap();
    test.later(UNDO_WINDOW - AN_INSTANT);
    assert_eq!(test.store.tokens().remove_deleted().await.unwrap(), 0);
    let back = test.store.tokens().undo_delete(&test.aya, before.id).await.unwrap();
    assert_eq!(Token { revision: before.revision, ..back.clone() }, before);
    assert_eq!(test.token(&before).await, back);
    assert!(test.store.gate().authenticate(&before.sid, &issued.secret).await.unwrap().is_some());
    assert_eq!(
        test.store.tokens().undo_delete(&test.aya, before.id).await.unwrap(),
        back,
        "undoing again changes nothing"
    );
    assert_eq!(test.actions().await[4..], ["token_deleted", "token_deletion_undone"]);
}

#[tokio::test]
async fn after_the_window_the_token_is_gone_for_good() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    let kept = test.issue("Kept").await.token;
    test.store.tokens().delete(&test.aya, token.id).await.unwrap();
    test.later(UNDO_WINDOW);
    assert!(matches!(
        test.store.tokens().undo_delete(&test.aya, token.id).await,
        Err(Error::Refused(Refusal::NotFound))
    ));
    assert_eq!(test.store.tokens().remove_deleted().await.unwrap(), 1);
    assert_eq!(test.store.tokens().remove_deleted().await.unwrap(), 0);
    assert!(matches!(
        test.store.tokens().undo_delete(&test.aya, token.id).await,
        Err(Error::Refused(Refusal::NotFound))
    ));
    assert_eq!(test.token(&kept).await, kept);
    assert_eq!(test.actions().await[2..], ["token_created", "token_created", "token_deleted"], "its trail stays");
}

#[tokio::test]
async fn a_restart_neither_shortens_nor_lengthens_the_window() {
    let test = TestStore::new().await;
    let [early, late] = [test.issue("Early").await.token, test.issue("Late").await.token];
    for token in [&early, &late] {
        test.store.tokens().delete(&test.aya, token.id).await.unwrap();
    }
    test.later(UNDO_WINDOW - AN_INSTANT);
    let reopened = test.reopened().await;
    assert_eq!(reopened.tokens().undo_delete(&test.aya, early.id).await.unwrap().settings, early.settings);
    test.later(AN_INSTANT);
    assert!(matches!(reopened.tokens().undo_delete(&test.aya, late.id).await, Err(Error::Refused(Refusal::NotFound))));
}

#[tokio::test]
async fn another_account_cannot_undo() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    let stranger = test.stranger().await;
    test.store.tokens().delete(&test.aya, token.id).await.unwrap();
    assert!(matches!(
        test.store.tokens().undo_delete(&stranger, token.id).await,
        Err(Error::Refused(Refusal::NotFound))
    ));
}
