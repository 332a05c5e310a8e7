//! Signing in, sessions, signing out.

use crate::house::{HERE, House, PASSWORD};
use crate::sql;
use chrono::TimeDelta;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use store::{Client, Error, SESSION_IDLE, SESSION_LIFETIME, SessionToken, Store};

const EMAIL: &str = "Aya@agency.example";

/// Tries to sign in from a network address that depends on `host` only.
async fn attempt(store: &Store, email: &str, password: &str, host: u16) -> Result<SessionToken, Error> {
    let [high, low] = host.to_be_bytes();
    store.sign_in(email, password, IpAddr::V4(Ipv4Addr::new(198, 51, high, low))).await
}

fn retry_after(result: Result<SessionToken, Error>) -> Option<Duration> {
    match result {
        Err(Error::Throttled { retry_after }) => Some(retry_after),
        Err(Error::WrongCredentials) => None,
        other => panic!("neither throttled nor wrong: {other:?}"),
    }
}

#[tokio::test]
async fn session_gives_user_account_and_role() {
    let house = House::new().await;
    for email in [EMAIL, " aya@agency.EXAMPLE "] {
        let token = house.store.sign_in(email, PASSWORD, HERE).await.unwrap();
        assert_eq!(house.store.session(&token).await.unwrap().as_ref(), Some(&house.aya));
        let again = SessionToken::parse(token.reveal()).unwrap();
        assert_eq!(house.store.session(&again).await.unwrap().as_ref(), Some(&house.aya));
    }
}

#[tokio::test]
async fn a_session_is_for_the_account_that_the_user_joined_first() {
    let house = House::new().await;
    let other = house.stranger().await.account;
    let join = "INSERT INTO memberships (account_id, user_id, role, created_at) VALUES ($1, $2, 'finance', $3)";
    let earlier = crate::house::begin() - TimeDelta::days(1);
    let join = sql::query(join).bind(other.0).bind(house.aya.user.id.0).bind(earlier.timestamp_micros());
    join.execute(&house.database().await).await.unwrap();
    let token = house.store.sign_in(EMAIL, PASSWORD, HERE).await.unwrap();
    let asker = house.store.session(&token).await.unwrap().unwrap();
    assert_eq!((asker.account, asker.role.as_str()), (other, "finance"));
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_get_the_same_answer() {
    let house = House::new().await;
    for (email, password) in [(EMAIL, "a wrong password"), ("nobody@agency.example", PASSWORD), ("", ""), (EMAIL, "")] {
        let refused = house.store.sign_in(email, password, HERE).await;
        assert!(matches!(refused, Err(Error::WrongCredentials)), "{email}");
    }
}

#[tokio::test]
async fn malformed_session_token_is_not_looked_up() {
    let house = House::new().await;
    let token = house.store.sign_in(EMAIL, PASSWORD, HERE).await.unwrap();
    let text = token.reveal();
    for wrong in ["", &text[1..], &format!("{text}0"), &format!("{}-", &text[1..]), &format!("{}é", &text[2..])] {
        assert!(SessionToken::parse(wrong).is_none(), "{wrong}");
    }
    let unknown = SessionToken::parse(&"0".repeat(text.len())).unwrap();
    assert_eq!(house.store.session(&unknown).await.unwrap(), None);
    assert_eq!(format!("{token:?}"), "SessionToken(…)");
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used() {
    let house = House::new().await;
    let token = house.store.sign_in(EMAIL, PASSWORD, HERE).await.unwrap();
    for _ in 0..3 {
        house.later(SESSION_IDLE - TimeDelta::seconds(1));
        assert!(house.store.session(&token).await.unwrap().is_some(), "each use keeps it");
    }
    house.later(SESSION_IDLE);
    assert_eq!(house.store.session(&token).await.unwrap(), None);
    assert_eq!(house.store.session(&token).await.unwrap(), None, "asking doesn't bring it back");
}

#[tokio::test]
async fn session_ends_after_its_lifetime_despite_use() {
    let house = House::new().await;
    let token = house.store.sign_in(EMAIL, PASSWORD, HERE).await.unwrap();
    for _ in 0..11 {
        house.later(TimeDelta::hours(1));
        assert!(house.store.session(&token).await.unwrap().is_some());
    }
    house.later(SESSION_LIFETIME - TimeDelta::hours(11));
    assert_eq!(house.store.session(&token).await.unwrap(), None);
}

#[tokio::test]
async fn the_use_of_a_session_is_written_at_most_once_a_minute() {
    let house = House::new().await;
    let token = house.store.sign_in(EMAIL, PASSWORD, HERE).await.unwrap();
    let database = house.database().await;
    let seen = async || sql::query_scalar::<i64>("SELECT last_seen_at FROM sessions").fetch_one(&database).await;
    let first = seen().await.unwrap();
    for (seconds, written) in [(59, 0), (1, 60), (30, 60), (40, 130)] {
        house.later(TimeDelta::seconds(seconds));
        house.store.session(&token).await.unwrap();
        assert_eq!(seen().await.unwrap() - first, written * 1_000_000);
    }
}

#[tokio::test]
async fn signing_out_ends_this_session_only_and_once() {
    let house = House::new().await;
    let token = house.store.sign_in(EMAIL, PASSWORD, HERE).await.unwrap();
    let other = house.store.sign_in(EMAIL, PASSWORD, HERE).await.unwrap();
    for _ in 0..2 {
        house.store.sign_out(&token).await.unwrap();
    }
    assert_eq!(house.store.session(&token).await.unwrap(), None);
    assert!(house.store.session(&other).await.unwrap().is_some());
    assert_eq!(house.actions().await[2..], ["signed_in", "signed_in", "signed_out"]);
}

#[tokio::test]
async fn after_five_failures_an_email_address_waits_ever_longer() {
    let house = House::new().await;
    for host in 0..5 {
        assert_eq!(retry_after(attempt(&house.store, EMAIL, "wrong", host).await), None);
    }
    for (host, delay) in [(5, 30), (6, 60), (7, 120)] {
        let wait = Some(Duration::from_secs(delay));
        assert_eq!(retry_after(attempt(&house.store, EMAIL, PASSWORD, host).await), wait, "even the right password");
        assert_eq!(retry_after(attempt(&house.store, "AYA@agency.example", PASSWORD, host).await), wait);
        house.later(TimeDelta::seconds(i64::try_from(delay).unwrap()));
        assert_eq!(retry_after(attempt(&house.store, EMAIL, "wrong", host).await), None);
    }
    assert_eq!(
        retry_after(attempt(&house.store, "nobody@agency.example", "wrong", 9).await),
        None,
        "others don't wait"
    );
}

#[tokio::test]
async fn signing_in_forgets_the_failures_of_the_email_address() {
    let house = House::new().await;
    for _ in 0..3 {
        for host in 0..4 {
            assert_eq!(retry_after(attempt(&house.store, EMAIL, "wrong", host).await), None);
        }
        attempt(&house.store, EMAIL, PASSWORD, 4).await.unwrap();
    }
}

#[tokio::test]
async fn failures_count_for_a_quarter_of_an_hour() {
    let house = House::new().await;
    for host in 0..5 {
        assert_eq!(retry_after(attempt(&house.store, EMAIL, "wrong", host).await), None);
    }
    assert!(retry_after(attempt(&house.store, EMAIL, "wrong", 5).await).is_some());
    house.later(TimeDelta::minutes(15));
    for host in 0..5 {
        assert_eq!(retry_after(attempt(&house.store, EMAIL, "wrong", host).await), None);
    }
}

#[tokio::test]
async fn after_twenty_failures_a_network_waits_for_every_email() {
    let house = House::new().await;
    for user in 0..20 {
        let refused = attempt(&house.store, &format!("user{user}@agency.example"), "wrong", 1).await;
        assert_eq!(retry_after(refused), None);
    }
    assert_eq!(retry_after(attempt(&house.store, EMAIL, PASSWORD, 1).await), Some(Duration::from_secs(30)));
    attempt(&house.store, EMAIL, PASSWORD, 2).await.unwrap();
}

#[tokio::test]
async fn ended_sessions_and_old_failures_are_removed() {
    let house = House::new().await;
    let idle = house.store.sign_in(EMAIL, PASSWORD, HERE).await.unwrap();
    assert_eq!(retry_after(attempt(&house.store, "nobody@agency.example", "wrong", 1).await), None);
    assert_eq!(house.store.remove_ended_sessions().await.unwrap(), 0);
    house.later(SESSION_IDLE);
    let fresh = house.store.sign_in(EMAIL, PASSWORD, HERE).await.unwrap();
    assert_eq!(house.store.remove_ended_sessions().await.unwrap(), 2, "the idle session and the failure");
    assert_eq!(house.store.session(&idle).await.unwrap(), None);
    assert!(house.store.session(&fresh).await.unwrap().is_some());
}

#[tokio::test]
async fn session_that_the_browser_had_ends_when_another_begins() {
    let house = House::new().await;
    let stranger = house.stranger().await;
    let before = house.store.sign_in(EMAIL, PASSWORD, HERE).await.unwrap();
    let elsewhere = house.store.sign_in(EMAIL, PASSWORD, HERE).await.unwrap();
    let browser = || Client { session: Some(before.clone()), ..Client::from(HERE) };
    let failed = house.store.sign_in(&stranger.user.email, "wrong", browser()).await;
    assert!(failed.is_err() && house.store.session(&before).await.unwrap().is_some(), "nothing has begun");

    let session = house.store.sign_in(&stranger.user.email, PASSWORD, browser()).await.unwrap();
    assert_eq!(house.store.session(&before).await.unwrap(), None);
    assert_eq!(house.store.session(&session).await.unwrap(), Some(stranger));
    assert!(house.store.session(&elsewhere).await.unwrap().is_some(), "other browsers go on");
    assert_eq!(house.actions().await.last_chunk(), Some(&["signed_out", "signed_in"].map(str::to_owned)));
    // The cookie of an ended session does not prevent signing in.
    house.store.sign_in(EMAIL, PASSWORD, browser()).await.unwrap();
}
