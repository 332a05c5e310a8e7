//! The uses of a token's Auth Tokens: who has moved while an overlap is open, and who uses one that has stopped.

use super::overlap::{reset, retired, value};
use crate::sql;
use crate::test_store::TestStore;
use chrono::TimeDelta;
use domain::tokens::overlap::{AddressUse, Handover, Overlap, REMEMBERED, TokenValue, UsedFrom};
use domain::tokens::secret::{AccountSid, Secret};
use std::net::IpAddr;
use store::IssuedToken;

const AN_INSTANT: TimeDelta = TimeDelta::microseconds(1);

/// Returns a token that was reset with an overlap of a week, and its old Auth Token.
async fn moving(test: &TestStore, close_when_moved: bool) -> (IssuedToken, Secret) {
    let old = test.issue("Export").await;
    test.later(TimeDelta::minutes(1));
    let handover = Handover { overlap: Overlap::SevenDays, close_when_moved };
    let new = test.store.tokens().reset_with_overlap(&test.aya, old.token.id, 1, handover).await.unwrap();
    (new, old.secret)
}

/// Calls with this Auth Token from that address, and writes it down.
async fn call_from(test: &TestStore, of: &IssuedToken, secret: &Secret, address: [u8; 4]) {
    let gate = test.store.gate();
    let caller = gate.authenticate_from(of.token.sid.clone(), secret, IpAddr::from(address)).await.unwrap();
    assert!(caller.is_some());
    gate.flush_calls().await.unwrap();
}

async fn rows(test: &TestStore) -> i64 {
    sql::query_scalar("SELECT COUNT(*) FROM value_uses").fetch_one(&test.database().await).await.unwrap()
}

#[tokio::test]
async fn overlap_closes_itself_once_everybody_has_moved() {
    let test = TestStore::new().await;
    let (new, old) = moving(&test, true).await;
    let (here, there) = ([192, 0, 2, 1], [198, 51, 100, 7]);
    call_from(&test, &new, &old, here).await;
    call_from(&test, &new, &old, there).await;
    test.later(TimeDelta::hours(1));
    call_from(&test, &new, &new.secret, here).await;
    let (hour, begun) = (TimeDelta::hours(1), test.clock.now() - TimeDelta::hours(1));
    let address_use = |new| AddressUse { old: Some(begun), new };
    let from = |address: &str, new| UsedFrom { address: Some(address.to_owned()), uses: address_use(new) };
    let used = test.store.tokens().used_in_overlap(test.aya.account, new.token.id).await.unwrap();
    assert_eq!(used, [from("192.0.2.1", Some(begun + hour)), from("198.51.100.7", None)]);
    assert!(used[0].has_moved() && !used[1].has_moved());
    test.later(TimeDelta::hours(30));
    assert_eq!(test.store.tokens().close_moved().await.unwrap(), 0, "one client has not moved");
    call_from(&test, &new, &new.secret, there).await;
    assert_eq!(test.store.tokens().close_moved().await.unwrap(), 1);
    assert_eq!(value(&test.store, &new.token.sid, &old).await, None);
    assert_eq!(value(&test.store, &new.token.sid, &new.secret).await, Some(TokenValue::Current));
    assert_eq!((rows(&test).await, retired(&test).await), (0, 1));
    let events = test.events().await;
    let (action, details) = events.last().unwrap();
    assert_eq!((action.as_str(), &details["everybody_moved"]), ("old_auth_token_stopped", &true.into()));
    assert_eq!(test.store.tokens().close_moved().await.unwrap(), 0);
}

#[tokio::test]
async fn overlap_stays_open_while_the_old_value_is_heard() {
    let test = TestStore::new().await;
    let (new, old) = moving(&test, true).await;
    let here = [192, 0, 2, 1];
    call_from(&test, &new, &new.secret, here).await;
    for _ in 0..3 {
        test.later(TimeDelta::hours(20));
        call_from(&test, &new, &old, here).await;
        assert_eq!(test.store.tokens().close_moved().await.unwrap(), 0);
    }
    let (unasked, _) = moving(&test, false).await;
    call_from(&test, &unasked, &unasked.secret, here).await;
    test.later(TimeDelta::hours(24));
    assert_eq!(test.store.tokens().close_moved().await.unwrap(), 1, "only where it was asked for");
}

#[tokio::test]
async fn addresses_beyond_a_hundred_are_kept_together() {
    let test = TestStore::new().await;
    let (new, old) = moving(&test, true).await;
    let addresses: Vec<_> = (0..120).map(|last| [10, 0, 0, last]).collect();
    for address in &addresses {
        call_from(&test, &new, &old, *address).await;
    }
    assert_eq!(rows(&test).await, 101);
    for address in &addresses[..100] {
        call_from(&test, &new, &new.secret, *address).await;
    }
    test.later(TimeDelta::hours(24));
    assert_eq!(test.store.tokens().close_moved().await.unwrap(), 0, "the others have not moved");
    for address in &addresses[100..119] {
        call_from(&test, &new, &new.secret, *address).await;
    }
    assert_eq!(test.store.tokens().close_moved().await.unwrap(), 0, "nobody knows whether all of the others have");
    test.later(REMEMBERED - TimeDelta::hours(24));
    assert_eq!(test.store.tokens().close_moved().await.unwrap(), 1, "none of them was heard for a week");
}

#[tokio::test]
async fn uses_without_an_overlap_are_not_kept() {
    let test = TestStore::new().await;
    let issued = test.issue("Export").await;
    call_from(&test, &issued, &issued.secret, [192, 0, 2, 1]).await;
    assert_eq!(rows(&test).await, 0);
    let new = reset(&test, &issued, Overlap::OneDay).await.unwrap();
    call_from(&test, &new, &new.secret, [192, 0, 2, 1]).await;
    assert_eq!(rows(&test).await, 1);
    test.store.tokens().stop_old_value(&test.aya, new.token.id).await.unwrap();
    assert_eq!(rows(&test).await, 0);
}

/// Calls with an Auth Token that does not pass, from that address, and writes it down.
async fn refused_from(test: &TestStore, sid: &AccountSid, secret: &Secret, address: [u8; 4]) {
    let gate = test.store.gate();
    assert_eq!(gate.authenticate_from(sid.clone(), secret, IpAddr::from(address)).await.unwrap(), None);
    gate.flush_calls().await.unwrap();
}

/// Returns the number of entries in the audit trail about old Auth Tokens that were used.
async fn told(test: &TestStore) -> usize {
    test.actions().await.iter().filter(|action| *action == "old_auth_token_used").count()
}

#[tokio::test]
async fn use_of_a_stopped_value_is_told_once_an_hour_and_address() {
    let test = TestStore::new().await;
    let old = test.issue("Export").await;
    let new = reset(&test, &old, Overlap::Now).await.unwrap();
    let (sid, here, there) = (&old.token.sid, [192, 0, 2, 1], [198, 51, 100, 7]);
    assert_eq!(test.token(&new.token).await.values.retired_used_at, None);
    for (address, entries) in [(here, 1), (here, 1), (there, 2), (there, 2)] {
        refused_from(&test, sid, &old.secret, address).await;
        assert_eq!(told(&test).await, entries);
    }
    test.later(TimeDelta::hours(1) - AN_INSTANT);
    refused_from(&test, sid, &old.secret, here).await;
    assert_eq!(told(&test).await, 2);
    test.later(AN_INSTANT);
    refused_from(&test, sid, &old.secret, here).await;
    assert_eq!(told(&test).await, 3);
    assert_eq!(test.token(&new.token).await.values.retired_used_at, Some(test.clock.now()));
    assert_eq!(value(&test.store, sid, &new.secret).await, Some(TokenValue::Current), "the new one is not concerned");
    let calls: Vec<(String, i64)> = sql::query_as("SELECT address, calls FROM retired_uses ORDER BY address")
        .fetch_all(&test.database().await)
        .await
        .unwrap();
    assert_eq!(calls, [("192.0.2.1".to_owned(), 4), ("198.51.100.7".to_owned(), 2)]);
    let addresses: Vec<Option<String>> =
        sql::query_scalar("SELECT address FROM audit_events WHERE action = 'old_auth_token_used' ORDER BY rowid")
            .fetch_all(&test.database().await)
            .await
            .unwrap();
    assert_eq!(addresses, ["192.0.2.1", "198.51.100.7", "192.0.2.1"].map(|address| Some(address.to_owned())));
}

#[tokio::test]
async fn other_wrong_auth_tokens_leave_no_trace() {
    let test = TestStore::new().await;
    let [one, two] = [test.issue("One").await, test.issue("Two").await];
    reset(&test, &two, Overlap::Now).await.unwrap();
    let before = test.actions().await;
    let unknown = AccountSid::generate(&mut rand::rng());
    let guess = Secret::generate(&mut rand::rng());
    for (sid, secret) in [(&one.token.sid, &guess), (&one.token.sid, &two.secret), (&unknown, &two.secret)] {
        refused_from(&test, sid, secret, [192, 0, 2, 1]).await;
    }
    assert_eq!(test.actions().await, before);
    assert!(!test.holds(guess.reveal()).await);
    assert_eq!(test.token(&one.token).await.values.retired_used_at, None);
}

#[tokio::test]
async fn value_whose_overlap_has_just_ended_is_recognized() {
    let test = TestStore::new().await;
    let old = test.issue("Export").await;
    let new = reset(&test, &old, Overlap::OneHour).await.unwrap();
    test.later(TimeDelta::hours(1));
    refused_from(&test, &old.token.sid, &old.secret, [192, 0, 2, 1]).await;
    assert_eq!(told(&test).await, 1, "before its hash is put away");
    test.later(TimeDelta::days(90));
    test.store.tokens().end_overlaps().await.unwrap();
    test.store.tokens().remove_old_retired().await.unwrap();
    assert_eq!(test.token(&new.token).await.values.retired_used_at, None, "after 90 days it is forgotten");
}

#[tokio::test]
async fn addresses_of_a_stopped_value_are_bounded() {
    let test = TestStore::new().await;
    let old = test.issue("Export").await;
    reset(&test, &old, Overlap::Now).await.unwrap();
    for last in 0..120 {
        let gate = test.store.gate();
        let address = IpAddr::from([10, 0, 0, last]);
        assert_eq!(gate.authenticate_from(old.token.sid.clone(), &old.secret, address).await.unwrap(), None);
    }
    test.store.gate().flush_calls().await.unwrap();
    let rows: i64 =
        sql::query_scalar("SELECT COUNT(*) FROM retired_uses").fetch_one(&test.database().await).await.unwrap();
    assert_eq!((rows, told(&test).await), (101, 101));
}
