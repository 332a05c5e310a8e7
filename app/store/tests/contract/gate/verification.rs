//! The gate's look-up is answered from the cache, and never with outdated data.

use crate::test_store::TestStore;
use domain::gate::access::Caller;
use domain::members::user::CurrentUser;
use domain::tokens::scope::{Scope, Scopes};
use domain::tokens::secret::Secret;
use domain::tokens::token::{TokenSettings, TokenState, UNDO_WINDOW};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use store::{IssuedToken, Store};
use uuid::Uuid;

/// Returns the token's caller, and asserts that the cache gives the same one.
async fn caller(store: &Store, issued: &IssuedToken) -> Option<Caller> {
    let first = store.gate().authenticate(&issued.token.sid, &issued.secret).await.unwrap();
    assert_eq!(store.gate().authenticate(&issued.token.sid, &issued.secret).await.unwrap(), first);
    first
}

async fn issue(store: &Store, by: &CurrentUser, settings: TokenSettings) -> IssuedToken {
    let settings = TokenSettings { primary_contact: by.user.id, ..settings };
    store.tokens().create(by, settings, Uuid::now_v7()).await.unwrap()
}

/// Polls the future at most that often, then drops it. Returns whether it has completed.
async fn give_up_after(polls: u32, future: impl Future) -> bool {
    let (mut future, mut left) = (pin!(future), polls);
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending if left == 0 => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

#[tokio::test]
async fn every_change_of_a_token_in_the_cache_takes_effect_at_once() {
    let test = TestStore::new().await;
    let mut issued = test.issue("Export").await;
    let (store, by, id) = (&test.store, &test.aya, issued.token.id);
    let before = caller(store, &issued).await.unwrap();

    store.tokens().disable(by, id).await.unwrap();
    assert_eq!(caller(store, &issued).await.unwrap().state, TokenState::Disabled);
    store.tokens().enable(by, id).await.unwrap();
    assert_eq!(caller(store, &issued).await.unwrap(), before);

    store.tokens().upgrade_version(by, id).await.unwrap();
    assert!(caller(store, &issued).await.unwrap().api_version.is_newest() && !before.api_version.is_newest());
    let scopes = Scopes::from_iter([Scope::find("runReport").unwrap()]);
    store.tokens().update(by, id, TokenSettings { scopes, ..test.settings("Import") }, 4).await.unwrap();
    let updated = caller(store, &issued).await.unwrap();
    assert_eq!((updated.scopes, updated.api_version), (scopes, before.api_version));

    let reset = store.tokens().reset(by, id, 5).await.unwrap();
    assert_eq!(caller(store, &issued).await, None);
    issued = reset;
    assert_eq!(caller(store, &issued).await.as_ref(), Some(&updated));

    store.tokens().delete(by, id).await.unwrap();
    assert_eq!(caller(store, &issued).await, None);
    store.tokens().undo_delete(by, id).await.unwrap();
    assert_eq!(caller(store, &issued).await.as_ref(), Some(&updated));
    store.tokens().delete(by, id).await.unwrap();
    test.later(UNDO_WINDOW);
    store.tokens().remove_deleted().await.unwrap();
    assert_eq!(caller(store, &issued).await, None);
}

#[tokio::test]
async fn api_access_switch_reaches_only_the_account_s_cached_tokens() {
    let test = TestStore::new().await;
    let (store, stranger) = (&test.store, test.stranger().await);
    let ours = [test.issue("One").await, test.issue("Two").await];
    let theirs = issue(store, &stranger, test.settings("Theirs")).await;
    let access = async || {
        let mut access = Vec::new();
        for issued in ours.iter().chain([&theirs]) {
            access.push(caller(store, issued).await.unwrap().api_access);
        }
        access
    };
    assert_eq!(access().await, [false, false, false]);
    store.account().enable_api_access(&stranger).await.unwrap();
    assert_eq!(access().await, [false, false, true]);
    store.account().enable_api_access(&test.aya).await.unwrap();
    assert_eq!(access().await, [true, true, true]);
    store.account().disable_api_access(&test.aya).await.unwrap();
    assert_eq!(access().await, [false, false, true]);
}

#[tokio::test]
async fn a_change_that_fails_leaves_the_token_as_it_was() {
    let test = TestStore::new().await;
    let issued = test.issue("Export").await;
    let before = caller(&test.store, &issued).await;
    test.refuse("INSERT ON audit_events").await;
    test.store.tokens().reset(&test.aya, issued.token.id, 1).await.unwrap_err();
    test.store.account().enable_api_access(&test.aya).await.unwrap_err();
    assert_eq!(caller(&test.store, &issued).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn abandoned_change_leaves_nothing_stale_in_the_cache() {
    let test = TestStore::new().await;
    let issued = test.issue("Export").await;
    let (store, by, id) = (&test.store, &test.aya, issued.token.id);
    let mut answered = 0;
    for polls in (1..=40).flat_map(|polls| [polls; 10]).chain([u32::MAX; 2]) {
        caller(store, &issued).await;
        let disable = async { (store.tokens().disable(by, id).await, store.account().disable_api_access(by).await) };
        let enable = async { (store.tokens().enable(by, id).await, store.account().enable_api_access(by).await) };
        answered += u32::from(give_up_after(polls, disable).await);
        store.gate().authenticate(&issued.token.sid, &issued.secret).await.unwrap(); // may cache the state before the change
        answered += u32::from(give_up_after(polls, enable).await);
        store.gate().authenticate(&issued.token.sid, &issued.secret).await.unwrap();
        store.work().begin("whatever").await.unwrap(); // waits until earlier transactions have ended
        assert_eq!(caller(store, &issued).await, caller(&test.reopened().await, &issued).await, "{polls} polls");
    }
    assert!((4..804).contains(&answered), "{answered} of 804 answered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reset_rejects_old_secret_at_once_under_load() {
    const RESETS: u64 = 1_000;
    let test = TestStore::new().await;
    let issued = test.issue("Export").await;
    // The number of answered resets, and the secrets before and after the last of them.
    let known = Arc::new(Mutex::new((0, Secret::generate(&mut rand::rng()), issued.secret.clone())));
    let begun = Arc::new(AtomicU64::new(0));
    let (mut calls, mut callers) = (0_u64, Vec::new());
    for _ in 0..8 {
        let (store, sid) = (test.store.clone(), issued.token.sid.clone());
        let (known, begun) = (Arc::clone(&known), Arc::clone(&begun));
        callers.push(tokio::spawn(async move {
            let mut calls = 0;
            loop {
                let (answered, old, new) = known.lock().unwrap().clone();
                assert!(store.gate().authenticate(&sid, &old).await.unwrap().is_none(), "stale after reset {answered}");
                let passed = store.gate().authenticate(&sid, &new).await.unwrap().is_some();
                assert!(passed || begun.load(Ordering::SeqCst) > answered, "refused after reset {answered}");
                calls += 2;
                if answered == RESETS {
                    return calls;
                }
                tokio::task::yield_now().await;
            }
        }));
    }
    for number in 1..=RESETS {
        begun.store(number, Ordering::SeqCst);
        let revision = i64::try_from(number).unwrap();
        let secret = test.store.tokens().reset(&test.aya, issued.token.id, revision).await.unwrap().secret;
        let mut known = known.lock().unwrap();
        *known = (number, known.2.clone(), secret);
    }
    for caller in callers {
        calls += caller.await.unwrap();
    }
    assert!(calls > RESETS, "{calls} calls");
}
