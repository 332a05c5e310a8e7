//! The audit trail: its files, the history of a token, the command line that verifies it, and from where things were done.

use std::process::Command;

use domain::{
    role::{Permission, Role},
    trail::TrailFilter,
};
use http::{StatusCode, header};
use server::config::Data;

use crate::house::{Answer, House};

const CSV: &str = "/settings/audit-trail/export.csv";
const JSON_LINES: &str = "/settings/audit-trail/export.jsonl";

async fn get(house: &House, path: &str, cookie: &str) -> Answer {
    house.send(house.request("GET", path).header(header::COOKIE, cookie), []).await
}

#[tokio::test]
async fn only_an_account_administrator_gets_the_files() {
    let house = House::open().await;
    for path in [CSV, JSON_LINES] {
        assert_eq!(house.get(path).await.status, StatusCode::UNAUTHORIZED);
        for role in Role::ALL {
            let cookie = house.sign_in(role).await;
            let answer = get(&house, path, &cookie).await;
            let may = role.may(Permission::SeeAuditTrail);
            assert_eq!(answer.status, if may { StatusCode::OK } else { StatusCode::FORBIDDEN }, "{role:?}");
            assert_eq!(answer.text().contains("token_created"), may, "{role:?}");
            assert_eq!(answer.header("cache-control"), "no-store");
        }
    }
}

#[tokio::test]
async fn the_files_hold_what_the_filter_shows() {
    let house = House::open().await;
    let cookie = house.sign_in(Role::AccountAdministrator).await;
    let file = get(&house, &format!("{CSV}?about=tokens&text=nightly"), &cookie).await;
    assert!(file.header("content-type").starts_with("text/csv"));
    let name = file.header("content-disposition");
    assert!(name.starts_with("attachment; filename=\"audit-trail_20") && name.ends_with(".csv\""), "{name}");
    let text = file.text();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.starts_with("\u{feff}Number,Time,User"), "{text}");

    let file = get(&house, &format!("{JSON_LINES}?about=sign-in"), &cookie).await;
    let entry: serde_json::Value = serde_json::from_str(file.text().trim()).unwrap();
    assert_eq!((&entry["action"], &entry["address"]), (&"signed_in".into(), &"127.0.0.1".into()));
    let none = get(&house, &format!("{CSV}?text=nobody"), &cookie).await;
    assert_eq!(none.text().lines().count(), 1);
}

#[tokio::test]
async fn the_history_of_a_token_tells_no_addresses_and_is_for_those_who_see_tokens() {
    let house = House::open().await;
    let body = format!(r#"{{"id":"{}"}}"#, house.issued.token.id.0);
    for role in Role::ALL {
        let cookie = house.sign_in(role).await;
        let disabled = house.function("/api/tokens/disable", Some(&cookie), &body).await;
        let answer = house.function("/api/tokens/history", Some(&cookie), &body).await;
        let may = role.may(Permission::SeeTokens);
        assert_eq!(answer.status, if may { StatusCode::OK } else { StatusCode::FORBIDDEN }, "{role:?}");
        if may {
            assert_eq!(disabled.status, StatusCode::OK);
            let history = answer.json();
            assert_eq!(history[0]["action"], "token_disabled");
            assert!(history[0]["address"].is_null());
        }
    }
    let (entries, ..) = house.store.audit_page(house.account(), &TrailFilter::default()).await.unwrap();
    let disabled = entries.iter().find(|entry| entry.action == "token_disabled").unwrap();
    assert_eq!(disabled.address.as_deref(), Some("127.0.0.1"));
}

#[tokio::test]
async fn the_command_line_tells_whether_the_trail_is_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let verify = || {
        let program = Command::new(env!("CARGO_BIN_EXE_kagitaba"))
            .args(["audit", "verify", "--data"])
            .arg(folder.path())
            .env_clear()
            .output()
            .unwrap();
        (program.status.code(), String::from_utf8(program.stdout).unwrap(), String::from_utf8(program.stderr).unwrap())
    };
    Data::within(folder.path()).open().await.unwrap().add_account("Agency").await.unwrap();
    let (code, said, _) = verify();
    assert_eq!(code, Some(0));
    assert!(said.starts_with("Agency: 1 entries, head "), "{said}");

    let url = format!("sqlite:{}", folder.path().join("kagitaba.db").display());
    let database = sqlx::SqlitePool::connect(&url).await.unwrap();
    sqlx::query("UPDATE audit_events SET action = 'user_added'").execute(&database).await.unwrap();
    let (code, said, why) = verify();
    assert_eq!(code, Some(1));
    assert!(said.contains("Agency: BROKEN: entry 1 (20"), "{said}");
    assert!(why.contains("tampered with (Agency)"), "{why}");
}
