//! The search for tokens: by their names however these are written, by their contacts and by their Account SIDs.

use super::list::named;
use crate::database::{Database, NAMES, RANDOM_ID};
use crate::sql;
use crate::test_store::{PASSWORD, TestStore};
use domain::account::AccountId;
use domain::audit::trail::TrailFilter;
use domain::members::role::Role;
use domain::paging::{Count, PagePosition};
use domain::tokens::filter::{PAGE_SIZE, Sort, TokenFilter};
use domain::tokens::token::{TokenSettings, TokenState};
use sqlx::AssertSqlSafe;
use store::{Clock, NewUser, ServerKey, Store};
use uuid::Uuid;

#[tokio::test]
async fn name_is_found_however_it_is_written() {
    let test = TestStore::new().await;
    let names = ["受注\u{301c}出荷", "カギ束", "葛\u{e0100}飾区", "\u{fa46}の水", "Aya’s ＩＤ"];
    for name in names {
        test.issue(name).await;
    }
    for (typed, found) in [
        ("受注\u{ff5e}出荷", names[0]),
        ("\u{ff5e}出", names[0]),
        ("かぎ束", names[1]),
        ("ぎ", names[1]),
        ("ｶｷﾞ束", names[1]),
        ("葛飾区", names[2]),
        ("葛飾", names[2]),
        ("葛\u{e0101}飾区", names[2]),
        ("\u{6e1a}ノ水", names[3]),
        ("\u{6e1a}", names[3]),
        ("\u{fa46}", names[3]),
        ("aya's id", names[4]),
    ] {
        assert_eq!(test.names(named(typed)).await, [found], "{typed}");
    }
}

#[tokio::test]
async fn token_is_found_by_its_contact_and_its_account_sid() {
    let test = TestStore::new().await;
    let aiko = NewUser {
        name: "田中 アイコ".to_owned(),
        email: "aiko.t@agency.example".to_owned(),
        password: PASSWORD.to_owned(),
        role: Role::AccountAdministrator,
    };
    let aiko = test.store.members().add(test.aya.account, aiko).await.unwrap();
    let settings = TokenSettings { primary_contact: aiko, ..test.settings("Nightly export") };
    let token = test.store.tokens().create(&test.aya, settings, Uuid::now_v7()).await.unwrap().token;
    test.issue("Other").await;
    let sid = token.sid.to_string();
    let wide: String = sid.chars().filter_map(|c| char::from_u32(u32::from(c) + 0xfee0)).collect();
    let spaced = format!("\u{3000}{sid}\n");
    for typed in ["田中", "田中あいこ", "aiko.t@agency.example", "ＡＩＫＯ", &sid, &spaced, &wide, "night"] {
        assert_eq!(test.names(named(typed)).await, ["Nightly export"], "{typed}");
    }
    for typed in ["agency.example", "田中 花子", &sid.to_lowercase()] {
        assert_eq!(test.names(named(typed)).await, [""; 0], "{typed}");
    }
    let otto = test.stranger().await;
    for typed in ["田中", "aiko.t@agency.example", &sid] {
        let theirs = test.store.tokens().list(otto.account, &named(typed)).await.unwrap();
        assert_eq!(theirs.tokens, [], "{typed}");
        let disabled = TokenFilter { state: Some(TokenState::Disabled), ..named(typed) };
        assert_eq!(test.names(disabled).await, [""; 0], "{typed}");
    }
    test.store.tokens().update(&test.aya, token.id, test.settings("Nightly export"), 1).await.unwrap();
    assert_eq!(test.names(named("田中")).await, [""; 0], "its former contact");
    test.store.tokens().delete(&test.aya, token.id).await.unwrap();
    assert_eq!(test.names(named(&sid)).await, [""; 0], "deleted");
}

#[tokio::test]
async fn contact_of_very_many_tokens_finds_each_of_them() {
    let test = TestStore::new().await;
    test.issue("Token 0").await;
    test.copy(6_000).await;
    for sort in Sort::ALL {
        for typed in ["aya@agency", "ay"] {
            let filter = TokenFilter { sort, ..named(typed) };
            let first = test.at(&filter, PagePosition::First).await;
            assert_eq!((first.position.total, first.tokens.len()), (Count::Exactly(6_001), PAGE_SIZE as usize));
            let last = test.at(&filter, PagePosition::Last).await;
            assert_eq!((last.position.total, last.tokens.len()), (Count::Exactly(6_001), 1), "{sort:?}: {typed}");
        }
    }
}

#[tokio::test]
async fn names_of_older_versions_are_found_after_the_next_start() {
    let test = TestStore::new().await;
    test.issue("かぎ束〜1").await;
    test.copy(1_200).await; // more than are read at once
    let database = test.database().await;
    for statement in [
        "UPDATE tokens SET name_folded = LOWER(name)",
        "UPDATE audit_events SET names_folded = 'かぎ束〜1' WHERE token_id IS NOT NULL",
        "INSERT INTO unfinished_work (name) VALUES ('fold names for searching')",
    ] {
        sql::query(statement).execute(&database).await.unwrap();
    }
    for typed in ["カギ束～", "ギ束", "カギ束"] {
        assert_eq!(test.names(named(typed)).await, [""; 0], "{typed}");
    }
    let store = test.reopened().await;
    for typed in ["カギ束～", "ギ束", "かぎ束", "かぎ束〜1"] {
        assert_eq!(test.names(named(typed)).await, ["かぎ束〜1"], "{typed}");
    }
    assert_eq!(test.names(named("token 1199")).await, ["Token 1199"]);
    let filter = TrailFilter { text: "カギ束".to_owned(), ..TrailFilter::default() };
    assert_eq!(store.audit().page(test.aya.account, &filter).await.unwrap().0.len(), 1);
    assert!(!store.work().is_unfinished("fold names for searching").await.unwrap());
}

#[tokio::test]
async fn migration_has_the_names_folded_that_it_finds() {
    let database = Database::before(NAMES).await;
    let (pool, account) = (database.pool().await, Uuid::now_v7());
    let added = "INSERT INTO accounts (id, name, company_information, created_at) VALUES ($1, 'Acme', '{}', 1)";
    sql::query(added).bind(account).execute(&pool).await.unwrap();
    let event = format!(
        "INSERT INTO audit_events (id, at, account_id, action, details, names_folded)
         VALUES ({RANDOM_ID}, 1, $1, 'account_added', '{{}}', 'かぎ束')"
    );
    sql::query(AssertSqlSafe(event)).bind(account).execute(&pool).await.unwrap();
    let store = Store::open(&database.url(), ServerKey::from_bytes([7; 32]), Clock::system()).await.unwrap();
    let filter = TrailFilter { text: "カギ束".to_owned(), ..TrailFilter::default() };
    assert_eq!(store.audit().page(AccountId(account), &filter).await.unwrap().0.len(), 1);
}
