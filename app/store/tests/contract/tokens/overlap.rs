//! Resets with an overlap: two Auth Tokens pass until the old one stops.

use crate::sql;
use crate::test_store::TestStore;
use chrono::TimeDelta;
use domain::Refusal;
use domain::account::security_policy::SecurityPolicy;
use domain::gate::access::Caller;
use domain::tokens::overlap::{Handover, Overlap, OverlapLimit, TokenValue};
use domain::tokens::secret::{AccountSid, Secret};
use domain::tokens::token::{TokenSettings, TokenState};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use store::{Error, IssuedToken, Store};
use uuid::Uuid;

const AN_INSTANT: TimeDelta = TimeDelta::microseconds(1);

/// Returns which of the token's Auth Tokens passes as this one, if it does.
pub(super) async fn value(store: &Store, sid: &AccountSid, secret: &Secret) -> Option<TokenValue> {
    let first = store.gate().authenticate(sid, secret).await.unwrap();
    assert_eq!(store.gate().authenticate(sid, secret).await.unwrap(), first, "from the cache, too");
    first.filter(|caller| !caller.expired).map(|caller| caller.value)
}

pub(super) async fn reset(test: &TestStore, of: &IssuedToken, overlap: Overlap) -> Result<IssuedToken, Error> {
    let handover = Handover { overlap, close_when_moved: false };
    test.store.tokens().reset_with_overlap(&test.aya, of.token.id, of.token.revision, handover).await
}

async fn limit_overlaps(test: &TestStore, days: u16) {
    let (policy, revision) = test.store.account().security_policy(test.aya.account).await.unwrap();
    let policy = SecurityPolicy { longest_overlap: OverlapLimit::try_from(days).unwrap(), ..policy };
    test.store.account().update_security_policy(&test.aya, &policy, revision).await.unwrap();
}

pub(super) async fn retired(test: &TestStore) -> i64 {
    sql::query_scalar("SELECT COUNT(*) FROM retired_secrets").fetch_one(&test.database().await).await.unwrap()
}

#[tokio::test]
async fn both_values_pass_until_the_overlap_ends() {
    let test = TestStore::new().await;
    let old = test.issue("Export").await;
    assert_eq!(old.token.values.ending.as_deref(), Some(old.secret.ending()));
    let new = reset(&test, &old, Overlap::OneHour).await.unwrap();
    let (store, sid, end) = (&test.store, &old.token.sid, test.clock.now() + TimeDelta::hours(1));
    let open = new.token.values.open(test.clock.now()).unwrap();
    assert_eq!((open.ends_at, open.ending.as_deref()), (end, Some(old.secret.ending())));
    assert_eq!(new.token.values.ending.as_deref(), Some(new.secret.ending()));
    let values = [TokenValue::Old, TokenValue::Current].map(Some);
    assert_eq!([value(store, sid, &old.secret).await, value(store, sid, &new.secret).await], values);
    assert_eq!(store.gate().authenticate(sid, &old.secret).await.unwrap().unwrap().ends_at, Some(end));

    test.later(TimeDelta::hours(1) - AN_INSTANT);
    assert_eq!(store.tokens().end_overlaps().await.unwrap(), 0);
    assert_eq!(value(store, sid, &old.secret).await, Some(TokenValue::Old));
    test.later(AN_INSTANT);
    assert_eq!(store.gate().authenticate(sid, &old.secret).await.unwrap(), None);
    assert_eq!(value(store, sid, &new.secret).await, Some(TokenValue::Current));

    assert_eq!((store.tokens().end_overlaps().await.unwrap(), retired(&test).await), (1, 1));
    let token = test.token(&new.token).await;
    assert_eq!((token.values.old, token.revision), (None, new.token.revision), "it is no change by a person");
    test.later(TimeDelta::hours(-1));
    assert_eq!(value(store, sid, &old.secret).await, None, "a clock that is put back revives nothing");
    assert!(!test.holds(old.secret.reveal()).await);
}

#[tokio::test]
async fn overlap_beyond_policy_or_expiry_is_refused() {
    let test = TestStore::new().await;
    let expires_at = Some(test.clock.now() + TimeDelta::days(2));
    let settings = TokenSettings { expires_at, ..test.settings("Export") };
    let issued = test.store.tokens().create(&test.aya, settings, Uuid::now_v7()).await.unwrap();
    let until = |days| Overlap::Until(test.clock.now() + TimeDelta::days(days));
    for refused in [Overlap::SevenDays, until(3), until(0), until(-1)] {
        let answer = reset(&test, &issued, refused).await;
        assert!(matches!(answer, Err(Error::Refused(Refusal::OverlapTooLong))), "{refused:?}");
    }
    limit_overlaps(&test, 1).await;
    assert!(matches!(reset(&test, &issued, until(2)).await, Err(Error::Refused(Refusal::OverlapTooLong))));
    limit_overlaps(&test, 0).await;
    assert!(matches!(reset(&test, &issued, Overlap::OneHour).await, Err(Error::Refused(Refusal::OverlapTooLong))));
    assert_eq!(test.token(&issued.token).await.revision, issued.token.revision, "nothing was changed");
    limit_overlaps(&test, 2).await;
    let new = reset(&test, &issued, until(2)).await.unwrap();
    assert_eq!(new.token.values.old.as_ref().map(|old| old.ends_at), expires_at, "up to its own expiry");
}

#[tokio::test]
async fn another_reset_stops_the_older_value_at_once() {
    let test = TestStore::new().await;
    let first = test.issue("Export").await;
    let second = reset(&test, &first, Overlap::ThirtyDays).await.unwrap();
    let third = reset(&test, &second, Overlap::OneDay).await.unwrap();
    let (store, sid) = (&test.store, &first.token.sid);
    assert_eq!(value(store, sid, &first.secret).await, None);
    assert_eq!(value(store, sid, &second.secret).await, Some(TokenValue::Old));
    assert_eq!(value(store, sid, &third.secret).await, Some(TokenValue::Current));
    let last = reset(&test, &third, Overlap::Now).await.unwrap();
    assert_eq!(value(store, sid, &second.secret).await, None);
    assert_eq!(value(store, sid, &third.secret).await, None);
    assert_eq!(value(store, sid, &last.secret).await, Some(TokenValue::Current));
    assert_eq!((last.token.values.old, retired(&test).await), (None, 3));
}

#[tokio::test]
async fn whatever_stops_the_token_stops_both_values() {
    let test = TestStore::new().await;
    let (store, by) = (&test.store, &test.aya);
    store.account().enable_api_access(by).await.unwrap();
    let expires_at = Some(test.clock.now() + TimeDelta::days(2));
    let settings = TokenSettings { expires_at, ..test.settings("Export") };
    let old = store.tokens().create(by, settings, Uuid::now_v7()).await.unwrap();
    let new = reset(&test, &old, Overlap::OneDay).await.unwrap();
    let (sid, id) = (&old.token.sid, old.token.id);
    let callers = async || {
        let mut callers = Vec::new();
        for secret in [&old.secret, &new.secret] {
            callers.push(store.gate().authenticate(sid, secret).await.unwrap());
        }
        callers
    };
    store.tokens().disable(by, id).await.unwrap();
    assert!(callers().await.iter().flatten().filter(|caller| caller.state == TokenState::Disabled).count() == 2);
    store.tokens().enable(by, id).await.unwrap();
    store.account().disable_api_access(by).await.unwrap();
    assert!(callers().await.iter().flatten().filter(|caller| !caller.api_access).count() == 2);
    store.account().enable_api_access(by).await.unwrap();
    assert!(callers().await.iter().flatten().filter(|caller| caller.is_usable()).count() == 2);
    store.tokens().delete(by, id).await.unwrap();
    assert_eq!(callers().await, [None, None]);
    store.tokens().undo_delete(by, id).await.unwrap();
    assert!(callers().await.iter().flatten().filter(|caller| caller.is_usable()).count() == 2);
    let token = test.token(&new.token).await;
    let sooner = TokenSettings { expires_at: Some(test.clock.now() + TimeDelta::hours(1)), ..token.settings.clone() };
    let token = store.tokens().update(by, id, sooner, token.revision).await.unwrap().0;
    assert_eq!(token.values.old.unwrap().ends_at, test.clock.now() + TimeDelta::hours(1));
    test.later(TimeDelta::hours(1));
    assert!(!callers().await.iter().flatten().any(Caller::is_usable), "both have expired");
}

#[tokio::test]
async fn stricter_policy_cuts_open_overlaps() {
    let test = TestStore::new().await;
    let (store, account) = (&test.store, test.aya.account);
    let old = test.issue("Export").await;
    let new = reset(&test, &old, Overlap::ThirtyDays).await.unwrap();
    let short = test.issue("Import").await;
    reset(&test, &short, Overlap::OneHour).await.unwrap();
    test.later(TimeDelta::minutes(30));
    let (policy, _) = store.account().security_policy(account).await.unwrap();
    let forbids = SecurityPolicy { longest_overlap: OverlapLimit::FORBIDDEN, ..policy.clone() };
    let week = SecurityPolicy { longest_overlap: OverlapLimit::try_from(7).unwrap(), ..policy };
    for (policy, cut) in [(&week, 1), (&forbids, 2)] {
        let consequences = store.account().policy_consequences(account, policy).await.unwrap();
        assert_eq!((consequences.overlaps_cut, consequences.any()), (cut, true));
    }
    assert_eq!(value(store, &old.token.sid, &old.secret).await, Some(TokenValue::Old));
    limit_overlaps(&test, 7).await;
    let cut = test.token(&new.token).await.values.old.unwrap();
    assert_eq!(cut.ends_at, test.clock.now() - TimeDelta::minutes(30) + TimeDelta::days(7));
    limit_overlaps(&test, 0).await;
    for issued in [&old, &short] {
        assert_eq!(value(store, &issued.token.sid, &issued.secret).await, None);
    }
    limit_overlaps(&test, 30).await;
    assert_eq!(value(store, &old.token.sid, &old.secret).await, None, "a looser policy revives nothing");
    assert_eq!(test.events().await.iter().filter(|(_, details)| details["overlaps_cut"].is_number()).count(), 2);
}

#[tokio::test]
async fn shorter_lifetime_ends_the_old_value_earlier() {
    let test = TestStore::new().await;
    let old = test.issue("Export").await;
    test.later(TimeDelta::days(9));
    reset(&test, &old, Overlap::ThirtyDays).await.unwrap();
    let (policy, revision) = test.store.account().security_policy(test.aya.account).await.unwrap();
    let strict = SecurityPolicy { token_lifetime: Some(10_u16.try_into().unwrap()), ..policy.clone() };
    let revision = test.store.account().update_security_policy(&test.aya, &strict, revision).await.unwrap();
    assert_eq!(value(&test.store, &old.token.sid, &old.secret).await, Some(TokenValue::Old));
    test.later(TimeDelta::days(1));
    assert_eq!(value(&test.store, &old.token.sid, &old.secret).await, None);
    test.store.account().update_security_policy(&test.aya, &policy, revision).await.unwrap();
    assert_eq!(value(&test.store, &old.token.sid, &old.secret).await, None, "a looser policy revives nothing");
}

#[tokio::test]
async fn failed_reset_or_stop_leaves_both_values_as_they_were() {
    let test = TestStore::new().await;
    let old = test.issue("Export").await;
    let (store, sid) = (&test.store, &old.token.sid);
    test.refuse("INSERT ON audit_events").await;
    reset(&test, &old, Overlap::OneHour).await.unwrap_err();
    assert_eq!(value(store, sid, &old.secret).await, Some(TokenValue::Current));
    test.allow("INSERT ON audit_events").await;
    let new = reset(&test, &old, Overlap::OneHour).await.unwrap();
    test.refuse("INSERT ON retired_secrets").await;
    store.tokens().stop_old_value(&test.aya, old.token.id).await.unwrap_err();
    reset(&test, &new, Overlap::OneHour).await.unwrap_err();
    assert_eq!(value(store, sid, &old.secret).await, Some(TokenValue::Old));
    assert_eq!(value(store, sid, &new.secret).await, Some(TokenValue::Current));
}

#[tokio::test]
async fn stop_is_recorded_once_and_leaves_the_new_value() {
    let test = TestStore::new().await;
    let old = test.issue("Export").await;
    let new = reset(&test, &old, Overlap::OneDay).await.unwrap();
    let stopped = test.store.tokens().stop_old_value(&test.aya, old.token.id).await.unwrap();
    assert_eq!((stopped.values.old.as_ref(), stopped.revision), (None, 3));
    let again = test.store.tokens().stop_old_value(&test.aya, old.token.id).await.unwrap();
    assert_eq!(again, stopped, "there is nothing left to stop");
    assert_eq!(value(&test.store, &old.token.sid, &old.secret).await, None);
    assert_eq!(value(&test.store, &old.token.sid, &new.secret).await, Some(TokenValue::Current));
    let events = test.events().await;
    let actions: Vec<_> = events[2..].iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(actions, ["token_created", "token_reset", "old_auth_token_stopped"]);
    let until = (test.clock.now() + TimeDelta::days(1)).to_rfc3339();
    assert_eq!(events[3].1["old_until"], until.as_str());
}

#[tokio::test]
async fn hash_of_a_stopped_value_is_kept_for_ninety_days() {
    let test = TestStore::new().await;
    let old = test.issue("Export").await;
    reset(&test, &old, Overlap::Now).await.unwrap();
    test.later(TimeDelta::days(90) - AN_INSTANT);
    assert_eq!((test.store.tokens().remove_old_retired().await.unwrap(), retired(&test).await), (0, 1));
    test.later(AN_INSTANT);
    assert_eq!((test.store.tokens().remove_old_retired().await.unwrap(), retired(&test).await), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_resets_with_overlap_at_once_one_wins() {
    let test = TestStore::new().await;
    let old = test.issue("Export").await;
    let handover = Handover { overlap: Overlap::OneDay, close_when_moved: false };
    let resets = [(); 2].map(|()| {
        let (store, by, id) = (test.store.clone(), test.aya.clone(), old.token.id);
        tokio::spawn(async move { store.tokens().reset_with_overlap(&by, id, 1, handover).await })
    });
    let mut won = Vec::new();
    for reset in resets {
        match reset.await.unwrap() {
            Ok(issued) => won.push(issued),
            Err(lost) => assert!(matches!(lost, Error::Refused(Refusal::Conflict))),
        }
    }
    assert_eq!(won.len(), 1);
    assert_eq!(value(&test.store, &old.token.sid, &old.secret).await, Some(TokenValue::Old));
    assert_eq!(value(&test.store, &old.token.sid, &won[0].secret).await, Some(TokenValue::Current));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn stop_rejects_old_value_at_once_under_load() {
    const STOPS: u64 = 1_000;
    let test = TestStore::new().await;
    let mut issued = test.issue("Export").await;
    // The number of answered stops, and the Auth Token that the last of them stopped.
    let known = Arc::new(Mutex::new((0, Secret::generate(&mut rand::rng()))));
    let mut callers = Vec::new();
    for _ in 0..8 {
        let (store, sid, known) = (test.store.clone(), issued.token.sid.clone(), Arc::clone(&known));
        callers.push(tokio::spawn(async move {
            let mut calls = 0_u64;
            loop {
                let (answered, stopped) = known.lock().unwrap().clone();
                let caller = store.gate().authenticate(&sid, &stopped).await.unwrap();
                assert!(caller.is_none(), "stale after stop {answered}");
                calls += 1;
                if answered == STOPS {
                    return calls;
                }
                tokio::task::yield_now().await;
            }
        }));
    }
    for number in 1..=STOPS {
        let new = reset(&test, &issued, Overlap::OneDay).await.unwrap();
        let sid = &issued.token.sid;
        let both = [value(&test.store, sid, &issued.secret).await, value(&test.store, sid, &new.secret).await];
        assert_eq!(both, [TokenValue::Old, TokenValue::Current].map(Some), "cached before stop {number}");
        let token = test.store.tokens().stop_old_value(&test.aya, issued.token.id).await.unwrap();
        *known.lock().unwrap() = (number, issued.secret);
        issued = IssuedToken { token, ..new };
    }
    let mut calls = 0;
    for caller in callers {
        calls += caller.await.unwrap();
    }
    assert!(calls > STOPS, "{calls} calls");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_that_arrive_while_an_overlap_ends_pass_none_after_it() {
    const STEPS: i64 = 2_000;
    let test = TestStore::new().await;
    let old = test.issue("Export").await;
    let new = reset(&test, &old, Overlap::OneHour).await.unwrap();
    test.later(TimeDelta::hours(1) - TimeDelta::microseconds(STEPS / 2));
    let (end, begun) = (new.token.values.old.as_ref().unwrap().ends_at, test.clock.now());
    let (over, passed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    // The time that the clock has shown for certain, in steps.
    let shown = Arc::new(AtomicI64::new(0));
    let mut callers = Vec::new();
    for _ in 0..4 {
        let (store, sid, secrets) =
            (test.store.clone(), old.token.sid.clone(), [&old, &new].map(|of| of.secret.clone()));
        let (over, passed, shown) = (Arc::clone(&over), Arc::clone(&passed), Arc::clone(&shown));
        callers.push(tokio::spawn(async move {
            while !over.load(Ordering::Acquire) {
                let at = begun + TimeDelta::microseconds(shown.load(Ordering::Acquire));
                let old_passes = store.gate().authenticate(&sid, &secrets[0]).await.unwrap().is_some();
                assert!(!old_passes || at < end, "passed {} after the end", at - end);
                assert!(store.gate().authenticate(&sid, &secrets[1]).await.unwrap().is_some());
                passed.fetch_add(u64::from(old_passes), Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        }));
    }
    while passed.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    for step in 1..=STEPS {
        test.later(AN_INSTANT);
        shown.store(step, Ordering::Release);
        if step % 500 == 0 {
            test.store.tokens().end_overlaps().await.unwrap();
        }
        tokio::task::yield_now().await;
    }
    over.store(true, Ordering::Release);
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!(test.token(&new.token).await.values.old, None);
    assert_eq!(test.store.gate().authenticate(&old.token.sid, &old.secret).await.unwrap(), None);
}
