//! The audit trail's chain: every change made to it behind the store's back is found.

use crate::database::{AUDIT_CHAINING, Database, RANDOM_HASH, RANDOM_ID};
use crate::sql;
use crate::test_store::{HERE, PASSWORD, TestStore};
use chrono::TimeDelta;
use domain::audit::trail::TrailFilter;
use sqlx::AssertSqlSafe;
use store::{AuditChain, AuditFault, AuditHash, Clock, Error, ServerKey, Store, verify_audit_trail};

/// The number of entries in the test's trail: account and user added, then four of a token, a second apart.
const ENTRIES: i64 = 6;

/// The statements that remove all chains.
const TAKEN_AWAY: &str = "UPDATE audit_events SET sequence = NULL, hash = NULL; DELETE FROM audit_heads";
/// The statement by which the migration marks a database that has no chains yet.
const NOTED: &str = "INSERT INTO unfinished_work (name) VALUES ('chain the audit trail')";

async fn store_with_a_trail() -> TestStore {
    let test = TestStore::new().await;
    test.later(TimeDelta::seconds(1));
    let id = test.issue("Export").await.token.id;
    test.later(TimeDelta::seconds(1));
    test.store.tokens().disable(&test.aya, id).await.unwrap();
    test.later(TimeDelta::seconds(1));
    test.store.tokens().enable(&test.aya, id).await.unwrap();
    test.later(TimeDelta::seconds(1));
    test.store.tokens().reset(&test.aya, id, 3).await.unwrap();
    test
}

async fn chain(test: &TestStore) -> AuditChain {
    let chains = test.store.audit().verify().await.unwrap();
    chains.into_iter().find(|chain| chain.account == test.aya.account).unwrap()
}

async fn tamper(test: &TestStore, statements: &str) {
    let database = test.database().await;
    let mut done = 0;
    for statement in statements.split(';').filter(|statement| !statement.trim().is_empty()) {
        let statement = sql::query(AssertSqlSafe(statement.to_owned()));
        done += statement.execute(&database).await.unwrap().rows_affected();
    }
    assert!(done > 0, "{statements}");
}

#[tokio::test]
async fn an_untouched_trail_is_right_and_each_account_has_its_own() {
    let test = store_with_a_trail().await;
    test.stranger().await;
    let chains = test.store.audit().verify().await.unwrap();
    let found: Vec<_> = chains.iter().map(|it| (it.name.as_deref(), it.entries, it.fault)).collect();
    assert_eq!(found, [(Some("Acme"), ENTRIES, None), (Some("Other"), 2, None)]);
    assert_eq!(chains[0].head.len(), 64);
    assert_ne!(chains[0].head, chains[1].head);
    let reopened = test.reopened().await;
    assert_eq!(reopened.audit().verify().await.unwrap(), chains, "opening again changes nothing");
}

#[tokio::test]
async fn every_field_of_an_entry_is_protected() {
    for change in [
        "at = at + 1",
        "action = 'token_enabled'",
        "details = '{\"name\":\"Import\"}'",
        "user_id = NULL",
        "token_id = NULL",
        "address = '192.0.2.9'",
        &format!("id = {RANDOM_ID}"),
        &format!("hash = {RANDOM_HASH}"),
    ] {
        let test = store_with_a_trail().await;
        tamper(&test, &format!("UPDATE audit_events SET {change} WHERE sequence = 4")).await;
        let AuditChain { entries, fault, .. } = chain(&test).await;
        assert!(matches!(fault, Some(AuditFault::Altered { sequence: 4, .. })), "{change}: {fault:?}");
        assert_eq!(entries, 3, "{change}");
    }
}

#[tokio::test]
async fn a_removed_entry_is_missed_wherever_it_was() {
    for sequence in 1..=ENTRIES {
        let test = store_with_a_trail().await;
        tamper(&test, &format!("DELETE FROM audit_events WHERE sequence = {sequence}")).await;
        let fault = chain(&test).await.fault;
        let found = matches!(fault, Some(AuditFault::Removed { sequence: found, .. }) if found == sequence);
        assert!(found, "{sequence}: {fault:?}");
    }
}

#[tokio::test]
async fn entries_removed_at_the_end_are_missed_despite_a_forged_head() {
    for head in [
        "UPDATE audit_heads SET (sequence, hash) = (SELECT sequence, hash FROM audit_events WHERE sequence = 4)",
        "DELETE FROM audit_heads",
        &format!("UPDATE audit_heads SET seal = {RANDOM_HASH}"),
    ] {
        let test = store_with_a_trail().await;
        tamper(&test, &format!("DELETE FROM audit_events WHERE sequence > 4; {head}")).await;
        let fault = chain(&test).await.fault;
        let last = Some(test.clock.now() - TimeDelta::seconds(2));
        assert_eq!(fault, Some(AuditFault::Head { after: last }), "{head}");
        // Later entries do not hide the fault.
        test.store.account().enable_api_access(&test.aya).await.unwrap();
        assert!(chain(&test).await.fault.is_some(), "{head}");
    }
}

#[tokio::test]
async fn trail_removed_whole_does_not_begin_again() {
    let test = store_with_a_trail().await;
    tamper(&test, "DELETE FROM audit_events; DELETE FROM audit_heads").await;
    assert_eq!(chain(&test).await.fault, Some(AuditFault::Head { after: None }));
    test.reopened().await.account().enable_api_access(&test.aya).await.unwrap();
    assert!(matches!(chain(&test).await.fault, Some(AuditFault::Head { .. })));
}

#[tokio::test]
async fn an_inserted_entry_is_found_with_and_without_a_number() {
    let copy = |sequence: &str, hash: &str| {
        format!(
            "INSERT INTO audit_events (id, at, account_id, action, details, sequence, hash)
             SELECT {RANDOM_ID}, at, account_id, 'token_deleted', '{{}}', {sequence}, {hash}
             FROM audit_events WHERE sequence = 6"
        )
    };
    let test = store_with_a_trail().await;
    tamper(&test, &copy("NULL", "NULL")).await;
    assert!(matches!(chain(&test).await.fault, Some(AuditFault::Inserted { .. })));
    drop(test.reopened().await);
    assert!(matches!(chain(&test).await.fault, Some(AuditFault::Inserted { .. })), "a start chains it not");

    let test = store_with_a_trail().await;
    tamper(&test, &copy("7", "hash")).await;
    assert!(matches!(chain(&test).await.fault, Some(AuditFault::Altered { sequence: 7, .. })));

    let test = store_with_a_trail().await;
    let shift = "UPDATE audit_events SET sequence = sequence + 100 WHERE sequence >= 4;
         UPDATE audit_events SET sequence = sequence - 99 WHERE sequence >= 100;";
    tamper(&test, &format!("{shift} {}", copy("4", "hash").replace("sequence = 6", "sequence = 7"))).await;
    assert!(matches!(chain(&test).await.fault, Some(AuditFault::Altered { sequence: 4, .. })));
}

#[tokio::test]
async fn swapped_entries_are_found() {
    let test = store_with_a_trail().await;
    let swap = "UPDATE audit_events SET sequence = 100 WHERE sequence = 3;
         UPDATE audit_events SET sequence = 3 WHERE sequence = 4;
         UPDATE audit_events SET sequence = 4 WHERE sequence = 100";
    tamper(&test, swap).await;
    assert!(matches!(chain(&test).await.fault, Some(AuditFault::Altered { sequence: 3, .. })));
}

#[tokio::test]
async fn entry_moved_to_another_account_breaks_both_trails() {
    let test = store_with_a_trail().await;
    let other = test.stranger().await;
    let database = test.database().await;
    let moved = "UPDATE audit_events SET account_id = $1, sequence = 3 WHERE account_id = $2 AND sequence = 3";
    sql::query(moved).bind(other.account.0).bind(test.aya.account.0).execute(&database).await.unwrap();
    let chains = test.store.audit().verify().await.unwrap();
    assert!(matches!(chains[0].fault, Some(AuditFault::Removed { sequence: 3, .. })), "{chains:?}");
    assert!(matches!(chains[1].fault, Some(AuditFault::Altered { sequence: 3, .. })), "{chains:?}");
}

#[tokio::test]
async fn events_of_older_versions_are_chained_once_and_marked() {
    let test = store_with_a_trail().await;
    let names = "UPDATE audit_events SET names_folded = ''";
    tamper(&test, &format!("{TAKEN_AWAY}; {names}; {NOTED}")).await;
    assert!(chain(&test).await.fault.is_some());
    let store = test.reopened().await;
    let chained = chain(&test).await;
    assert_eq!((chained.entries, chained.fault), (ENTRIES + 1, None));
    assert_eq!(chained.sealed, Some((test.clock.now(), ENTRIES)));
    assert_eq!(test.actions().await.last().unwrap(), "audit_trail_sealed");
    test.reopened().await;
    assert_eq!(chain(&test).await, chained);
    let filter = TrailFilter { text: "EXPORT".to_owned(), ..TrailFilter::default() };
    assert_eq!(store.audit().page(test.aya.account, &filter).await.unwrap().0.len(), 4, "and found by their names");
    test.store.account().enable_api_access(&test.aya).await.unwrap();
    assert_eq!(chain(&test).await.fault, None);
}

#[tokio::test]
async fn chain_that_is_taken_away_is_missed_and_not_made_again() {
    let test = store_with_a_trail().await;
    tamper(&test, TAKEN_AWAY).await;
    let missing = Some(AuditFault::Missing { entries: ENTRIES });
    for _ in 0..2 {
        assert_eq!(chain(&test).await.fault, missing);
        drop(test.reopened().await);
    }
    assert!(!test.actions().await.contains(&"audit_trail_sealed".to_owned()));
    test.store.account().enable_api_access(&test.aya).await.unwrap();
    assert!(chain(&test).await.fault.is_some(), "what is recorded afterwards does not cover it up");
}

#[tokio::test]
async fn changes_go_on_after_hashes_and_heads_were_removed() {
    let test = store_with_a_trail().await;
    tamper(&test, "UPDATE audit_events SET hash = NULL; DELETE FROM audit_heads").await;
    drop(test.reopened().await);
    assert!(matches!(chain(&test).await.fault, Some(AuditFault::Altered { sequence: 1, .. })));
    test.store.account().enable_api_access(&test.aya).await.unwrap();
    assert!(matches!(chain(&test).await.fault, Some(AuditFault::Altered { sequence: 1, .. })));
}

/// Returns the test's chain as `kagitaba audit verify` finds it, searched for the given hashes.
async fn verified(test: &TestStore, noted: &[&str]) -> AuditChain {
    let noted: Vec<AuditHash> = noted.iter().map(|hash| hash.parse().unwrap()).collect();
    let key = ServerKey::from_bytes([7; 32]);
    let chains = verify_audit_trail(&test.database.url(), &key, &noted).await.unwrap();
    chains.into_iter().find(|chain| chain.account == test.aya.account).unwrap()
}

#[tokio::test]
async fn noted_hash_is_found_until_the_trail_is_put_back_or_rewritten() {
    let test = store_with_a_trail().await;
    let head = chain(&test).await.head;
    assert_eq!(test.store.audit().head(test.aya.account).await.unwrap().unwrap().hash, head);
    test.store.account().enable_api_access(&test.aya).await.unwrap();
    let later = chain(&test).await.head;
    let found: Vec<_> = verified(&test, &[&later, &head]).await.noted.iter().map(|(number, _)| *number).collect();
    assert_eq!(found, [ENTRIES, ENTRIES + 1]);
    assert!(verified(&test, &[&"0".repeat(64)]).await.noted.is_empty());

    let back = store_with_a_trail().await;
    assert!(verified(&back, &[&later]).await.noted.is_empty(), "a copy of before has no such entry");
}

#[tokio::test]
async fn chain_made_again_counts_only_with_a_hash_noted_since() {
    let test = store_with_a_trail().await;
    let before = chain(&test).await.head;
    tamper(&test, &format!("{TAKEN_AWAY}; {NOTED}; UPDATE audit_events SET details = '{{}}'")).await;
    drop(test.reopened().await);
    let made = verified(&test, &[&before]).await;
    assert_eq!((made.fault, made.is_remade(), made.noted.len()), (None, true, 0), "made of other entries");
    let sealed = made.head;
    test.store.account().enable_api_access(&test.aya).await.unwrap();
    let noted = verified(&test, &[&sealed]).await;
    assert_eq!((noted.fault, noted.is_remade()), (None, false));
    let untouched = store_with_a_trail().await;
    assert!(!verified(&untouched, &[]).await.is_remade());
}

#[tokio::test]
async fn migration_chains_the_events_that_it_finds() {
    let database = Database::before(AUDIT_CHAINING).await;
    let pool = database.pool().await;
    for statement in [
        format!(
            "INSERT INTO accounts (id, name, company_information, created_at) VALUES ({RANDOM_ID}, 'Acme', '{{}}', 1)"
        ),
        format!(
            "INSERT INTO audit_events (id, at, account_id, action, details)
             SELECT {RANDOM_ID}, 1, id, 'account_added', '{{}}' FROM accounts"
        ),
    ] {
        sql::query(AssertSqlSafe(statement)).execute(&pool).await.unwrap();
    }
    let open = async || Store::open(&database.url(), ServerKey::from_bytes([7; 32]), Clock::system()).await.unwrap();
    let chains = open().await.audit().verify().await.unwrap();
    assert_eq!((chains[0].fault, chains[0].entries, chains[0].is_remade()), (None, 2, true));
    assert_eq!(open().await.audit().verify().await.unwrap(), chains, "once");
}

#[tokio::test]
async fn verifying_needs_the_key_that_the_database_was_made_with() {
    let test = store_with_a_trail().await;
    let url = test.database.url();
    let other = verify_audit_trail(&url, &ServerKey::from_bytes([8; 32]), &[]).await;
    assert!(matches!(other, Err(Error::WrongKey)), "{other:?}");
    tamper(&test, "DELETE FROM server_key").await;
    let none = verify_audit_trail(&url, &ServerKey::from_bytes([7; 32]), &[]).await;
    assert!(matches!(none, Err(Error::Corrupt(_))), "{none:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_made_at_once_stand_in_one_chain() {
    let test = TestStore::new().await;
    let tasks: Vec<_> = (0..24)
        .map(|n| {
            let (store, by, settings) = (test.store.clone(), test.aya.clone(), test.settings(&format!("Token {n}")));
            tokio::spawn(async move { store.tokens().create(&by, settings, uuid::Uuid::now_v7()).await.unwrap() })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let chain = chain(&test).await;
    assert_eq!((chain.entries, chain.fault), (26, None));
}

#[tokio::test]
async fn event_holds_the_network_address_of_its_request() {
    let test = TestStore::new().await;
    let store = test.store.asked_from(HERE);
    store.account().enable_api_access(&test.aya).await.unwrap();
    store.sign_in().with_password(&test.aya.user.email, PASSWORD, HERE).await.unwrap().session().unwrap();
    let (entries, ..) = store.audit().page(test.aya.account, &TrailFilter::default()).await.unwrap();
    let addresses: Vec<_> = entries.iter().map(|entry| entry.address.as_deref()).collect();
    assert_eq!(addresses, [Some("192.0.2.1"), Some("192.0.2.1"), None, None]);
    assert_eq!(chain(&test).await.fault, None);
}
