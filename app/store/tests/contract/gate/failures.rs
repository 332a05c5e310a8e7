//! A change that the database refuses is not made, and the database never holds a secret.

use crate::sql;
use crate::test_store::{HERE, PASSWORD, TestStore};
use chrono::TimeDelta;
use store::SESSION_IDLE;
use uuid::Uuid;

#[tokio::test]
async fn a_change_whose_event_cannot_be_written_is_not_made() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    test.refuse("INSERT ON audit_events").await;
    let (store, by, id) = (&test.store, &test.aya, token.id);
    assert!(store.tokens().create(by, test.settings("Import"), Uuid::now_v7()).await.is_err());
    assert!(store.tokens().disable(by, id).await.is_err());
    assert!(store.tokens().delete(by, id).await.is_err());
    assert!(store.tokens().reset(by, id, 1).await.is_err());
    assert!(store.account().enable_api_access(by).await.is_err());
    assert!(store.account().add("Other").await.is_err());
    assert_eq!(store.account().named("Other").await.unwrap(), None);
    assert!(store.sign_in().with_password(&by.user.email, PASSWORD, HERE).await.is_err());
    assert_eq!(test.token(&token).await, token);
    assert!(!store.account().get(by.account).await.unwrap().api_access);
    let sessions: i64 =
        sql::query_scalar("SELECT COUNT(*) FROM sessions").fetch_one(&test.database().await).await.unwrap();
    assert_eq!(sessions, 0);
}

#[tokio::test]
async fn a_session_goes_on_though_its_use_cannot_be_written() {
    let test = TestStore::new().await;
    let session =
        test.store.sign_in().with_password(&test.aya.user.email, PASSWORD, HERE).await.unwrap().session().unwrap();
    test.refuse("UPDATE ON sessions").await;
    test.later(SESSION_IDLE - TimeDelta::seconds(1));
    assert_eq!(test.store.sign_in().session(&session).await.unwrap().as_ref(), Some(&test.aya));
    test.later(TimeDelta::seconds(1));
    assert_eq!(test.store.sign_in().session(&session).await.unwrap(), None, "no use was written");
}

#[tokio::test]
async fn no_secret_is_anywhere_in_the_database() {
    let test = TestStore::new().await;
    let issued = test.issue("Export").await;
    let copy = test.store.tokens().duplicate(&test.aya, issued.token.id, Uuid::now_v7()).await.unwrap();
    let reset = test.store.tokens().reset(&test.aya, issued.token.id, 1).await.unwrap();
    let session =
        test.store.sign_in().with_password(&test.aya.user.email, PASSWORD, HERE).await.unwrap().session().unwrap();
    test.store.sign_in().with_password("a password in the wrong field", PASSWORD, HERE).await.unwrap_err();
    test.store.sign_in().session(&session).await.unwrap().unwrap();
    assert!(test.holds(issued.token.sid.as_str()).await, "the search finds what is there");
    let secrets = [issued.secret.reveal(), copy.secret.reveal(), reset.secret.reveal(), session.reveal(), PASSWORD];
    for secret in secrets {
        assert!(!test.holds(secret).await);
    }
    assert!(!test.holds("a password in the wrong field").await);
    assert!(!format!("{issued:?} {session:?} {:?}", test.store).contains(&issued.secret.reveal()[4..]));
}
