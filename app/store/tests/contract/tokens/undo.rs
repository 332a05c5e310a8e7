//! Deleting a token and undoing the deletion.

use crate::house::House;
use chrono::TimeDelta;
use domain::tokens::filter::TokenFilter;
use domain::tokens::token::{Token, UNDO_WINDOW};
use store::Error;
use uuid::Uuid;

const AN_INSTANT: TimeDelta = TimeDelta::microseconds(1);

#[tokio::test]
async fn a_deleted_token_is_at_once_invisible_to_everything() {
    let house = House::new().await;
    let issued = house.issue("Export").await;
    let id = issued.token.id;
    house.store.delete(&house.aya, id).await.unwrap();
    let (store, by) = (&house.store, &house.aya);
    let answers = [
        store.token(by.account, id).await.err(),
        store.update(by, id, house.settings("Import"), 2).await.err(),
        store.duplicate(by, id, Uuid::now_v7()).await.err(),
        store.reset(by, id, 2).await.err(),
        store.upgrade_version(by, id).await.err(),
        store.disable(by, id).await.err(),
        store.enable(by, id).await.err(),
        store.delete(by, id).await.err(),
    ];
    assert!(answers.iter().all(|answer| matches!(answer, Some(Error::NotFound))), "{answers:?}");
    assert_eq!(store.list(by.account, &TokenFilter::default()).await.unwrap().tokens, []);
    assert!(store.authenticate(&issued.token.sid, &issued.secret).await.unwrap().is_none());
    assert!(!house.issue("Export").await.name_exists, "its name is free");
}

#[tokio::test]
async fn within_the_window_undo_brings_back_the_same_token_and_secret() {
    let house = House::new().await;
    let issued = house.issue("Export").await;
    house.store.record_use(issued.token.id).await.unwrap();
    let before = house.store.disable(&house.aya, issued.token.id).await.unwrap();
    house.store.delete(&house.aya, before.id).await.unwrap();
    house.later(UNDO_WINDOW - AN_INSTANT);
    assert_eq!(house.store.remove_deleted().await.unwrap(), 0);
    let back = house.store.undo_delete(&house.aya, before.id).await.unwrap();
    assert_eq!(Token { revision: before.revision, ..back.clone() }, before);
    assert_eq!(house.token(&before).await, back);
    assert!(house.store.authenticate(&before.sid, &issued.secret).await.unwrap().is_some());
    assert_eq!(house.store.undo_delete(&house.aya, before.id).await.unwrap(), back, "undoing again changes nothing");
    assert_eq!(house.actions().await[4..], ["token_deleted", "token_deletion_undone"]);
}

#[tokio::test]
async fn after_the_window_the_token_is_gone_for_good() {
    let house = House::new().await;
    let token = house.issue("Export").await.token;
    let kept = house.issue("Kept").await.token;
    house.store.delete(&house.aya, token.id).await.unwrap();
    house.later(UNDO_WINDOW);
    assert!(matches!(house.store.undo_delete(&house.aya, token.id).await, Err(Error::NotFound)));
    assert_eq!(house.store.remove_deleted().await.unwrap(), 1);
    assert_eq!(house.store.remove_deleted().await.unwrap(), 0);
    assert!(matches!(house.store.undo_delete(&house.aya, token.id).await, Err(Error::NotFound)));
    assert_eq!(house.token(&kept).await, kept);
    assert_eq!(house.actions().await[2..], ["token_created", "token_created", "token_deleted"], "its trail stays");
}

#[tokio::test]
async fn a_restart_neither_shortens_nor_lengthens_the_window() {
    let house = House::new().await;
    let [early, late] = [house.issue("Early").await.token, house.issue("Late").await.token];
    for token in [&early, &late] {
        house.store.delete(&house.aya, token.id).await.unwrap();
    }
    house.later(UNDO_WINDOW - AN_INSTANT);
    let reopened = house.reopened().await;
    assert_eq!(reopened.undo_delete(&house.aya, early.id).await.unwrap().settings, early.settings);
    house.later(AN_INSTANT);
    assert!(matches!(reopened.undo_delete(&house.aya, late.id).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn another_account_cannot_undo() {
    let house = House::new().await;
    let token = house.issue("Export").await.token;
    let stranger = house.stranger().await;
    house.store.delete(&house.aya, token.id).await.unwrap();
    assert!(matches!(house.store.undo_delete(&stranger, token.id).await, Err(Error::NotFound)));
}
