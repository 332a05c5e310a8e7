//! Moving all data to the other kind of database and back.

use crate::contract::test_store::{HERE, PASSWORD, TestStore};
use crate::database::Database;
use chrono::TimeDelta;
use domain::tokens::client_name::ClientName;
use domain::tokens::filter::TokenFilter;
use domain::tokens::overlap::TokenValue;
use domain::tokens::overlap::{Handover, Overlap};
use domain::tokens::usage::RefusedFor;
use store::{Call, Clock, Error, LEASE, MoveError, RefusedCall, ServerKey, Store, move_database};
use tempfile::TempDir;
use uuid::Uuid;

fn file() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("kagitaba.db").display());
    (folder, url)
}

async fn open(url: &str, clock: &Clock) -> Store {
    Store::open(url, ServerKey::from_bytes([7; 32]), clock.clone()).await.unwrap()
}

#[tokio::test]
async fn database_moves_to_sqlite_and_back_unchanged() {
    let test = TestStore::new().await;
    let issued = test.issue("カギの束").await;
    let session =
        test.store.sign_in().with_password(&test.aya.user.email, PASSWORD, HERE).await.unwrap().session().unwrap();
    let (token, account) = (issued.token.id, test.aya.account);
    let scope = domain::tokens::scope::Scope::GET_COMPANY_INFORMATION;
    let (at, latency) = (test.clock.now(), std::time::Duration::from_millis(1));
    let (version, value, client) = (None, TokenValue::Current.number(), ClientName::Unnamed);
    for _ in 0..2_000 {
        let call = Call { account, token, scope, version, value, client, status: 200, at, address: HERE, latency };
        test.store.gate().record_call(call);
    }
    let reason = RefusedFor::Disabled;
    test.store.gate().record_refused(RefusedCall { account, token, reason, address: HERE, at });
    test.store.gate().flush_calls().await.unwrap();
    test.store.tokens().add_up_calls().await.unwrap();
    test.later(TimeDelta::days(1));
    test.store.account().enable_api_access(&test.aya).await.unwrap();
    let chains = test.store.audit().verify().await.unwrap();

    let (_folder, sqlite) = file();
    let moved = move_database(&test.database.url(), &sqlite).await.unwrap();
    let rows = |table| moved.iter().find(|moved| moved.name == table).unwrap().rows;
    assert_eq!((rows("accounts"), rows("tokens"), rows("call_packs"), rows("audit_events")), (1, 1, 1, 5));
    let by_token = ["calls_by_day", "calls_by_address", "calls_by_client", "calls_by_hour", "refused_calls"];
    for table in by_token.into_iter().chain(["calls_of_accounts"]) {
        assert_eq!(rows(table), 1, "{table}");
    }
    assert!(matches!(move_database(&test.database.url(), &sqlite).await, Err(MoveError::NotEmpty("accounts"))));
    let back = Database::new().await;
    assert_eq!(move_database(&sqlite, &back.url()).await.unwrap(), moved);

    for url in [&sqlite, &back.url()] {
        let store = open(url, &test.clock).await;
        assert_eq!(store.gate().call_log(account, at.date_naive(), at.date_naive()).next().await.unwrap().len(), 2_000);
        assert_eq!(store.audit().verify().await.unwrap(), chains);
        assert!(store.gate().authenticate(&issued.token.sid, &issued.secret).await.unwrap().is_some());
        assert_eq!(store.sign_in().session(&session).await.unwrap(), None, "a day later it is over");
        let filter = TokenFilter { name: "ｶｷﾞの".to_owned(), ..TokenFilter::default() };
        assert_eq!(store.tokens().list(account, &filter).await.unwrap().tokens.len(), 1);
        store.tokens().create(&test.aya, test.settings("Export"), Uuid::now_v7()).await.unwrap();
        assert!(store.audit().verify().await.unwrap().iter().all(|chain| chain.fault.is_none()));
        let other = Store::open(url, ServerKey::from_bytes([8; 32]), test.clock.clone()).await;
        assert!(matches!(other, Err(Error::WrongKey)));
    }
}

#[tokio::test]
async fn overlap_is_still_open_after_a_move() {
    let test = TestStore::new().await;
    let first = test.issue("Export").await;
    let (id, sid) = (first.token.id, &first.token.sid);
    let handover = Handover { overlap: Overlap::OneDay, close_when_moved: true };
    let reset = async |revision| {
        test.later(TimeDelta::minutes(1));
        test.store.tokens().reset_with_overlap(&test.aya, id, revision, handover).await.unwrap()
    };
    let (old, new) = (reset(1).await, reset(2).await);
    for secret in [&first.secret, &old.secret] {
        test.store.gate().authenticate_from(sid.clone(), secret, HERE).await.unwrap();
    }
    test.store.gate().flush_calls().await.unwrap();

    let (_folder, sqlite) = file();
    let moved = move_database(&test.database.url(), &sqlite).await.unwrap();
    let rows = |table| moved.iter().find(|moved| moved.name == table).unwrap().rows;
    assert_eq!((rows("retired_secrets"), rows("retired_uses"), rows("value_uses")), (1, 1, 1));
    let store = open(&sqlite, &test.clock).await;
    for (secret, passes) in [(&first.secret, false), (&old.secret, true), (&new.secret, true)] {
        assert_eq!(store.gate().authenticate(sid, secret).await.unwrap().is_some(), passes);
    }
    assert_eq!(store.tokens().get(test.aya.account, id).await.unwrap(), test.token(&new.token).await);
}

#[tokio::test]
async fn move_is_refused_while_a_server_runs() {
    let test = TestStore::new().await;
    let issued = test.issue("Export").await;
    let keeping = tokio::spawn(test.store.clone().keep_lease());
    let began = std::time::Instant::now();
    while !test.store.gate().remembers(&issued.token.sid) {
        assert!(test.store.gate().authenticate(&issued.token.sid, &issued.secret).await.unwrap().is_some());
        assert!(began.elapsed() < 3 * LEASE, "it does not trust its cache");
    }
    let (_folder, sqlite) = file();
    assert!(matches!(move_database(&test.database.url(), &sqlite).await, Err(MoveError::Served)));
    keeping.abort();
    assert!(keeping.await.unwrap_err().is_cancelled());
    test.store.end_lease().await.unwrap();
    move_database(&test.database.url(), &sqlite).await.unwrap();
}

#[tokio::test]
async fn refused_move_leaves_both_databases_unchanged() {
    let test = TestStore::new().await;
    let other = Database::new().await;
    assert!(matches!(move_database(&test.database.url(), &other.url()).await, Err(MoveError::SameKind)));
    let (_folder, sqlite) = file();
    let before = open(&sqlite, &test.clock).await;
    before.account().add("Other").await.unwrap();
    assert!(matches!(move_database(&sqlite, &test.database.url()).await, Err(MoveError::NotEmpty("accounts"))));
    assert_eq!(test.store.account().all().await.unwrap().len(), 1);
    assert_eq!(before.account().all().await.unwrap().len(), 1);
}
