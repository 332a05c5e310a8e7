//! The program itself as a server: the calls and resets that it has recorded when it is killed or shut down.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use domain::{
    account::AccountId,
    audit::trail::TrailFilter,
    members::{role::Role, user::CurrentUser},
    tokens::{scope::Scope, secret::Secret, token::TokenId},
};
use http::StatusCode;
use serde_json::{Value, json};
use server::config::Data;
use store::{IssuedToken, NewUser, Store};
use tempfile::TempDir;

use crate::support::test_app::{PASSWORD, basic, company_information, email, issue, sign_in_form};
use crate::with_services::nodes::database;

/// The longest wait for data that the program writes once a second. It is much longer, as the machine may be busy.
pub const WRITTEN_WITHIN: Duration = Duration::from_mins(1);

/// A data folder, and the program to serve it.
pub struct Place {
    pub folder: TempDir,
    database: Option<String>,
    pub store: Store,
    pub by: CurrentUser,
    account: AccountId,
    pub issued: IssuedToken,
}

impl Place {
    pub async fn new() -> Self {
        Self::on(None).await
    }

    /// Returns a place on that empty database, or on a database of its own.
    async fn on(database: Option<String>) -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let data = Data { database: database.clone(), ..Data::within(&folder.path().join("data")) };
        let store = data.open().await.unwrap();
        let (account, role) = (store.account().add("Agency").await.unwrap(), Role::AccountAdministrator);
        let user = NewUser { name: "Aya".to_owned(), email: email(role), password: PASSWORD.to_owned(), role };
        store.members().add(account, user).await.unwrap();
        let user = store.members().people(account).await.unwrap().remove(0);
        let by = CurrentUser { user, account, account_name: "Agency".to_owned(), role };
        store.account().enable_api_access(&by).await.unwrap();
        let scopes = ["getCompanyInformation", "runReport"].map(|id| Scope::find(id).unwrap());
        let issued = issue(&store, &by, &scopes).await;
        // The program's frontend is beside it; these tests do not use it, so it may be empty. The program is linked,
        // not copied: a file that was just written can't be run while a process forked meanwhile holds it open.
        std::fs::hard_link(env!("CARGO_BIN_EXE_kagitaba"), folder.path().join("kagitaba")).unwrap();
        std::fs::write(folder.path().join("hash.txt"), "").unwrap();
        Self { folder, database, store, by, account, issued }
    }

    pub fn start(&self) -> Program {
        self.start_by(&[])
    }

    /// Like [`Place::start`], with these environment variables.
    fn start_in<'v>(&self, variables: impl IntoIterator<Item = (&'v str, &'v str)>) -> Program {
        self.start_with(&[], variables)
    }

    /// Like [`Place::start`], but run by another program with these arguments.
    pub fn start_by(&self, starter: &[&str]) -> Program {
        self.start_with(starter, [])
    }

    fn start_with<'v>(&self, starter: &[&str], variables: impl IntoIterator<Item = (&'v str, &'v str)>) -> Program {
        let program = self.folder.path().join("kagitaba");
        let mut command = starter.iter().map(OsStr::new).chain([program.as_os_str()]);
        let mut process = Command::new(command.next().unwrap())
            .args(command)
            .args(["serve", "--listen", "127.0.0.1:0", "--no-demo", "--data", "data", "--site", "."])
            .args(self.database.iter().flat_map(|url| ["--database", url]))
            .current_dir(&self.folder)
            .env_clear()
            .envs(variables)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut welcome = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut welcome).unwrap();
        let address = welcome.split(' ').find(|word| word.starts_with("http://")).expect("it says where it is");
        Program { address: address.to_owned(), process }
    }

    /// Returns the output of `kagitaba call export`.
    fn export(&self, arguments: &[&str]) -> String {
        let export = self.try_to_export(arguments);
        assert!(export.status.success(), "{export:?}");
        String::from_utf8(export.stdout).unwrap()
    }

    fn try_to_export(&self, arguments: &[&str]) -> Output {
        let mut export = Command::new(self.folder.path().join("kagitaba"));
        export.args(["call", "export", "--account", "Agency", "--data", "data"]).args(arguments);
        export.current_dir(&self.folder).env_clear().output().unwrap()
    }

    /// Returns the number of recorded calls for company profiles.
    pub async fn calls(&self) -> u64 {
        let today = self.store.clock().now().date_naive();
        let usage = self.store.tokens().usage(self.account, today - chrono::TimeDelta::days(1), today).await.unwrap();
        usage.iter().filter(|usage| usage.scope == "getCompanyInformation").map(|usage| usage.calls).sum()
    }
}

/// The running program, which is killed when it is dropped.
pub struct Program {
    pub address: String,
    pub process: Child,
}

impl Program {
    pub async fn get(&self, path: &str, issued: &IssuedToken) -> (StatusCode, String) {
        let (url, credentials) = (format!("{}{path}", self.address), basic(&issued.token.sid, &issued.secret));
        let call = move || {
            let request = ureq::get(url).header("authorization", credentials);
            let mut answer = request.config().http_status_as_error(false).build().call().unwrap();
            (answer.status(), answer.body_mut().read_to_string().unwrap())
        };
        tokio::task::spawn_blocking(call).await.unwrap()
    }

    pub async fn call(&self, times: u64, issued: &IssuedToken) {
        for _ in 0..times {
            assert_eq!(self.get(&company_information(&issued.token.sid), issued).await.0, StatusCode::OK);
        }
    }

    /// Signs in and returns the session's cookie.
    pub async fn sign_in(&self) -> String {
        let url = format!("{}/api/session/sign_in", self.address);
        let form = sign_in_form(Role::AccountAdministrator);
        let sign_in = move || {
            let request = ureq::post(url)
                .content_type("application/x-www-form-urlencoded")
                .header("sec-fetch-site", "same-origin");
            let answer = request.send(form).unwrap();
            answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
        };
        tokio::task::spawn_blocking(sign_in).await.unwrap()
    }
}

/// Resets a token in the program at that address. Returns `None` if no answer comes, or only a part of it.
pub fn reset(address: &str, cookie: &str, id: TokenId, revision: i64) -> Option<(Secret, i64)> {
    reset_with(address, cookie, &json!({ "id": id, "revision": revision }))
}

/// Resets a token as [`reset`] does, with these arguments.
fn reset_with(address: &str, cookie: &str, arguments: &Value) -> Option<(Secret, i64)> {
    let request = ureq::post(format!("{address}/api/tokens/reset")).content_type("application/json");
    let request = request.header("sec-fetch-site", "same-origin").header("cookie", cookie);
    let mut answer = request.send(arguments.to_string()).ok()?;
    let issued: Value = serde_json::from_str(&answer.body_mut().read_to_string().ok()?).ok()?;
    Some((Secret::parse(issued["auth_token"].as_str()?)?, issued["token"]["revision"].as_i64()?))
}

impl Drop for Program {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

#[tokio::test]
async fn killed_server_has_kept_all_calls_but_the_last_second_s() {
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
async fn server_starts_if_every_variable_is_empty() {
    let (place, names) = (Place::new().await, server::commands::cli::Cli::variables());
    assert!(names.len() > 12 && names.iter().any(|name| name == "KAGITABA_PUBLIC_URL"), "{names:?}");
    let read_elsewhere = ["KAGITABA_SERVER_KEY", "KAGITABA_SEALING_KEYS", "KAGITABA_OIDC_CLIENT_SECRET", "RUST_LOG"];
    let empty = names.iter().map(String::as_str).chain(read_elsewhere).map(|name| (name, ""));
    place.start_in(empty).call(1, &place.issued).await;
}

#[tokio::test]
async fn when_a_token_was_last_used_is_known_while_the_server_runs() {
    let place = Place::new().await;
    let program = place.start();
    program.call(1, &place.issued).await;
    let answered = Instant::now();
    while place.store.tokens().get(place.account, place.issued.token.id).await.unwrap().last_used_at.is_none() {
        assert!(answered.elapsed() < WRITTEN_WITHIN);
    }
}

#[tokio::test]
async fn server_that_gets_sigterm_loses_no_call() {
    let place = Place::new().await;
    let mut program = place.start();
    program.call(40, &place.issued).await;
    let told = Command::new("sh").args(["-c", &format!("kill -TERM {}", program.process.id())]).status().unwrap();
    assert!(told.success());
    assert!(program.process.wait().unwrap().success());
    assert_eq!(place.calls().await, 40);
}

/// A token that is reset repeatedly.
struct Rotated {
    issued: IssuedToken,
    /// The number of resets that were answered.
    answered: usize,
}

/// Resets all tokens repeatedly in a program that is killed meanwhile. Then each token has one Auth Token that passes,
/// and the audit trail tells whether it is the last one answered.
async fn kill_in_mid_reset(place: &Place, rotated: Vec<Rotated>, after: usize) -> Vec<Rotated> {
    let mut program = place.start();
    let cookie = program.sign_in().await;
    let answered = Arc::new(AtomicUsize::new(0));
    let callers: Vec<_> = rotated
        .into_iter()
        .map(|mut rotated| {
            let (address, cookie, answered) = (program.address.clone(), cookie.clone(), Arc::clone(&answered));
            thread::spawn(move || {
                while let Some((secret, revision)) =
                    reset(&address, &cookie, rotated.issued.token.id, rotated.issued.token.revision)
                {
                    (rotated.issued.secret, rotated.issued.token.revision) = (secret, revision);
                    rotated.answered += 1;
                    answered.fetch_add(1, Ordering::AcqRel);
                }
                rotated
            })
        })
        .collect();
    while answered.load(Ordering::Acquire) < after {
        assert!(!callers.iter().any(thread::JoinHandle::is_finished), "all are reset");
        thread::yield_now();
    }
    program.process.kill().unwrap(); // SIGKILL
    program.process.wait().unwrap();
    let mut rotated: Vec<_> = callers.into_iter().map(|caller| caller.join().unwrap()).collect();

    let program = place.start();
    for Rotated { issued, answered } in &mut rotated {
        let filter = TrailFilter { token: Some(issued.token.id), ..TrailFilter::default() };
        let entries = place.store.audit().entries(place.account, &filter, 100_000).await.unwrap();
        let resets = entries.iter().filter(|entry| entry.action == "token_reset").count();
        assert!(
            resets == *answered || resets == *answered + 1,
            "{resets} resets are written down, {answered} answered"
        );
        let (status, _) = program.get(&company_information(&issued.token.sid), issued).await;
        let passes = status == StatusCode::OK;
        assert!(passes || status == StatusCode::UNAUTHORIZED, "{status}");
        assert_eq!(passes, resets == *answered, "its last answered value passes unless a later one was written down");
        if !passes {
            // The last reset was recorded but not answered, so its Auth Token is unknown and the token is reset once
            // more.
            let known = place.store.tokens().get(place.account, issued.token.id).await.unwrap();
            let cookie = program.sign_in().await;
            let (address, id) = (program.address.clone(), known.id);
            let again = tokio::task::spawn_blocking(move || reset(&address, &cookie, id, known.revision));
            (issued.secret, issued.token.revision) = again.await.unwrap().unwrap();
            *answered = resets + 1;
            assert_eq!(program.get(&company_information(&issued.token.sid), issued).await.0, StatusCode::OK);
        }
    }
    rotated
}

async fn killed_again_and_again(place: &Place, rounds: impl IntoIterator<Item = usize>) {
    let mut rotated = Vec::new();
    for _ in 0..8 {
        let issued = issue(&place.store, &place.by, &[Scope::GET_COMPANY_INFORMATION]).await;
        rotated.push(Rotated { issued, answered: 0 });
    }
    for after in rounds {
        rotated = kill_in_mid_reset(place, rotated, after).await;
    }
}

/// Resets tokens with an overlap in a program that is killed meanwhile. Whatever was written down, the last answered Auth
/// Token passes: as the current one, or as the old one beside one that nobody has received.
#[tokio::test]
async fn killed_server_leaves_the_old_value_or_both_in_an_overlap() {
    let place = Place::new().await;
    let issued = issue(&place.store, &place.by, &[Scope::GET_COMPANY_INFORMATION]).await;
    let (id, mut known) = (issued.token.id, issued);
    for after in [1, 9, 30] {
        let mut program = place.start();
        let cookie = program.sign_in().await;
        known.token = place.store.tokens().get(place.account, id).await.unwrap();
        let answered = Arc::new(AtomicUsize::new(0));
        let (address, count) = (program.address.clone(), Arc::clone(&answered));
        let caller = thread::spawn(move || {
            let body = |revision: i64| {
                let handover = json!({ "overlap": "one_hour", "close_when_moved": false });
                json!({ "id": id, "revision": revision, "handover": handover })
            };
            while let Some((secret, revision)) = reset_with(&address, &cookie, &body(known.token.revision)) {
                (known.secret, known.token.revision) = (secret, revision);
                count.fetch_add(1, Ordering::AcqRel);
            }
            known
        });
        while answered.load(Ordering::Acquire) < after {
            assert!(!caller.is_finished(), "it is reset");
            thread::yield_now();
        }
        program.process.kill().unwrap(); // SIGKILL
        program.process.wait().unwrap();
        known = caller.join().unwrap();
        let program = place.start();
        let (status, _) = program.get(&company_information(&known.token.sid), &known).await;
        assert_eq!(status, StatusCode::OK, "after {after} resets");
    }
}

#[tokio::test]
async fn killed_server_leaves_the_old_auth_token_or_the_new_one() {
    killed_again_and_again(&Place::new().await, [1, 7, 20, 50, 90]).await;
}

#[tokio::test]
async fn killed_node_leaves_the_old_auth_token_or_the_new_one() {
    // Each round's first change waits for the lease of the killed node.
    killed_again_and_again(&Place::on(Some(database().await)).await, [1, 20, 45]).await;
}

#[tokio::test]
async fn calls_are_exported_one_by_one_while_the_server_runs() {
    let place = Place::new().await;
    let program = place.start();
    program.call(2, &place.issued).await;
    let answered = Instant::now();
    while place.calls().await < 2 {
        assert!(answered.elapsed() < WRITTEN_WITHIN);
    }
    let (token, today) = (&place.issued.token, place.store.clock().now().date_naive());
    let tomorrow = (today + chrono::TimeDelta::days(1)).to_string();
    let csv = place.export(&["--to", &tomorrow]);
    let lines: Vec<_> = csv.lines().collect();
    assert_eq!(
        lines[0],
        "\u{feff}Time,TokenId,TokenName,AccountSid,Operation,Address,Status,LatencyMicroseconds,Version,Client,Value"
    );
    let name = &token.settings.name;
    let call = format!("Z,{},{name},{},getCompanyInformation,127.0.0.1,200,", token.id.0, token.sid);
    assert!(lines.len() == 3 && lines[1..].iter().all(|line| line.contains(&call)), "{csv}");
    let json = place.export(&["--format", "jsonl"]);
    let calls: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((calls.len(), &calls[0]["operation"]), (2, &"getCompanyInformation".into()));
    assert_eq!(calls[1]["token"], serde_json::json!({ "id": token.id, "name": name, "sid": token.sid }));
    assert_eq!(place.export(&["--from", &tomorrow, "--format", "jsonl"]), "");
}

#[tokio::test]
async fn no_calls_are_exported_of_days_that_end_before_they_begin() {
    let place = Place::new().await;
    let refused = place.try_to_export(&["--from", "2026-05-02", "--to", "2026-05-01"]);
    let message = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && refused.stdout.is_empty());
    assert!(message.contains("--to 2026-05-01 is before --from 2026-05-02"), "{message}");
}
