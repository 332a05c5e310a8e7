//! What is tested in `SQLite`'s own words, or about its files.

use crate::house::{HERE, House, PASSWORD};
use chrono::TimeDelta;
use domain::filter::TokenFilter;
use std::os::unix::fs::PermissionsExt;
use store::{Clock, Error, SESSION_IDLE, ServerKey, Store};
use uuid::Uuid;

#[tokio::test]
async fn the_files_are_their_owners_only() {
    let house = House::new().await;
    house.issue("Export").await;
    let files = house.files();
    assert!(files.len() >= 2, "the database and its log: {files:?}");
    for file in files {
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn a_database_in_memory_is_refused() {
    for url in ["sqlite::memory:", "sqlite://x?mode=memory"] {
        let opened = Store::open(url, ServerKey::from_bytes([1; 32]), Clock::system()).await;
        assert!(matches!(opened, Err(Error::UnsupportedDatabase(_))));
    }
}

#[tokio::test]
async fn a_change_whose_event_cannot_be_written_is_not_made() {
    let house = House::new().await;
    let token = house.issue("Export").await.token;
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON audit_events BEGIN SELECT RAISE(ABORT, 'refused'); END";
    sqlx::query(refuse).execute(&house.database().await).await.unwrap();
    let (store, by, id) = (&house.store, &house.aya, token.id);
    assert!(store.create(by, house.settings("Import"), Uuid::now_v7()).await.is_err());
    assert!(store.disable(by, id).await.is_err());
    assert!(store.delete(by, id).await.is_err());
    assert!(store.reset(by, id, 1).await.is_err());
    assert!(store.enable_api_access(by).await.is_err());
    assert!(store.add_account("Other").await.is_err());
    assert_eq!(store.account_named("Other").await.unwrap(), None);
    assert!(store.sign_in(&by.user.email, PASSWORD, HERE).await.is_err());
    assert_eq!(house.token(&token).await, token);
    assert!(!store.account(by.account).await.unwrap().api_access);
    let sessions: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM sessions").fetch_one(&house.database().await).await.unwrap();
    assert_eq!(sessions, 0);
}

#[tokio::test]
async fn a_session_goes_on_though_its_use_cannot_be_written() {
    let house = House::new().await;
    let session = house.store.sign_in(&house.aya.user.email, PASSWORD, HERE).await.unwrap();
    let refuse = "CREATE TRIGGER refuse BEFORE UPDATE ON sessions BEGIN SELECT RAISE(ABORT, 'refused'); END";
    sqlx::query(refuse).execute(&house.database().await).await.unwrap();
    house.later(SESSION_IDLE - TimeDelta::seconds(1));
    assert_eq!(house.store.session(&session).await.unwrap().as_ref(), Some(&house.aya));
    house.later(TimeDelta::seconds(1));
    assert_eq!(house.store.session(&session).await.unwrap(), None, "no use was written");
}

#[tokio::test]
async fn no_secret_is_anywhere_in_the_files_of_the_database() {
    let house = House::new().await;
    let issued = house.issue("Export").await;
    let copy = house.store.duplicate(&house.aya, issued.token.id, Uuid::now_v7()).await.unwrap();
    let reset = house.store.reset(&house.aya, issued.token.id, 1).await.unwrap();
    let session = house.store.sign_in(&house.aya.user.email, PASSWORD, HERE).await.unwrap();
    house.store.sign_in("a password in the wrong field", PASSWORD, HERE).await.unwrap_err();
    house.store.session(&session).await.unwrap().unwrap();
    let bytes: Vec<u8> = house.files().iter().flat_map(|file| std::fs::read(file).unwrap()).collect();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds(issued.token.sid.as_str()), "the search finds what is there");
    let secrets = [issued.secret.reveal(), copy.secret.reveal(), reset.secret.reveal(), session.reveal(), PASSWORD];
    assert!(!secrets.into_iter().any(holds));
    assert!(!holds("a password in the wrong field"));
    assert!(!format!("{issued:?} {session:?} {:?}", house.store).contains(&issued.secret.reveal()[4..]));
}

#[tokio::test]
async fn five_thousand_tokens_are_paged_to_the_end() {
    let house = House::new().await;
    house.issue("Token 0").await;
    let copies = "
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4999)
        INSERT INTO tokens (id, account_id, sid, secret_hash, name, name_folded, description, api_version,
            primary_contact, developers, scopes, state, created_at)
        SELECT randomblob(16), account_id, substr(sid, 1, 31) || substr('000' || i, -4), secret_hash, 'Token ' || i,
            'token ' || i, description, api_version, primary_contact, developers, scopes, state, created_at - i
        FROM tokens, n";
    sqlx::query(copies).execute(&house.database().await).await.unwrap();
    let list = house.store.list(house.aya.account, &TokenFilter::default().on_page(u32::MAX)).await.unwrap();
    assert_eq!((list.total, list.page, list.tokens.len()), (5_000, 209, 8));
    assert_eq!(list.tokens[7].settings.name, "Token 4999");
    assert_eq!(
        house.names(TokenFilter { name: "token 4321".to_owned(), ..TokenFilter::default() }).await,
        ["Token 4321"]
    );
}
