//! The program itself as a server: what it has written down when it is killed, and when it is told to end.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use domain::{account::AccountId, role::Role, scope::Scope, user::Asker};
use http::StatusCode;
use serde_json::Value;
use server::config::Data;
use store::{IssuedToken, NewUser, Store};
use tempfile::TempDir;

use crate::house::{PASSWORD, basic, company_information, email, issue};

/// How often the program writes calls down, and as much again.
const WRITTEN_WITHIN: Duration = Duration::from_secs(2);

/// Data of one's own, and a program to serve it.
struct Place {
    folder: TempDir,
    store: Store,
    account: AccountId,
    issued: IssuedToken,
}

impl Place {
    async fn new() -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let store = Data::within(&folder.path().join("data")).open().await.unwrap();
        let (account, role) = (store.add_account("Agency").await.unwrap(), Role::AccountAdministrator);
        let user = NewUser { name: "Aya".to_owned(), email: email(role), password: PASSWORD.to_owned(), role };
        store.add_user(account, user).await.unwrap();
        let user = store.people(account).await.unwrap().remove(0);
        let by = Asker { user, account, account_name: "Agency".to_owned(), role };
        store.enable_api_access(&by).await.unwrap();
        let scopes = ["getCompanyInformation", "runReport"].map(|id| Scope::find(id).unwrap());
        let issued = issue(&store, &by, &scopes).await;
        // Its frontend stands beside the program. Nobody looks at it here, so it may be empty. A link and no copy: a file
        // that was just written can't be run while a process that was forked meanwhile holds it open.
        std::fs::hard_link(env!("CARGO_BIN_EXE_kagitaba"), folder.path().join("kagitaba")).unwrap();
        std::fs::write(folder.path().join("hash.txt"), "").unwrap();
        Self { folder, store, account, issued }
    }

    fn start(&self) -> Program {
        let mut process = Command::new(self.folder.path().join("kagitaba"))
            .args(["serve", "--listen", "127.0.0.1:0", "--no-demo", "--data", "data", "--site", "."])
            .current_dir(&self.folder)
            .env_clear()
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut welcome = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut welcome).unwrap();
        let address = welcome.split(' ').find(|word| word.starts_with("http://")).expect("it says where it is");
        Program { address: address.to_owned(), process }
    }

    /// How many calls for company profiles are written down.
    async fn calls(&self) -> u64 {
        let today = self.store.clock().now().date_naive();
        let usage = self.store.token_usage(self.account, today - chrono::TimeDelta::days(1), today).await.unwrap();
        usage.iter().filter(|usage| usage.scope == "getCompanyInformation").map(|usage| usage.calls).sum()
    }
}

/// The program as it runs. It is killed when it is dropped.
struct Program {
    address: String,
    process: Child,
}

impl Program {
    async fn get(&self, path: &str, issued: &IssuedToken) -> (StatusCode, String) {
        let (url, credentials) = (format!("{}{path}", self.address), basic(&issued.token.sid, &issued.secret));
        let call = move || {
            let mut answer = ureq::get(url).header("authorization", credentials).call().unwrap();
            (answer.status(), answer.body_mut().read_to_string().unwrap())
        };
        tokio::task::spawn_blocking(call).await.unwrap()
    }

    async fn call(&self, times: u64, issued: &IssuedToken) {
        for _ in 0..times {
            assert_eq!(self.get(&company_information(&issued.token.sid), issued).await.0, StatusCode::OK);
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

#[tokio::test]
async fn a_server_that_is_killed_has_kept_all_calls_but_those_of_the_last_second() {
    let place = Place::new().await;
    let mut program = place.start();
    program.call(40, &place.issued).await;
    let answered = Instant::now();
    while place.calls().await < 40 {
        assert!(answered.elapsed() < WRITTEN_WITHIN, "{} of 40 calls are written down", place.calls().await);
    }
    program.call(1, &place.issued).await; // this one may be lost
    program.process.kill().unwrap(); // SIGKILL
    assert_eq!(program.process.wait().unwrap().code(), None);

    let program = place.start();
    let sid = &place.issued.token.sid;
    let (status, records) = program.get(&format!("/Agencies/{sid}/Reports/token_usage"), &place.issued).await;
    assert_eq!(status, StatusCode::OK);
    let records: Vec<Value> = serde_json::from_str(&records).unwrap();
    let kept = records.iter().filter(|record| record["Operation"] == "getCompanyInformation");
    let kept: u64 = kept.map(|record| record["Calls"].as_str().unwrap().parse::<u64>().unwrap()).sum();
    assert!((40..=41).contains(&kept), "{kept}");
}

#[tokio::test]
async fn when_a_token_was_last_used_is_known_within_two_seconds() {
    let place = Place::new().await;
    let program = place.start();
    program.call(1, &place.issued).await;
    let answered = Instant::now();
    while place.store.token(place.account, place.issued.token.id).await.unwrap().last_used_at.is_none() {
        assert!(answered.elapsed() < WRITTEN_WITHIN);
    }
}

#[tokio::test]
async fn a_server_that_is_told_to_end_loses_no_call() {
    let place = Place::new().await;
    let mut program = place.start();
    program.call(40, &place.issued).await;
    let told = Command::new("sh").args(["-c", &format!("kill -TERM {}", program.process.id())]).status().unwrap();
    assert!(told.success());
    assert!(program.process.wait().unwrap().success());
    assert_eq!(place.calls().await, 40);
}
