//! The program and its files: a full disk, the data that is on the disk once a request is answered, a second server,
//! and a backup.

use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    process::{Command, Output},
    time::Instant,
};

use domain::tokens::scope::Scope;
use http::StatusCode;
use serde_json::json;
use server::config::Data;
use store::IssuedToken;

use crate::{
    support::test_app::{company_information, issue},
    with_services::process::{Place, Program, WRITTEN_WITHIN, reset},
};

/// The command that starts a program whose writes beyond its file size limit fail instead of ending it.
const LIMITED: [&str; 4] = ["/bin/sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh"];

/// Limits the size of the program's files to that many bytes from now on.
fn limit(program: &Program, bytes: &str) {
    let pid = program.process.id().to_string();
    let limited = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={bytes}:")]).status().unwrap();
    assert!(limited.success());
}

/// Sends the request and returns the status, `Retry-After` and the text.
async fn send(request: http::Request<String>) -> (StatusCode, Option<String>, String) {
    let call = move || {
        let agent = ureq::Agent::new_with_config(ureq::config::Config::builder().http_status_as_error(false).build());
        let mut answer = agent.run(request).unwrap();
        let retry_after = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        (answer.status(), retry_after, answer.body_mut().read_to_string().unwrap())
    };
    tokio::task::spawn_blocking(call).await.unwrap()
}

/// Disables or enables the token as its page does.
async fn set_state(
    program: &Program,
    cookie: &str,
    issued: &IssuedToken,
    to: &str,
) -> (StatusCode, Option<String>, String) {
    let request = http::Request::post(format!("{}/api/tokens/{to}", program.address))
        .header("content-type", "application/json")
        .header("sec-fetch-site", "same-origin")
        .header("cookie", cookie);
    send(request.body(json!({ "id": issued.token.id }).to_string()).unwrap()).await
}

#[tokio::test]
async fn full_disk_refuses_writes_until_there_is_room() {
    let place = Place::new().await;
    let exporting = issue(&place.store, &place.by, &[Scope::find("exportReport").unwrap()]).await;
    let program = place.start_by(&LIMITED);
    let cookie = program.sign_in().await;
    let export = format!("/Agencies/{}/ReportExport/audit_log", exporting.token.sid);

    limit(&program, "0");
    for _ in 0..3 {
        let (status, retry_after, text) = set_state(&program, &cookie, &place.issued, "disable").await;
        let said = (status, retry_after.as_deref(), text.as_str());
        assert_eq!(said, (StatusCode::SERVICE_UNAVAILABLE, Some("5"), "\"Unavailable\""));
        let (status, text) = program.get(&export, &exporting).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{text}");
        assert!(text.contains("the database isn't responding"), "{text}");
        program.call(1, &place.issued).await; // reading goes on
    }
    limit(&program, "unlimited");
    let (status, _, text) = set_state(&program, &cookie, &place.issued, "disable").await;
    assert_eq!(status, StatusCode::OK, "{text}");
    let (status, _) = program.get(&company_information(&place.issued.token.sid), &place.issued).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "it is disabled");
    assert_eq!(program.get(&export, &exporting).await.0, StatusCode::OK);
    let answered = Instant::now();
    while place.calls().await < 3 {
        assert!(answered.elapsed() < WRITTEN_WITHIN, "the calls of meanwhile are written down");
    }
}

#[tokio::test]
async fn answered_resets_were_synced_to_the_disk() {
    const RESETS: usize = 20;
    let place = Place::new().await;
    let trace = place.folder.path().join("trace");
    let tracing = ["/usr/bin/strace", "-D", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-o", trace.to_str().unwrap()];
    let program = place.start_by(&tracing);
    let cookie = program.sign_in().await;
    let (address, id, mut revision) = (program.address.clone(), place.issued.token.id, place.issued.token.revision);
    let resets = move || {
        for _ in 0..RESETS {
            (_, revision) = reset(&address, &cookie, id, revision).unwrap();
        }
    };
    tokio::task::spawn_blocking(resets).await.unwrap();
    drop(program); // the end of the program completes the trace
    let (ended, synced) = (Instant::now(), || fs::read_to_string(&trace).unwrap_or_default().matches("sync(").count());
    while synced() < RESETS {
        assert!(ended.elapsed() < WRITTEN_WITHIN, "{} syncs for {RESETS} resets", synced());
    }
}

/// Runs another command of the program on the same data.
fn run(place: &Place, arguments: &[&str]) -> Output {
    let program = place.folder.path().join("kagitaba");
    Command::new(program).args(arguments).current_dir(&place.folder).env_clear().output().unwrap()
}

fn assert_refused(refused: &Output) {
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("stop it first"), "{refused:?}");
}

#[tokio::test]
async fn second_server_on_the_same_file_is_refused() {
    let place = Place::new().await;
    let mut program = place.start();
    symlink(place.folder.path().join("data"), place.folder.path().join("link")).unwrap();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--no-demo", "--site", "."];
    for data in
        [&["--data", "data"][..], &["--data", "link"], &["--data", "data", "--database", "sqlite:link/kagitaba.db"]]
    {
        assert_refused(&run(&place, &[&serve[..], data].concat()));
    }
    assert_refused(&run(&place, &["move", "--from", "sqlite:link/kagitaba.db", "--to", "postgres://localhost:1/x"]));
    program.call(1, &place.issued).await;
    let rotated = run(&place, &["key", "rotate", "--data", "data"]);
    assert!(rotated.status.success(), "{rotated:?}");

    program.process.kill().unwrap(); // SIGKILL
    program.process.wait().unwrap();
    place.start().call(1, &place.issued).await;
}

#[tokio::test]
async fn backup_of_a_served_database_can_be_served() {
    let place = Place::new().await;
    let program = place.start();
    let cookie = program.sign_in().await;
    let (status, _, text) = set_state(&program, &cookie, &place.issued, "disable").await;
    assert_eq!(status, StatusCode::OK, "{text}");
    let backup = ["backup", "backup.db", "--data", "data"];
    let made = run(&place, &backup);
    assert!(made.status.success() && String::from_utf8_lossy(&made.stdout).contains("server.key"), "{made:?}");
    let again = run(&place, &backup);
    assert!(!again.status.success() && String::from_utf8_lossy(&again.stderr).contains("already exists"), "{again:?}");

    let restored = place.folder.path().join("restored");
    fs::create_dir(&restored).unwrap();
    fs::rename(place.folder.path().join("backup.db"), restored.join("kagitaba.db")).unwrap();
    fs::copy(place.folder.path().join("data/server.key"), restored.join("server.key")).unwrap();
    let store = Data::within(&restored).open_alone().await.unwrap();
    let caller = store.gate().authenticate(&place.issued.token.sid, &place.issued.secret).await.unwrap();
    assert_eq!(caller.unwrap().state, domain::tokens::token::TokenState::Disabled);
    let refused = run(&place, &["backup", "b.db", "--database", "postgres://localhost/x"]);
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("pg_dump"), "{refused:?}");
    assert!(!Path::new("b.db").exists());
}
