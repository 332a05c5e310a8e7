//! The look-ups that the gate makes on every call.

use crate::sql;
use crate::test_store::TestStore;
use chrono::TimeDelta;
use domain::gate::access::Caller;
use domain::tokens::overlap::TokenValue;
use domain::tokens::secret::{AccountSid, Secret};
use domain::tokens::token::TokenState;
use store::{Clock, Error, ServerKey, Store};

#[tokio::test]
async fn right_credentials_give_the_caller_and_its_rights() {
    let test = TestStore::new().await;
    let issued = test.issue("Export").await;
    let caller = test.store.gate().authenticate(&issued.token.sid, &issued.secret).await.unwrap().unwrap();
    let expected = Caller {
        token: issued.token.id,
        sid: issued.token.sid.clone(),
        account: test.aya.account,
        api_access: false,
        state: TokenState::Enabled,
        api_version: issued.token.settings.api_version,
        scopes: issued.token.settings.scopes,
        value: TokenValue::Current,
        ends_at: None,
        expired: false,
        address_allowed: true,
    };
    assert_eq!(caller, expected);
}

#[tokio::test]
async fn wrong_credentials_give_no_caller() {
    let test = TestStore::new().await;
    let [one, two] = [test.issue("One").await, test.issue("Two").await];
    let mut random = rand::rng();
    let (sid, secret) = (AccountSid::generate(&mut random), Secret::generate(&mut random));
    for (sid, secret) in [(&one.token.sid, &two.secret), (&one.token.sid, &secret), (&sid, &one.secret)] {
        assert_eq!(test.store.gate().authenticate(sid, secret).await.unwrap(), None);
    }
}

#[tokio::test]
async fn every_change_is_seen_by_the_next_call() {
    let test = TestStore::new().await;
    let issued = test.issue("Export").await;
    let (store, by, id) = (&test.store, &test.aya, issued.token.id);
    let caller = async || store.gate().authenticate(&issued.token.sid, &issued.secret).await.unwrap();
    store.account().enable_api_access(by).await.unwrap();
    assert!(caller().await.unwrap().api_access);
    store.tokens().disable(by, id).await.unwrap();
    assert_eq!(caller().await.unwrap().state, TokenState::Disabled);
    store.tokens().enable(by, id).await.unwrap();
    assert_eq!(caller().await.unwrap().state, TokenState::Enabled);
    store.tokens().upgrade_version(by, id).await.unwrap();
    assert!(caller().await.unwrap().api_version.is_newest());
    store.account().disable_api_access(by).await.unwrap();
    assert!(!caller().await.unwrap().api_access);
    store.tokens().delete(by, id).await.unwrap();
    assert_eq!(caller().await, None);
    store.tokens().undo_delete(by, id).await.unwrap();
    assert!(caller().await.is_some());
}

#[tokio::test]
async fn without_the_servers_key_no_secret_passes() {
    let test = TestStore::new().await;
    let issued = test.issue("Export").await;
    let forget = sql::query("DELETE FROM server_key");
    forget.execute(&test.database().await).await.unwrap();
    assert!(test.has_key().await, "its users need one");
    let store = test.reopened_with(ServerKey::from_bytes([8; 32])).await.unwrap();
    assert_eq!(store.gate().authenticate(&issued.token.sid, &issued.secret).await.unwrap(), None);
}

#[tokio::test]
async fn a_database_is_opened_with_its_own_key_only() {
    let test = TestStore::new().await;
    let other = test.reopened_with(ServerKey::from_bytes([8; 32])).await;
    assert!(matches!(other, Err(Error::WrongKey)));
    let issued = test.issue("Export").await;
    let store = test.reopened().await;
    assert!(store.gate().authenticate(&issued.token.sid, &issued.secret).await.unwrap().is_some());
}

#[tokio::test]
async fn a_database_has_a_key_once_it_was_opened_with_one() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("new.db").display());
    assert!(!Store::has_key(&url, None).await.unwrap());
    Store::open(&url, ServerKey::from_bytes([1; 32]), Clock::system()).await.unwrap();
    assert!(Store::has_key(&url, None).await.unwrap());
}

#[tokio::test]
async fn use_is_recorded_and_is_no_change_of_the_token() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    test.later(TimeDelta::minutes(5));
    let before = test.clock.now() - TimeDelta::seconds(30); // within the tolerated difference between clocks
    test.store.gate().record_use(token.id).await.unwrap();
    let used = test.token(&token).await;
    assert_eq!((used.last_used_at, used.revision), (Some(test.clock.now()), token.revision));
    test.store.at(Clock::fixed(before)).gate().record_use(token.id).await.unwrap();
    assert_eq!(test.token(&token).await, used, "a later use is not overwritten by an earlier one");
    assert_eq!(test.actions().await[2..], ["token_created"]);
}
