//! Signing in, sessions, signing out.

use crate::sql;
use crate::test_store::{HERE, PASSWORD, TestStore};
use chrono::TimeDelta;
use domain::Refusal;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use store::{Client, Error, SESSION_IDLE, SESSION_LIFETIME, SessionToken, SignIn, Store};

const EMAIL: &str = "Aya@agency.example";

/// Tries to sign in from a network address that depends on `host` only.
async fn attempt(store: &Store, email: &str, password: &str, host: u16) -> Result<SignIn, Error> {
    let [high, low] = host.to_be_bytes();
    store.sign_in().with_password(email, password, IpAddr::V4(Ipv4Addr::new(198, 51, high, low))).await
}

fn retry_after(result: Result<SignIn, Error>) -> Option<Duration> {
    match result {
        Err(Error::Refused(Refusal::Throttled { retry_after })) => Some(retry_after),
        Err(Error::Refused(Refusal::WrongCredentials)) => None,
        other => panic!("neither throttled nor wrong: {other:?}"),
    }
}

#[tokio::test]
async fn session_gives_user_account_and_role() {
    let test = TestStore::new().await;
    for email in [EMAIL, " aya@agency.EXAMPLE "] {
        let token = test.store.sign_in().with_password(email, PASSWORD, HERE).await.unwrap().session().unwrap();
        assert_eq!(test.store.sign_in().session(&token).await.unwrap().as_ref(), Some(&test.aya));
        let again = SessionToken::parse(token.reveal()).unwrap();
        assert_eq!(test.store.sign_in().session(&again).await.unwrap().as_ref(), Some(&test.aya));
    }
}

#[tokio::test]
async fn a_session_is_for_the_account_that_the_user_joined_first() {
    let test = TestStore::new().await;
    let other = test.stranger().await.account;
    let join = "INSERT INTO memberships (account_id, user_id, role, created_at) VALUES ($1, $2, 'finance', $3)";
    let earlier = crate::test_store::begin() - TimeDelta::days(1);
    let join = sql::query(join).bind(other.0).bind(test.aya.user.id.0).bind(earlier.timestamp_micros());
    join.execute(&test.database().await).await.unwrap();
    let token = test.store.sign_in().with_password(EMAIL, PASSWORD, HERE).await.unwrap().session().unwrap();
    let asker = test.store.sign_in().session(&token).await.unwrap().unwrap();
    assert_eq!((asker.account, asker.role.as_str()), (other, "finance"));
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_get_the_same_answer() {
    let test = TestStore::new().await;
    for (email, password) in [(EMAIL, "a wrong password"), ("nobody@agency.example", PASSWORD), ("", ""), (EMAIL, "")] {
        let refused = test.store.sign_in().with_password(email, password, HERE).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::WrongCredentials))), "{email}");
    }
}

#[tokio::test]
async fn malformed_session_token_is_not_looked_up() {
    let test = TestStore::new().await;
    let token = test.store.sign_in().with_password(EMAIL, PASSWORD, HERE).await.unwrap().session().unwrap();
    let good = token.reveal();
    for wrong in ["", &good[1..], &format!("{good}0"), &format!("{}-", &good[1..]), &format!("{}é", &good[2..])] {
        assert!(SessionToken::parse(wrong).is_none(), "{wrong}");
    }
    let unknown = SessionToken::parse(&"0".repeat(good.len())).unwrap();
    assert_eq!(test.store.sign_in().session(&unknown).await.unwrap(), None);
    assert_eq!(format!("{token:?}"), "SessionToken(…)");
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used() {
    let test = TestStore::new().await;
    let token = test.store.sign_in().with_password(EMAIL, PASSWORD, HERE).await.unwrap().session().unwrap();
    for _ in 0..3 {
        test.later(SESSION_IDLE - TimeDelta::seconds(1));
        assert!(test.store.sign_in().session(&token).await.unwrap().is_some(), "each use keeps it");
    }
    test.later(SESSION_IDLE);
    assert_eq!(test.store.sign_in().session(&token).await.unwrap(), None);
    assert_eq!(test.store.sign_in().session(&token).await.unwrap(), None, "asking doesn't bring it back");
}

#[tokio::test]
async fn session_ends_after_its_lifetime_despite_use() {
    let test = TestStore::new().await;
    let token = test.store.sign_in().with_password(EMAIL, PASSWORD, HERE).await.unwrap().session().unwrap();
    for _ in 0..11 {
        test.later(TimeDelta::hours(1));
        assert!(test.store.sign_in().session(&token).await.unwrap().is_some());
    }
    test.later(SESSION_LIFETIME - TimeDelta::hours(11));
    assert_eq!(test.store.sign_in().session(&token).await.unwrap(), None);
}

#[tokio::test]
async fn the_use_of_a_session_is_written_at_most_once_a_minute() {
    let test = TestStore::new().await;
    let token = test.store.sign_in().with_password(EMAIL, PASSWORD, HERE).await.unwrap().session().unwrap();
    let database = test.database().await;
    let seen = async || sql::query_scalar::<i64>("SELECT last_seen_at FROM sessions").fetch_one(&database).await;
    let first = seen().await.unwrap();
    for (seconds, written) in [(59, 0), (1, 60), (30, 60), (40, 130)] {
        test.later(TimeDelta::seconds(seconds));
        test.store.sign_in().session(&token).await.unwrap();
        assert_eq!(seen().await.unwrap() - first, written * 1_000_000);
    }
}

#[tokio::test]
async fn signing_out_ends_this_session_only_and_once() {
    let test = TestStore::new().await;
    let token = test.store.sign_in().with_password(EMAIL, PASSWORD, HERE).await.unwrap().session().unwrap();
    let other = test.store.sign_in().with_password(EMAIL, PASSWORD, HERE).await.unwrap().session().unwrap();
    for _ in 0..2 {
        test.store.sign_in().sign_out(&token).await.unwrap();
    }
    assert_eq!(test.store.sign_in().session(&token).await.unwrap(), None);
    assert!(test.store.sign_in().session(&other).await.unwrap().is_some());
    assert_eq!(test.actions().await[2..], ["signed_in", "signed_in", "signed_out"]);
}

#[tokio::test]
async fn after_five_failures_an_email_address_waits_ever_longer() {
    let test = TestStore::new().await;
    for host in 0..5 {
        assert_eq!(retry_after(attempt(&test.store, EMAIL, "wrong", host).await), None);
    }
    for (host, delay) in [(5, 30), (6, 60), (7, 120)] {
        let wait = Some(Duration::from_secs(delay));
        assert_eq!(retry_after(attempt(&test.store, EMAIL, PASSWORD, host).await), wait, "even the right password");
        assert_eq!(retry_after(attempt(&test.store, "AYA@agency.example", PASSWORD, host).await), wait);
        test.later(TimeDelta::seconds(i64::try_from(delay).unwrap()));
        assert_eq!(retry_after(attempt(&test.store, EMAIL, "wrong", host).await), None);
    }
    assert_eq!(retry_after(attempt(&test.store, "nobody@agency.example", "wrong", 9).await), None, "others don't wait");
}

#[tokio::test]
async fn signing_in_forgets_the_failures_of_the_email_address() {
    let test = TestStore::new().await;
    for _ in 0..3 {
        for host in 0..4 {
            assert_eq!(retry_after(attempt(&test.store, EMAIL, "wrong", host).await), None);
        }
        attempt(&test.store, EMAIL, PASSWORD, 4).await.unwrap().session().unwrap();
    }
}

#[tokio::test]
async fn failures_count_for_a_quarter_of_an_hour() {
    let test = TestStore::new().await;
    for host in 0..5 {
        assert_eq!(retry_after(attempt(&test.store, EMAIL, "wrong", host).await), None);
    }
    assert!(retry_after(attempt(&test.store, EMAIL, "wrong", 5).await).is_some());
    test.later(TimeDelta::minutes(15));
    for host in 0..5 {
        assert_eq!(retry_after(attempt(&test.store, EMAIL, "wrong", host).await), None);
    }
}

#[tokio::test]
async fn after_twenty_failures_a_network_waits_for_every_email() {
    let test = TestStore::new().await;
    for user in 0..20 {
        let refused = attempt(&test.store, &format!("user{user}@agency.example"), "wrong", 1).await;
        assert_eq!(retry_after(refused), None);
    }
    assert_eq!(retry_after(attempt(&test.store, EMAIL, PASSWORD, 1).await), Some(Duration::from_secs(30)));
    attempt(&test.store, EMAIL, PASSWORD, 2).await.unwrap().session().unwrap();
}

#[tokio::test]
async fn ended_sessions_and_old_failures_are_removed() {
    let test = TestStore::new().await;
    let idle = test.store.sign_in().with_password(EMAIL, PASSWORD, HERE).await.unwrap().session().unwrap();
    assert_eq!(retry_after(attempt(&test.store, "nobody@agency.example", "wrong", 1).await), None);
    assert_eq!(test.store.sign_in().remove_ended_sessions().await.unwrap(), 0);
    test.later(SESSION_IDLE);
    let fresh = test.store.sign_in().with_password(EMAIL, PASSWORD, HERE).await.unwrap().session().unwrap();
    assert_eq!(test.store.sign_in().remove_ended_sessions().await.unwrap(), 2, "the idle session and the failure");
    assert_eq!(test.store.sign_in().session(&idle).await.unwrap(), None);
    assert!(test.store.sign_in().session(&fresh).await.unwrap().is_some());
}

#[tokio::test]
async fn session_that_the_browser_had_ends_when_another_begins() {
    let test = TestStore::new().await;
    let stranger = test.stranger().await;
    let before = test.store.sign_in().with_password(EMAIL, PASSWORD, HERE).await.unwrap().session().unwrap();
    let elsewhere = test.store.sign_in().with_password(EMAIL, PASSWORD, HERE).await.unwrap().session().unwrap();
    let browser = || Client { session: Some(before.clone()), ..Client::from(HERE) };
    let failed = test.store.sign_in().with_password(&stranger.user.email, "wrong", browser()).await;
    assert!(failed.is_err() && test.store.sign_in().session(&before).await.unwrap().is_some(), "nothing has begun");

    let session =
        test.store.sign_in().with_password(&stranger.user.email, PASSWORD, browser()).await.unwrap().session().unwrap();
    assert_eq!(test.store.sign_in().session(&before).await.unwrap(), None);
    assert_eq!(test.store.sign_in().session(&session).await.unwrap(), Some(stranger));
    assert!(test.store.sign_in().session(&elsewhere).await.unwrap().is_some(), "other browsers go on");
    assert_eq!(test.actions().await.last_chunk(), Some(&["signed_out", "signed_in"].map(str::to_owned)));
    // The cookie of an ended session does not prevent signing in.
    test.store.sign_in().with_password(EMAIL, PASSWORD, browser()).await.unwrap().session().unwrap();
}
