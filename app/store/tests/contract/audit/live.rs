//! The changes sent to open pages: those after the entry that the page names, each once, and none of other accounts.

use crate::house::House;
use domain::audit::action::Action;
use domain::audit::live::LiveChange;
use store::Store;

async fn changes(store: &Store, house: &House, after: i64) -> (Vec<LiveChange>, i64) {
    store.live_changes(house.aya.account, after).await.unwrap()
}

#[tokio::test]
async fn changes_come_once_and_in_order_after_the_given_entry() {
    let house = House::new().await;
    let token = house.issue("Export").await.token;
    let from = house.store.last_entry(house.aya.account).await.unwrap();
    house.store.disable(&house.aya, token.id).await.unwrap();
    house.store.enable(&house.aya, token.id).await.unwrap();
    let (heard, up_to) = changes(&house.store, &house, from).await;
    let told: Vec<_> = heard.iter().map(|change| (change.sequence, change.action, change.token)).collect();
    let all = [(from + 1, Action::TokenDisabled, Some(token.id)), (from + 2, Action::TokenEnabled, Some(token.id))];
    assert_eq!(told, all);
    assert_eq!(heard[0].user.as_ref(), Some(&house.aya.user));
    assert_eq!(heard[0].name.as_deref(), Some("Export"));
    assert_eq!(up_to, from + 2);
    assert_eq!(changes(&house.store, &house, up_to).await, (Vec::new(), up_to));
    assert_eq!(changes(&house.reopened().await, &house, from + 1).await.0, heard[1..], "from another process, too");
}

#[tokio::test]
async fn change_names_the_revision_that_it_made() {
    let house = House::new().await;
    let (by, from) = (&house.aya, house.store.last_entry(house.aya.account).await.unwrap());
    let id = house.issue("Export").await.token.id;
    house.store.disable(by, id).await.unwrap();
    house.store.disable(by, id).await.unwrap(); // changes nothing
    house.store.update(by, id, house.settings("Import"), 2).await.unwrap();
    house.store.delete(by, id).await.unwrap();
    house.store.undo_delete(by, id).await.unwrap();
    let (heard, _) = changes(&house.store, &house, from).await;
    let revisions: Vec<_> = heard.iter().map(|change| change.revision).collect();
    assert_eq!(revisions, [None, Some(2), Some(3), Some(4), Some(5)]);
    assert_eq!(house.store.token(by.account, id).await.unwrap().revision, 5);
}

#[tokio::test]
async fn changes_of_other_accounts_and_unlisted_ones_are_skipped() {
    let house = House::new().await;
    let stranger = house.stranger().await;
    let from = house.store.last_entry(house.aya.account).await.unwrap();
    house.store.enable_api_access(&stranger).await.unwrap();
    assert_eq!(changes(&house.store, &house, from).await, (Vec::new(), from));
    house.store.sign_in(&house.aya.user.email, crate::house::PASSWORD, crate::house::HERE).await.unwrap();
    assert_eq!(changes(&house.store, &house, from).await, (Vec::new(), from + 1));
    house.store.enable_api_access(&house.aya).await.unwrap();
    let (heard, _) = changes(&house.store, &house, from + 1).await;
    assert_eq!(heard.iter().map(|change| change.action).collect::<Vec<_>>(), [Action::ApiAccessEnabled]);
}

#[tokio::test]
async fn only_the_latest_200_changes_are_given_after_a_long_absence() {
    let house = House::new().await;
    let token = house.issue("Export").await.token;
    for _ in 0..101 {
        house.store.disable(&house.aya, token.id).await.unwrap();
        house.store.enable(&house.aya, token.id).await.unwrap();
    }
    let last = house.store.last_entry(house.aya.account).await.unwrap();
    for nonsense in [0, -5, i64::MIN] {
        let (heard, up_to) = changes(&house.store, &house, nonsense).await;
        assert_eq!((heard.len(), heard[199].sequence, up_to), (200, last, last));
    }
    assert_eq!(changes(&house.store, &house, i64::MAX).await, (Vec::new(), i64::MAX));
}

#[tokio::test]
async fn list_names_the_audit_entry_that_it_is_as_new_as() {
    let house = House::new().await;
    house.issue("Export").await;
    let list = house.store.list(house.aya.account, &domain::tokens::filter::TokenFilter::default()).await.unwrap();
    assert_eq!(list.as_of, house.store.last_entry(house.aya.account).await.unwrap());
}
