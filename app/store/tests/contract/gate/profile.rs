//! The gate's account profile is answered from the cache, and never with outdated data.

use crate::test_store::TestStore;
use domain::Refusal;
use domain::account::AccountId;
use domain::account::company::CompanyInformation;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use store::Error;
use tokio::task::JoinSet;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn profile_is_current_after_each_change() {
    let test = TestStore::new().await;
    let account = test.aya.account;
    let ended = Arc::new(AtomicBool::new(false));
    let mut readers = JoinSet::new();
    for _ in 0..4 {
        let (store, ended) = (test.store.clone(), Arc::clone(&ended));
        readers.spawn(async move {
            while !ended.load(Ordering::Acquire) {
                store.gate().company_information(account).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
    }
    for number in 0..50 {
        let changed = CompanyInformation {
            website: format!("https://{number}.example"),
            ein_ssn_foreign_tax_id: format!("12-345{number:04}"),
            ..CompanyInformation::named("Acme")
        };
        let edit = |_: &CompanyInformation| Ok::<_, Error>(changed.clone());
        test.store.account().update_company_information(&test.aya, edit).await.unwrap();
        assert_eq!(*test.store.gate().company_information(account).await.unwrap(), changed.masked());
    }
    ended.store(true, Ordering::Release);
    readers.join_all().await;
    test.store.gate().company_information(account).await.unwrap();
    // With nodes, only a store that keeps a lease remembers anything.
    assert_eq!(test.store.gate().remembers_profile(account), !test.store.has_nodes());
}

#[tokio::test]
async fn profile_of_an_unknown_account_is_not_found() {
    let test = TestStore::new().await;
    let unknown = AccountId(Uuid::from_u128(1));
    for _ in 0..2 {
        let answer = test.store.gate().company_information(unknown).await;
        assert!(matches!(answer, Err(Error::Refused(Refusal::NotFound))), "{answer:?}");
    }
    assert!(!test.store.gate().remembers_profile(unknown));
}
