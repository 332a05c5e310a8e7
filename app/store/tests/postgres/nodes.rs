//! Several nodes on one database: no node uses data that another has changed, even if nodes are lost or cut off.

use crate::sql;
use crate::test_store::TestStore;
use crate::wire::Wire;
use domain::account::company::CompanyInformation;
use domain::tokens::overlap::{Handover, Overlap};
use domain::tokens::secret::Secret;
use domain::tokens::token::Token;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use store::{Clock, IssuedToken, ServerKey, Store};
use tokio::task::{AbortHandle, JoinSet};

/// The longest wait for an event that needs no further action. It is long, as the machine may be busy.
const AT_LAST: Duration = Duration::from_mins(1);

/// Returns another node on the test's database, with the token in its cache, and the handle to stop its lease.
async fn node(test: &TestStore, token: &Token, secret: &Secret) -> (Store, AbortHandle) {
    remembering(test.reopened().await, token, secret).await
}

async fn remembering(node: Store, token: &Token, secret: &Secret) -> (Store, AbortHandle) {
    let keeping = tokio::spawn(node.clone().keep_lease()).abort_handle();
    let began = Instant::now();
    while !node.gate().remembers(&token.sid) {
        assert!(node.gate().authenticate(&token.sid, secret).await.unwrap().is_some());
        assert!(began.elapsed() < AT_LAST, "it trusts its cache");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    (node, keeping)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reset_on_one_node_rejects_old_secret_on_the_others_at_once() {
    let test = TestStore::new().await;
    test.store.account().enable_api_access(&test.aya).await.unwrap();
    let issued = test.issue("Export").await;
    let (sid, mut secret) = (issued.token.sid.clone(), issued.secret);
    let (other, _) = node(&test, &issued.token, &secret).await;

    let ended = Arc::new(AtomicBool::new(false));
    let (passes, remembered) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let current = Arc::new(std::sync::Mutex::new(secret.clone()));
    let mut callers = JoinSet::new();
    for _ in 0..8 {
        let (other, sid, ended) = (other.clone(), sid.clone(), Arc::clone(&ended));
        let (current, passes, remembered) = (Arc::clone(&current), Arc::clone(&passes), Arc::clone(&remembered));
        callers.spawn(async move {
            while !ended.load(Ordering::Acquire) {
                let secret = current.lock().unwrap().clone();
                if other.gate().authenticate(&sid, &secret).await.unwrap().is_some() {
                    passes.fetch_add(1, Ordering::Relaxed);
                }
                remembered.fetch_add(u64::from(other.gate().remembers(&sid)), Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        });
    }
    let mut revision = issued.token.revision;
    for reset in 0..100 {
        let issued = test.store.tokens().reset(&test.aya, issued.token.id, revision).await.unwrap();
        let old = std::mem::replace(&mut secret, issued.secret);
        revision = issued.token.revision;
        assert!(other.gate().authenticate(&sid, &old).await.unwrap().is_none(), "a stale pass after reset {reset}");
        assert!(other.gate().authenticate(&sid, &secret).await.unwrap().is_some());
        *current.lock().unwrap() = secret.clone();
        // Wait until the other node has the token in its cache again: otherwise the next reset would test nothing.
        while !other.gate().remembers(&sid) {
            tokio::task::yield_now().await;
        }
    }
    ended.store(true, Ordering::Release);
    callers.join_all().await;
    assert!(passes.load(Ordering::Relaxed) > 100 && remembered.load(Ordering::Relaxed) > 100);
    test.store.account().disable_api_access(&test.aya).await.unwrap();
    assert!(!other.gate().authenticate(&sid, &secret).await.unwrap().unwrap().api_access);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn stop_on_one_node_rejects_old_value_on_the_others_at_once() {
    let test = TestStore::new().await;
    let mut issued = test.issue("Export").await;
    let sid = issued.token.sid.clone();
    let (other, _) = node(&test, &issued.token, &issued.secret).await;
    let handover = Handover { overlap: Overlap::OneDay, close_when_moved: false };
    let (tokens, id) = (test.store.tokens(), issued.token.id);
    for stop in 0..100 {
        let new = tokens.reset_with_overlap(&test.aya, id, issued.token.revision, handover).await.unwrap();
        // Wait until the other node has both in its cache: otherwise the stop would test nothing.
        while !other.gate().remembers(&sid) {
            assert!(other.gate().authenticate(&sid, &issued.secret).await.unwrap().is_some(), "the old one passes");
            tokio::task::yield_now().await;
        }
        assert!(other.gate().authenticate(&sid, &new.secret).await.unwrap().is_some());
        let token = tokens.stop_old_value(&test.aya, id).await.unwrap();
        let stale = other.gate().authenticate(&sid, &issued.secret).await.unwrap();
        assert!(stale.is_none(), "a stale pass after stop {stop}");
        assert!(other.gate().authenticate(&sid, &new.secret).await.unwrap().is_some());
        issued = IssuedToken { token, ..new };
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn change_waits_for_the_lease_of_a_lost_node_to_expire() {
    let test = TestStore::new().await;
    let issued = test.issue("Export").await;
    let (other, keeping) = node(&test, &issued.token, &issued.secret).await;
    keeping.abort();
    let reset = test.store.tokens().reset(&test.aya, issued.token.id, issued.token.revision);
    tokio::time::timeout(AT_LAST, reset).await.expect("it does not wait for ever").unwrap();
    assert!(other.gate().authenticate(&issued.token.sid, &issued.secret).await.unwrap().is_none());
    assert!(!other.gate().remembers(&issued.token.sid), "it trusts nothing any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_change_does_not_wait_for_a_node_that_has_ended_its_lease() {
    let test = TestStore::new().await;
    let issued = test.issue("Export").await;
    let (other, keeping) = node(&test, &issued.token, &issued.secret).await;
    keeping.abort();
    other.end_lease().await.unwrap();
    assert!(!other.gate().remembers(&issued.token.sid));
    test.store.tokens().reset(&test.aya, issued.token.id, issued.token.revision).await.unwrap();
    let waited_for = sql::query_scalar::<i64>("SELECT COUNT(*) FROM evictions");
    assert_eq!(waited_for.fetch_one(&test.database().await).await.unwrap(), 0, "there was nobody to wait for");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn only_one_change_waits_for_a_node_whose_lease_never_ends() {
    let test = TestStore::new().await;
    let (issued, database) = (test.issue("Export").await, test.database().await);
    // A lease as it is left by a database clock that was ahead.
    let gone = "INSERT INTO nodes (id, lease_until) VALUES (gen_random_uuid(), now() + INTERVAL '1 year')";
    sql::query(gone).execute(&database).await.unwrap();
    let reset = test.store.tokens().reset(&test.aya, issued.token.id, issued.token.revision).await.unwrap();
    let nodes = || sql::query_scalar::<i64>("SELECT COUNT(*) FROM nodes");
    assert_eq!(nodes().fetch_one(&database).await.unwrap(), 0);
    test.store.tokens().reset(&test.aya, issued.token.id, reset.token.revision).await.unwrap();
    assert!(test.store.gate().authenticate(&issued.token.sid, &issued.secret).await.unwrap().is_none());
}

#[tokio::test]
async fn a_store_that_keeps_no_lease_remembers_nothing() {
    let test = TestStore::new().await;
    let issued = test.issue("Export").await;
    let other = test.reopened().await.at(Clock::system());
    assert!(other.gate().authenticate(&issued.token.sid, &issued.secret).await.unwrap().is_some());
    assert!(!other.gate().remembers(&issued.token.sid));
    test.store.tokens().delete(&test.aya, issued.token.id).await.unwrap();
    assert!(other.gate().authenticate(&issued.token.sid, &issued.secret).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cut_off_node_trusts_its_cache_for_one_lease_at_most() {
    let test = TestStore::new().await;
    let issued = test.issue("Export").await;
    let (sid, old) = (&issued.token.sid, &issued.secret);
    let wire = Wire::to(&test.database.url());
    let other = Store::open(wire.url(), ServerKey::from_bytes([7; 32]), Clock::system()).await.unwrap();
    let (other, _) = remembering(other, &issued.token, old).await;

    wire.cut();
    assert!(other.gate().authenticate(sid, old).await.unwrap().is_some(), "by its memory");
    let refused = other.tokens().disable(&test.aya, issued.token.id).await.unwrap_err();
    assert!(refused.is_unavailable(), "{refused}");
    let reset = test.store.tokens().reset(&test.aya, issued.token.id, issued.token.revision).await.unwrap();
    for secret in [old, &reset.secret] {
        let answer = other.gate().authenticate(sid, secret).await;
        assert!(answer.as_ref().is_err_and(store::Error::is_unavailable), "{answer:?}");
    }

    wire.mend();
    let (other, _) = remembering(other, &issued.token, &reset.secret).await;
    assert!(other.gate().authenticate(sid, old).await.unwrap().is_none());
    assert_eq!(
        test.token(&issued.token).await.state,
        domain::tokens::token::TokenState::Enabled,
        "what was refused was not done"
    );
    other.tokens().disable(&test.aya, issued.token.id).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cut_off_node_is_unavailable_rather_than_pass_a_stopped_value() {
    let test = TestStore::new().await;
    let old = test.issue("Export").await;
    let (sid, id) = (&old.token.sid, old.token.id);
    let handover = Handover { overlap: Overlap::OneDay, close_when_moved: false };
    let new = test.store.tokens().reset_with_overlap(&test.aya, id, old.token.revision, handover).await.unwrap();
    let wire = Wire::to(&test.database.url());
    let other = Store::open(wire.url(), ServerKey::from_bytes([7; 32]), test.clock.clone()).await.unwrap();
    let (other, _) = remembering(other, &old.token, &old.secret).await;

    wire.cut();
    assert!(other.gate().authenticate(sid, &old.secret).await.unwrap().is_some(), "by its memory");
    test.store.tokens().stop_old_value(&test.aya, id).await.unwrap();
    for secret in [&old.secret, &new.secret] {
        let answer = other.gate().authenticate(sid, secret).await;
        assert!(answer.as_ref().is_err_and(store::Error::is_unavailable), "{answer:?}");
    }

    wire.mend();
    let (other, _) = remembering(other, &old.token, &new.secret).await;
    assert!(other.gate().authenticate(sid, &old.secret).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn profile_changed_on_one_node_is_current_on_the_others() {
    let test = TestStore::new().await;
    let issued = test.issue("Export").await;
    let (other, _) = node(&test, &issued.token, &issued.secret).await;
    let account = test.aya.account;
    for number in 0..20 {
        let began = Instant::now();
        while !other.gate().remembers_profile(account) {
            other.gate().company_information(account).await.unwrap();
            assert!(began.elapsed() < AT_LAST, "it remembers the profile");
            tokio::task::yield_now().await;
        }
        let changed = CompanyInformation::named(&format!("Acme {number}"));
        let edit = |_: &CompanyInformation| Ok::<_, store::Error>(changed.clone());
        test.store.account().update_company_information(&test.aya, edit).await.unwrap();
        assert_eq!(*other.gate().company_information(account).await.unwrap(), changed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn repeated_profile_update_waits_for_lost_nodes_too() {
    let test = TestStore::new().await;
    let issued = test.issue("Export").await;
    let (other, keeping) = node(&test, &issued.token, &issued.secret).await;
    let account = test.aya.account;
    while !other.gate().remembers_profile(account) {
        other.gate().company_information(account).await.unwrap();
    }
    keeping.abort();
    let changed = CompanyInformation::named("Acme 2");
    let edit = |_: &CompanyInformation| Ok::<_, store::Error>(changed.clone());
    // The first is given up once it is committed, before the other node's lease has run out.
    let first = Box::pin(test.store.account().update_company_information(&test.aya, edit));
    let committed = async {
        let began = Instant::now();
        while test.store.account().company_information(account).await.unwrap() != changed {
            assert!(began.elapsed() < AT_LAST, "the change is committed");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        _ = first => panic!("it is answered only once the lease has run out"),
        () = committed => {}
    }
    test.store.account().update_company_information(&test.aya, edit).await.unwrap();
    assert_eq!(*other.gate().company_information(account).await.unwrap(), changed);
}
