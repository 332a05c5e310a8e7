//! A throw-away `PostgreSQL` cluster, which ends with the process that started it, however that process ends.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// The cluster, which its shell keeps running until the shell's standard input is closed; that happens whenever the
/// process ends.
static CLUSTER: OnceLock<Cluster> = OnceLock::new();

/// The shell script that runs the cluster. It does not wait for writes to reach the disk: no data needs to outlive it.
const SCRIPT: &str = r#"
    set -e
    folder=$(mktemp -d -t kagitaba-postgres.XXXXXX)
    trap 'pg_ctl -D "$folder/data" stop -m immediate -s 2>/dev/null || true; rm -rf "$folder"' EXIT
    initdb -D "$folder/data" -U postgres -A trust -E UTF8 --locale C.UTF-8 --no-sync >"$folder/log" 2>&1 ||
        { cat "$folder/log" >&2; exit 1; }
    cat >>"$folder/data/postgresql.conf" <<CONFIGURATION
listen_addresses = ''
unix_socket_directories = '$folder'
max_connections = 1000
fsync = off
full_page_writes = off
synchronous_commit = off
CONFIGURATION
    pg_ctl -D "$folder/data" start -w -s -l "$folder/log" || { cat "$folder/log" >&2; exit 1; }
    echo "$folder"
    cat >/dev/null
"#;

struct Cluster {
    folder: String,
    _shell: Child,
}

/// Returns the URL of a database in the cluster.
pub fn url(database: &str) -> String {
    let folder = &CLUSTER.get_or_init(start).folder;
    format!("postgres://postgres@localhost/{database}?host={folder}")
}

/// Creates a database in the cluster as a copy of the template.
pub async fn create(database: &str, template: &str) {
    let mut server = PgConnection::connect(&url("postgres")).await.unwrap();
    let create = format!("CREATE DATABASE {database} TEMPLATE {template}");
    sqlx::query(AssertSqlSafe(create)).execute(&mut server).await.unwrap();
    server.close().await.unwrap();
}

fn start() -> Cluster {
    // PostgreSQL does not run as root.
    let mut command = if Path::new("/proc/self").metadata().is_ok_and(|process| is_root(&process)) {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "sh", "-c", SCRIPT]);
        command
    } else {
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT]);
        command
    };
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let folders = programs().into_iter().chain(std::env::split_paths(&folders));
    command.env("PATH", std::env::join_paths(folders).unwrap()).current_dir("/");
    let mut shell = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut folder = String::new();
    BufReader::new(shell.stdout.take().unwrap()).read_line(&mut folder).unwrap();
    assert!(!folder.is_empty(), "PostgreSQL is installed; `make test` sees to it");
    Cluster { folder: folder.trim().to_owned(), _shell: shell }
}

fn is_root(process: &std::fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(process) == 0
}

/// Returns the folders where Debian puts the programs, the newest version first.
fn programs() -> Vec<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.reverse();
    folders
}
