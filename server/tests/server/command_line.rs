//! The program itself: users and advertisers on the command line, and the commands that it refuses.

use std::{
    ffi::OsStr,
    io::Write as _,
    net::{IpAddr, Ipv4Addr},
    os::unix::ffi::OsStrExt as _,
    path::Path,
    process::{Command, Output, Stdio},
};

use domain::Refusal;
use domain::members::role::Role;
use server::config::Data;
use store::{Error, Identity, SessionToken, Store, VerifiedPerson};

/// Runs `kagitaba user add` in a folder with the given line on its standard input.
fn add_user(folder: &Path, email: &str, password: &str) -> Output {
    add_user_in(&[], folder, email, password)
}

/// Runs `kagitaba user add` with these environment variables.
fn add_user_in(environment: &[(&str, &str)], folder: &Path, email: &str, password: &str) -> Output {
    let arguments = ["user", "add", "--name", "Aya", "--role", "analyst", "--account", "Agency", "--email", email];
    run(&arguments, environment, folder, &format!("{password}\n"))
}

/// Imports advertisers from standard input.
fn import(folder: &Path, account: &str, csv: &str) -> Output {
    run(&["advertiser", "import", "-", "--account", account], &[], folder, csv)
}

/// Runs `kagitaba` on the data in the folder with this standard input.
fn run(arguments: &[&str], environment: &[(&str, &str)], folder: &Path, input: &str) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_kagitaba"))
        .args(arguments)
        .arg("--data")
        .arg(folder)
        .env_clear()
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program may have ended already, without reading its input.
    let _ = program.stdin.take().unwrap().write_all(input.as_bytes());
    program.wait_with_output().unwrap()
}

/// Signs a user in who has no second factor.
async fn sign_in(store: &Store, email: &str, password: &str) -> SessionToken {
    let from = IpAddr::V4(Ipv4Addr::LOCALHOST);
    store.sign_in().with_password(email, password, from).await.unwrap().session().unwrap()
}

#[tokio::test]
async fn added_user_can_sign_in_and_new_account_has_no_api_access() {
    let folder = tempfile::tempdir().unwrap();
    let added = add_user(folder.path(), "aya@agency.example", "correct horse battery");
    assert!(added.status.success(), "{added:?}");

    let store = Data::within(folder.path()).open().await.unwrap();
    let from = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let session = sign_in(&store, "aya@agency.example", "correct horse battery").await;
    let asker = store.sign_in().session(&session).await.unwrap().unwrap();
    assert_eq!((asker.role, asker.account_name.as_str()), (Role::Analyst, "Agency"));
    assert!(!store.account().get(asker.account).await.unwrap().api_access);
    let wrong = store.sign_in().with_password("aya@agency.example", "wrong horse battery", from).await;
    assert!(matches!(wrong, Err(Error::Refused(Refusal::WrongCredentials))));
}

#[tokio::test]
async fn user_that_can_t_be_added_is_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    assert!(add_user(folder.path(), "aya@agency.example", "correct horse battery").status.success());
    for (email, password, reason) in [
        ("aya@agency.example", "correct horse battery", "there's already a user"),
        ("aya2@agency.example", "short", "at least 12 characters"),
        ("aya", "correct horse battery", "isn't an e-mail address"),
    ] {
        let refused = add_user(folder.path(), email, password);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success() && said.contains(reason), "{said}");
    }
}

#[tokio::test]
async fn a_database_without_its_key_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    assert!(add_user(folder.path(), "aya@agency.example", "correct horse battery").status.success());
    std::fs::remove_file(folder.path().join("server.key")).unwrap();

    let refused = add_user(folder.path(), "bo@agency.example", "correct horse battery");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("server.key is missing"), "{said}");
    assert!(!folder.path().join("server.key").exists());
}

#[tokio::test]
async fn another_key_than_the_database_s_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("server.key");
    let add = |key: Option<&str>, email| {
        let environment = key.map(|key| ("KAGITABA_SERVER_KEY", key));
        let added = add_user_in(environment.as_slice(), folder.path(), email, "correct horse battery");
        (added.status.success(), String::from_utf8(added.stderr).unwrap())
    };
    assert!(add(None, "aya@agency.example").0);
    let (key, other) = (std::fs::read_to_string(&file).unwrap(), "0f".repeat(32));

    let (added, said) = add(Some(&other), "bo@agency.example");
    assert!(
        !added && said.contains("KAGITABA_SERVER_KEY holds a different key") && said.contains("server.key"),
        "{said}"
    );
    std::fs::write(&file, &other).unwrap();
    let (added, said) = add(None, "bo@agency.example");
    assert!(!added && said.contains("server.key holds a different key"), "{said}");
    assert!(!said.contains(&other) && !said.contains(key.trim()), "{said}");
    assert!(add(Some(&key), "bo@agency.example").0);
}

#[tokio::test]
async fn a_user_who_is_linked_to_an_identity_is_unlinked() {
    let folder = tempfile::tempdir().unwrap();
    assert!(add_user(folder.path(), "aya@agency.example", "correct horse battery").status.success());
    let store = Data::within(folder.path()).open().await.unwrap();
    let aya = Identity { issuer: "https://id.example".to_owned(), subject: "aya".to_owned() };
    let person = VerifiedPerson { email: "aya@agency.example".to_owned(), name: None };
    store.sign_in().link_identity(&aya, &person, IpAddr::V4(Ipv4Addr::LOCALHOST)).await.unwrap().session().unwrap();
    let unlink = |email| run(&["user", "unlink", "--email", email], &[], folder.path(), "");
    for said in ["Unlinked aya@agency.example.\n", "There was no link to remove.\n"] {
        assert_eq!(String::from_utf8_lossy(&unlink("aya@agency.example").stdout), said);
    }
    assert!(store.sign_in().with_identity(&aya, IpAddr::V4(Ipv4Addr::LOCALHOST)).await.unwrap().is_none());
    let refused = unlink("bo@agency.example");
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("no user"), "{refused:?}");
}

#[tokio::test]
async fn second_factor_reset_reports_none_set_and_unknown_users() {
    let folder = tempfile::tempdir().unwrap();
    assert!(add_user(folder.path(), "aya@agency.example", "correct horse battery").status.success());
    let reset = |email| run(&["user", "reset-second-factor", "--email", email], &[], folder.path(), "");
    assert_eq!(String::from_utf8_lossy(&reset("aya@agency.example").stdout), "It wasn't turned on.\n");
    let refused = reset("bo@agency.example");
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("no user"), "{refused:?}");
}

#[test]
fn wrong_mail_or_oidc_settings_are_refused_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let public = ("KAGITABA_PUBLIC_URL", "https://keys.example");
    let from = ("KAGITABA_MAIL_FROM", "kagitaba@agency.example");
    let smtp = |url| ("KAGITABA_SMTP_URL", url);
    let (issuer, client) = (("KAGITABA_OIDC_ISSUER", "https://id.example"), ("KAGITABA_OIDC_CLIENT_ID", "kagitaba"));
    let secret = ("KAGITABA_OIDC_CLIENT_SECRET", "hush");
    let cases: [(&[(&str, &str)], &str); 12] = [
        (&[smtp("smtps://aya:hush@mail.example"), public], "--mail-from"),
        (&[smtp("smtps://aya:hush@mail.example"), from], "--public-url"),
        (&[smtp("aya:hush@mail.example"), from, public], "--smtp-url"),
        (&[smtp("https://aya:hush@mail.example"), from, public], "--smtp-url"),
        (&[smtp("smtp://aya:hush@mail.example?tls=perhaps"), from, public], "--smtp-url"),
        (&[("KAGITABA_MAIL_FROM", "Kagitaba")], "--mail-from"),
        (&[("KAGITABA_PUBLIC_URL", "http://keys.example")], "https://"),
        (&[issuer, secret, public], "--oidc-client-id"),
        (&[issuer, client, secret], "--public-url"),
        (&[issuer, client, public], "--oidc-client-secret-file"),
        (&[issuer, client, public, ("KAGITABA_OIDC_CLIENT_SECRET_FILE", "no/such/file")], "no/such/file"),
        (&[("KAGITABA_OIDC_ISSUER", "http://id.example"), client, secret, public], "https://"),
    ];
    for (environment, reason) in cases {
        let refused = run(&["serve", "--site", "no/such/folder"], environment, folder.path(), "");
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success() && said.contains(reason), "{environment:?}: {said}");
        assert!(!said.contains("hush"), "{said}");
    }
    let help = run(&["serve", "--help"], &[smtp("smtps://aya:hush@mail.example")], folder.path(), "").stdout;
    let help = String::from_utf8_lossy(&help);
    assert!(help.contains("KAGITABA_SMTP_URL") && !help.contains("hush"), "{help}");
}

#[test]
fn unusable_database_is_refused_without_its_password() {
    let folder = tempfile::tempdir().unwrap();
    for (url, reason) in [
        ("mysql://root:secret-word@localhost/kagitaba", "sqlite:PATH or postgres://"),
        ("postgres://kagitaba:secret-word@localhost:1/kagitaba", "check the database server"),
        ("postgres://kagitaba:secret-word@[kagitaba", "cannot open the database"),
    ] {
        let refused =
            add_user_in(&[("DATABASE_URL", url)], folder.path(), "aya@agency.example", "correct horse battery");
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success() && said.contains(reason), "{said}");
        assert!(!said.contains("secret-word"), "{said}");
    }
}

#[test]
fn a_move_that_cannot_be_made_says_why_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    assert!(add_user(folder.path(), "aya@agency.example", "correct horse battery").status.success());
    let move_to = |to: &str| {
        let from = format!("sqlite:{}", folder.path().join("kagitaba.db").display());
        let moved = Command::new(env!("CARGO_BIN_EXE_kagitaba")).args(["move", "--from", &from, "--to", to]).output();
        let moved = moved.unwrap();
        (moved.status.success(), String::from_utf8(moved.stderr).unwrap())
    };
    let (moved, said) = move_to(&format!("sqlite:{}", folder.path().join("other.db").display()));
    assert!(!moved && said.contains("nothing was moved") && said.contains("same kind"), "{said}");
    let (moved, said) = move_to("postgres://kagitaba:secret-word@localhost:1/kagitaba");
    assert!(!moved && said.contains("check the database server") && !said.contains("secret-word"), "{said}");
}

#[tokio::test]
async fn migrating_an_up_to_date_database_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let migrated = run(&["migrate"], &[], folder.path(), "");
        assert!(migrated.status.success() && !migrated.stdout.is_empty(), "{migrated:?}");
    }
    assert!(!Data::within(folder.path()).open().await.unwrap().members().has_users().await.unwrap());
}

#[tokio::test]
async fn data_folder_of_any_name_can_be_used() {
    let folder = tempfile::tempdir().unwrap();
    for name in [&b"100%"[..], b"a b", b"a%20b", b"what?mode=memory", b"#1", b"file:x", b"\xe9\x8d\xb5", b"\xff\xfe"] {
        let data = folder.path().join(OsStr::from_bytes(name));
        let added = add_user(&data, "aya@agency.example", "correct horse battery");
        assert!(added.status.success(), "{}: {added:?}", data.display());
        assert!(data.join("kagitaba.db").exists(), "{}", data.display());
        assert!(Data::within(&data).open().await.unwrap().members().has_users().await.unwrap(), "{}", data.display());
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 8, "nothing lies beside them");
}

/// Runs `kagitaba` with a standard output that is not read.
fn run_unread(arguments: &[&str], folder: &Path, input: &str) -> Output {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut program = Command::new(env!("CARGO_BIN_EXE_kagitaba"))
        .args(arguments)
        .arg("--data")
        .arg(folder)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(writer)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = program.stdin.take().unwrap().write_all(input.as_bytes());
    program.wait_with_output().unwrap()
}

#[test]
fn command_ends_quietly_at_a_closed_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup.db");
    let password = "correct horse battery\n";
    let user = |email| ["user", "add", "--name", "Aya", "--role", "analyst", "--account", "Agency", "--email", email];
    assert!(run(&user("aya@agency.example"), &[], folder.path(), password).status.success());
    let commands: [(&[&str], &str); 9] = [
        (&user("bo@agency.example"), password),
        (&["user", "unlink", "--email", "aya@agency.example"], ""),
        (&["user", "reset-second-factor", "--email", "aya@agency.example"], ""),
        (&["advertiser", "import", "-", "--account", "Agency"], "Id,Name\n7,Acme\n"),
        (&["audit", "verify"], ""),
        (&["call", "export", "--account", "Agency"], ""),
        (&["key", "rotate"], ""),
        (&["migrate"], ""),
        (&["backup", backup.to_str().unwrap()], ""),
    ];
    for (arguments, input) in commands {
        let ended = run_unread(arguments, folder.path(), input);
        assert_eq!((ended.status.code(), ended.stderr.as_slice()), (Some(141), &b""[..]), "{arguments:?}: {ended:?}");
    }
    assert!(backup.exists(), "what was to be done was done");
    assert!(run_unread(&["serve", "--help"], folder.path(), "").stderr.is_empty());
}

#[test]
fn the_data_folder_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("new/data");
    assert!(add_user(&data, "aya@agency.example", "correct horse battery").status.success());
    assert_eq!(std::fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn advertisers_are_imported_from_a_file_and_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    assert!(add_user(folder.path(), "aya@agency.example", "correct horse battery").status.success());
    let file = folder.path().join("brands.csv");
    std::fs::write(&file, "\u{feff}Name,Id,RestAccountURL\r\nAcme,7,IR1:hush@host.example\r\nKumo 雲,8,\r\n").unwrap();
    let arguments = ["advertiser", "import", file.to_str().unwrap(), "--account", "Agency"];
    let imported = run(&arguments, &[], folder.path(), "");
    let said = String::from_utf8_lossy(&imported.stdout);
    assert_eq!(said, "Imported advertisers to Agency: 2 added, 0 changed, 0 unchanged.\n", "{imported:?}");

    let imported = import(folder.path(), "Agency", "Id,Name\n7,Acme\n8,Kumo\n9,Nine\n");
    let said = String::from_utf8_lossy(&imported.stdout);
    assert_eq!(said, "Imported advertisers to Agency: 1 added, 1 changed, 1 unchanged.\n", "{imported:?}");

    let store = Data::within(folder.path()).open().await.unwrap();
    let account = store.account().named("Agency").await.unwrap().unwrap();
    let (advertisers, total) = store.reports().advertisers(account, 0, 10).await.unwrap();
    let names: Vec<_> = advertisers.iter().map(|advertiser| advertiser.name.as_str()).collect();
    assert_eq!((names, total), (vec!["Acme", "Kumo", "Nine"], 3));
    let database = std::fs::read(folder.path().join("kagitaba.db")).unwrap();
    assert!(!database.windows(4).any(|window| window == b"hush"));
}

#[tokio::test]
async fn import_with_a_wrong_line_changes_nothing_and_names_the_line() {
    let folder = tempfile::tempdir().unwrap();
    assert!(add_user(folder.path(), "aya@agency.example", "correct horse battery").status.success());
    let many = format!("Id,Name\n{}", "x,Acme\n".repeat(30));
    for (account, csv, reasons) in [
        ("Agency", "Id,Name\n7,Acme\n8,\n", &["line 3: Name: this can't be empty"][..]),
        ("Agency", "Id,Name,Colour\n7,Acme,red\n", &["line 1: Colour: there is no such column"]),
        ("Agency", many.as_str(), &["line 21: Id", "and 10 more"]),
        ("Agenzy", "Id,Name\n7,Acme\n", &["no account named Agenzy", "one of these: Agency"]),
    ] {
        let refused = import(folder.path(), account, csv);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success() && reasons.iter().all(|reason| said.contains(reason)), "{said}");
    }
    let missing = ["advertiser", "import", "no/such.csv", "--account", "Agency"];
    let said = run(&missing, &[], folder.path(), "").stderr;
    assert!(String::from_utf8_lossy(&said).contains("cannot read no/such.csv"));

    let store = Data::within(folder.path()).open().await.unwrap();
    let account = store.account().named("Agency").await.unwrap().unwrap();
    assert_eq!(store.reports().advertisers(account, 0, 10).await.unwrap().1, 0);
}

#[tokio::test]
async fn forgotten_password_is_set_while_a_session_is_open() {
    let folder = tempfile::tempdir().unwrap();
    assert!(add_user(folder.path(), "aya@agency.example", "correct horse battery").status.success());
    let store = Data::within(folder.path()).open().await.unwrap();
    let from = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let session = sign_in(&store, "aya@agency.example", "correct horse battery").await;
    let set = |email, password| run(&["user", "set-password", "--email", email], &[], folder.path(), password);
    for (email, password, reason) in [
        ("aya@agency.example", "short\n", "at least 12 characters"),
        ("aya@agency.example", "aya@agency.example\n", "guess"),
        ("nobody@agency.example", "three paper lanterns\n", "no user with the address nobody@agency.example"),
    ] {
        let refused = set(email, password);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success() && said.contains(reason), "{said}");
    }
    let done = set("aya@agency.example", "three paper lanterns\n");
    let said = String::from_utf8_lossy(&done.stdout);
    assert_eq!(said, "Set the password of aya@agency.example. Sessions ended: 1.\n", "{done:?}");
    assert_eq!(store.sign_in().session(&session).await.unwrap(), None);
    let old = store.sign_in().with_password("aya@agency.example", "correct horse battery", from).await;
    assert!(matches!(old, Err(Error::Refused(Refusal::WrongCredentials))), "{old:?}");
    sign_in(&store, "aya@agency.example", "three paper lanterns").await;
}

#[tokio::test]
async fn users_are_listed_changed_and_the_last_administrator_stays() {
    let folder = tempfile::tempdir().unwrap();
    assert!(add_user(folder.path(), "aya@agency.example", "correct horse battery").status.success());
    let store = Data::within(folder.path()).open().await.unwrap();
    let user = |command: &[&str]| run(&[&["user"], command].concat(), &[], folder.path(), "");
    let aya = ["--email", "aya@agency.example", "--account", "Agency"];
    let done = user(&[&["role"], &aya[..], &["--role", "account_administrator"]].concat());
    assert!(done.status.success(), "{done:?}");
    let said = String::from_utf8(user(&["list"]).stdout).unwrap();
    let line = "Agency\taya@agency.example\tAya\taccount_administrator\tactive\t";
    assert_eq!(said.lines().nth(1), Some(line), "{said}");
    assert_eq!(String::from_utf8(user(&["list", "--account", "Agency"]).stdout).unwrap(), said);
    for (command, reason) in [
        ([&["deactivate"], &aya[..]].concat(), "needs an active Account Administrator"),
        ([&["role"], &aya[..], &["--role", "analyst"]].concat(), "needs an active Account Administrator"),
        (
            vec!["deactivate", "--email", "bo@agency.example", "--account", "Agency"],
            "Agency has no user with the address",
        ),
        (vec!["deactivate", "--email", "aya@agency.example", "--account", "Agenzy"], "no account named Agenzy"),
    ] {
        let refused = user(&command);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success() && said.contains(reason), "{said}");
    }

    assert!(add_user(folder.path(), "bo@agency.example", "correct horse battery").status.success());
    let session = sign_in(&store, "bo@agency.example", "correct horse battery").await;
    let bo = ["--email", "bo@agency.example", "--account", "Agency"];
    let said = user(&[&["deactivate"], &bo[..]].concat());
    assert_eq!(String::from_utf8_lossy(&said.stdout), "bo@agency.example is analyst in Agency, deactivated.\n");
    assert_eq!(store.sign_in().session(&session).await.unwrap(), None);
    assert!(user(&[&["reinstate"], &bo[..]].concat()).status.success());
    sign_in(&store, "bo@agency.example", "correct horse battery").await;
}
