//! The audit trail: its files, the history of a token, the command that verifies it, and the network addresses in it.

use std::{path::Path, process::Command};

use app::routes::{AUDIT_TRAIL, AUDIT_TRAIL_CSV as CSV, AUDIT_TRAIL_JSON_LINES as JSON_LINES};
use domain::{
    audit::trail::TrailFilter,
    members::role::{Permission, Role},
};
use http::StatusCode;
use server::config::Data;
use sqlx::{AssertSqlSafe, SqlitePool};
use tempfile::TempDir;

use crate::support::test_app::TestApp;

#[tokio::test]
async fn only_an_account_administrator_gets_the_files() {
    let app = TestApp::open().await;
    for path in [CSV, JSON_LINES] {
        assert_eq!(app.get(path).await.status, StatusCode::UNAUTHORIZED);
        for role in Role::ALL {
            let cookie = app.sign_in(role).await;
            let answer = app.get_as(path, &cookie).await;
            let may = role.may(Permission::SeeAuditTrail);
            assert_eq!(answer.status, if may { StatusCode::OK } else { StatusCode::FORBIDDEN }, "{role:?}");
            assert_eq!(answer.text().contains("token_created"), may, "{role:?}");
            assert_eq!(answer.header("cache-control"), "no-store");
        }
    }
}

#[tokio::test]
async fn audit_files_hold_the_filtered_entries() {
    let app = TestApp::open().await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    let file = app.get_as(&format!("{CSV}?about=tokens&text=nightly"), &cookie).await;
    assert!(file.header("content-type").starts_with("text/csv"));
    let name = file.header("content-disposition");
    assert!(name.starts_with("attachment; filename=\"audit-trail_20") && name.ends_with(".csv\""), "{name}");
    let text = file.text();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.starts_with("\u{feff}Number,Time,User"), "{text}");

    let file = app.get_as(&format!("{JSON_LINES}?about=sign-in"), &cookie).await;
    let entry: serde_json::Value = serde_json::from_str(file.text().trim()).unwrap();
    assert_eq!((&entry["action"], &entry["address"]), (&"signed_in".into(), &"127.0.0.1".into()));
    let none = app.get_as(&format!("{CSV}?text=nobody"), &cookie).await;
    assert_eq!(none.text().lines().count(), 1);
    for (filter, lines) in [("about=token_created", 2), ("kind=changes", 2), ("about=token_created&kind=sign-ins", 1)] {
        let file = app.get_as(&format!("{CSV}?{filter}&text=nightly"), &cookie).await;
        assert_eq!(file.text().lines().count(), lines, "{filter}");
    }
}

#[tokio::test]
async fn token_history_needs_the_right_to_see_tokens_and_no_addresses() {
    let app = TestApp::open().await;
    let body = format!(r#"{{"id":"{}"}}"#, app.issued.token.id.0);
    for role in Role::ALL {
        let cookie = app.sign_in(role).await;
        let disabled = app.function("/api/tokens/disable", Some(&cookie), &body).await;
        let answer = app.function("/api/tokens/history", Some(&cookie), &body).await;
        let may = role.may(Permission::SeeTokens);
        assert_eq!(answer.status, if may { StatusCode::OK } else { StatusCode::FORBIDDEN }, "{role:?}");
        if may {
            assert_eq!(disabled.status, StatusCode::OK);
            let history = answer.json();
            assert_eq!(history[0]["action"], "token_disabled");
            assert!(history[0]["address"].is_null());
        }
    }
    let (entries, ..) = app.store.audit().page(app.account(), &TrailFilter::default()).await.unwrap();
    let disabled = entries.iter().find(|entry| entry.action == "token_disabled").unwrap();
    assert_eq!(disabled.address.as_deref(), Some("127.0.0.1"));
}

/// Runs `kagitaba audit verify` and returns its exit code, its output and its errors.
fn verify(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let program = Command::new(env!("CARGO_BIN_EXE_kagitaba"))
        .args(["audit", "verify", "--data"])
        .arg(folder)
        .args(arguments)
        .env_clear()
        .output()
        .unwrap();
    (program.status.code(), String::from_utf8(program.stdout).unwrap(), String::from_utf8(program.stderr).unwrap())
}

/// Returns a data folder with an account, *Agency*, and its database.
async fn data() -> (TempDir, SqlitePool) {
    let folder = tempfile::tempdir().unwrap();
    Data::within(folder.path()).open().await.unwrap().account().add("Agency").await.unwrap();
    let url = format!("sqlite:{}", folder.path().join("kagitaba.db").display());
    let database = SqlitePool::connect(&url).await.unwrap();
    (folder, database)
}

#[tokio::test]
async fn audit_verify_reports_a_changed_entry_and_fails() {
    let (folder, database) = data().await;
    let (code, said, _) = verify(folder.path(), &[]);
    assert_eq!(code, Some(0));
    assert!(said.starts_with("Agency: 1 entries, head "), "{said}");

    sqlx::query("UPDATE audit_events SET action = 'user_added'").execute(&database).await.unwrap();
    let (code, said, why) = verify(folder.path(), &[]);
    assert_eq!(code, Some(1));
    assert!(said.contains("Agency: BROKEN: entry 1 (20"), "{said}");
    assert!(why.contains("tampered with (Agency)"), "{why}");
}

#[tokio::test]
async fn verify_fails_after_chains_were_taken_away_and_a_start() {
    let (folder, database) = data().await;
    for taken_away in ["UPDATE audit_events SET hash = NULL, sequence = NULL", "DELETE FROM audit_heads"] {
        sqlx::query(taken_away).execute(&database).await.unwrap();
    }
    drop(Data::within(folder.path()).open().await.unwrap()); // as `serve` does
    let (code, said, why) = verify(folder.path(), &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("Agency: BROKEN: there is no chain; 1 entries"), "{said}");
    assert!(why.contains("tampered with (Agency)"), "{why}");

    // A forger can have a chain made: it is reported, and passes only with a hash noted since.
    let noted = "INSERT INTO unfinished_work (name) VALUES ('chain the audit trail')";
    sqlx::query(noted).execute(&database).await.unwrap();
    drop(Data::within(folder.path()).open().await.unwrap());
    let (code, said, why) = verify(folder.path(), &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(why.contains("was created for entries without one (Agency)"), "{why}");
    let head = said.split("head ").nth(1).unwrap().split_whitespace().next().unwrap();
    assert_eq!(verify(folder.path(), &["--head", head]).0, Some(0));
}

#[tokio::test]
async fn verify_compares_with_a_head_that_was_noted() {
    let (folder, database) = data().await;
    let (_, said, _) = verify(folder.path(), &[]);
    let head = said.split("head ").nth(1).unwrap().trim().to_owned();
    let store = Data::within(folder.path()).open().await.unwrap();
    store.account().add("Other").await.unwrap();
    let noted = ["--head", &head];
    let (code, said, _) = verify(folder.path(), &noted);
    assert_eq!(code, Some(0));
    assert!(said.contains(&format!("entry 1 has the noted hash {head}")), "{said}");
    assert_eq!(verify(folder.path(), &["--head", &head, "--account", "Agency"]).0, Some(0));
    for missed in [&["--head", &head, "--account", "Other"], &["--head", &"0".repeat(64), "--account", "Agency"]] {
        let (code, _, why) = verify(folder.path(), missed);
        assert_eq!(code, Some(1));
        assert!(why.contains("the trail has since been replaced by an older copy"), "{why}");
    }
    assert!(verify(folder.path(), &["--account", "Nobody"]).2.contains("no account named Nobody"));
    assert!(verify(folder.path(), &["--head", "abc"]).2.contains("64 hexadecimal digits"));

    // An account removed with all its data leaves no trace in the database.
    for gone in ["audit_heads", "audit_events", "accounts"] {
        let delete = format!(
            "DELETE FROM {gone} WHERE {} IN (SELECT id FROM accounts WHERE name = 'Agency')",
            match gone {
                "accounts" => "id",
                _ => "account_id",
            }
        );
        sqlx::query(AssertSqlSafe(delete)).execute(&database).await.unwrap();
    }
    assert_eq!(verify(folder.path(), &[]).0, Some(0));
    assert_eq!(verify(folder.path(), &noted).0, Some(1));
}

#[tokio::test]
async fn verify_makes_neither_database_nor_key() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, why) = verify(folder.path(), &[]);
    assert_eq!(code, Some(1));
    assert!(why.contains("server.key is missing"), "{why}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn page_and_files_show_the_head_of_the_trail() {
    let app = TestApp::open().await;
    let cookie = app.sign_in(Role::AccountAdministrator).await;
    let head = app.store.audit().head(app.account()).await.unwrap().unwrap();
    let page = app.get_as(AUDIT_TRAIL, &cookie).await.text();
    assert!(page.contains(&format!("<code translate=\"no\">{}", head.hash)), "{page}");
    let file = app.get_as(&format!("{CSV}?text=nightly"), &cookie).await.text();
    assert!(file.lines().next().unwrap().ends_with(",Hash,Head"), "{file}");
    assert!(file.lines().nth(1).unwrap().ends_with(&head.hash), "{file}");
    let file = app.get_as(JSON_LINES, &cookie).await.text();
    let newest: serde_json::Value = serde_json::from_str(file.lines().next().unwrap()).unwrap();
    assert_eq!((&newest["head"], &newest["hash"]), (&head.hash.as_str().into(), &head.hash.into()));
}
