//! The agency's advertisers.

use crate::test_store::TestStore;
use chrono::TimeDelta;
use domain::Refusal;
use domain::account::AccountId;
use domain::reports::advertiser::{Advertiser, AdvertiserId};
use serde_json::json;
use store::{Error, ImportedAdvertisers};
use uuid::Uuid;

fn advertiser(id: u64, name: &str) -> Advertiser {
    Advertiser::imported([("Id", id.to_string().as_str()), ("Name", name)]).unwrap()
}

fn id(id: u64) -> AdvertiserId {
    id.to_string().parse().unwrap()
}

#[tokio::test]
async fn import_adds_new_replaces_changed_and_keeps_equal_advertisers() {
    let test = TestStore::new().await;
    let (store, account) = (&test.store, test.aya.account);
    let three = [advertiser(1, "One"), advertiser(2, "Two"), advertiser(3, "Three")];
    let imported = store.reports().import_advertisers(account, &three).await.unwrap();
    assert_eq!(imported, ImportedAdvertisers { added: 3, ..ImportedAdvertisers::default() });

    let again = [advertiser(2, "Two"), advertiser(3, "Third"), advertiser(4, "Four")];
    let imported = store.reports().import_advertisers(account, &again).await.unwrap();
    assert_eq!(imported, ImportedAdvertisers { added: 1, changed: 1, unchanged: 1 });
    let names: Vec<_> = store
        .reports()
        .advertisers(account, 0, 10)
        .await
        .unwrap()
        .0
        .into_iter()
        .map(|advertiser| advertiser.name)
        .collect();
    assert_eq!(names, ["One", "Two", "Third", "Four"]);

    let imported = store.reports().import_advertisers(account, &again).await.unwrap();
    assert_eq!(imported, ImportedAdvertisers { unchanged: 3, ..ImportedAdvertisers::default() });
    let events: Vec<_> = test.events().await.into_iter().filter(|event| event.0 == "advertisers_imported").collect();
    let counts = |added, changed, unchanged| json!({ "added": added, "changed": changed, "unchanged": unchanged });
    let events: Vec<_> = events.into_iter().map(|event| event.1).collect();
    assert_eq!(events, [counts(3, 0, 0), counts(1, 1, 1)], "no event where nothing changed");
}

#[tokio::test]
async fn an_advertiser_is_found_in_its_own_account_only() {
    let test = TestStore::new().await;
    let (store, account, other) = (&test.store, test.aya.account, test.stranger().await.account);
    let (own, others) = (advertiser(7, "Ours"), advertiser(7, "Theirs"));
    store.reports().import_advertisers(account, std::slice::from_ref(&own)).await.unwrap();
    store.reports().import_advertisers(other, &[others.clone(), advertiser(8, "Theirs too")]).await.unwrap();
    assert_eq!(store.reports().advertiser(account, id(7)).await.unwrap(), own);
    assert_eq!(store.reports().advertiser(other, id(7)).await.unwrap(), others);
    assert!(matches!(store.reports().advertiser(account, id(8)).await, Err(Error::Refused(Refusal::NotFound))));
    assert_eq!(store.reports().advertisers(account, 0, 10).await.unwrap(), (vec![own], 1));
}

#[tokio::test]
async fn ten_thousand_advertisers_are_imported_and_listed_by_number() {
    let test = TestStore::new().await;
    let (store, account) = (&test.store, test.aya.account);
    let many: Vec<_> = (1..=10_000).rev().map(|id| advertiser(id, "Acme")).collect();
    assert_eq!(store.reports().import_advertisers(account, &many).await.unwrap().added, 10_000);
    assert_eq!(store.reports().import_advertisers(account, &many).await.unwrap().unchanged, 10_000);
    let (page, total) = store.reports().advertisers(account, 9_998, 1_000).await.unwrap();
    let ids: Vec<_> = page.iter().map(|advertiser| advertiser.id).collect();
    assert_eq!((ids, total), (vec![id(9_999), id(10_000)], 10_000));
    assert_eq!(store.reports().advertisers(account, u64::MAX, 10).await.unwrap(), (vec![], 10_000));
}

#[tokio::test]
async fn an_import_moves_none_of_those_listed_before_it() {
    let test = TestStore::new().await;
    let (store, account) = (&test.store, test.aya.account);
    store.reports().import_advertisers(account, &[advertiser(90, "Ninety"), advertiser(50, "Fifty")]).await.unwrap();
    test.later(TimeDelta::seconds(1));
    store
        .reports()
        .import_advertisers(account, &[advertiser(7, "Seven"), advertiser(50, "Half a hundred")])
        .await
        .unwrap();
    let (list, _) = store.reports().advertisers(account, 0, 10).await.unwrap();
    let ids: Vec<_> = list.iter().map(|advertiser| advertiser.id).collect();
    assert_eq!(ids, [id(50), id(90), id(7)]);
}

#[tokio::test]
async fn an_import_into_no_account_leaves_nothing() {
    let test = TestStore::new().await;
    let nowhere = AccountId(Uuid::nil());
    let refused = test.store.reports().import_advertisers(nowhere, &[advertiser(1, "One")]).await;
    assert!(matches!(refused, Err(Error::Database(_))));
    assert_eq!(test.store.reports().advertisers(nowhere, 0, 10).await.unwrap(), (vec![], 0));
}
