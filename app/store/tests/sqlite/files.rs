//! The database's file: its lock, its paths and its backup.

use crate::sql;
use crate::test_store::{TestStore, new_user};
use domain::members::role::Role;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use store::{BackupError, Clock, DatabaseLock, Error, ServerKey, Store, back_up};
use uuid::Uuid;

fn url(file: &Path) -> String {
    format!("sqlite:{}", file.display())
}

#[tokio::test]
async fn lock_refuses_a_second_server_by_any_path() {
    let folder = tempfile::tempdir().unwrap();
    let (data, link) = (folder.path().join("data"), folder.path().join("link"));
    std::fs::create_dir(&data).unwrap();
    symlink(&data, &link).unwrap();
    let file = data.join("kagitaba.db");
    let held = DatabaseLock::take(&url(&file)).await.unwrap();
    symlink(&file, folder.path().join("other.db")).unwrap();
    let names =
        [file.clone(), link.join("kagitaba.db"), data.join("../data/kagitaba.db"), folder.path().join("other.db")];
    for name in &names {
        let refused = DatabaseLock::take(&url(name)).await.unwrap_err();
        assert!(matches!(refused, Error::InUse(_)), "{}: {refused}", name.display());
        assert!(refused.to_string().contains("stop it first") && refused.to_string().contains("kagitaba.db.lock"));
    }
    drop(held);
    for name in &names {
        drop(DatabaseLock::take(&url(name)).await.unwrap());
    }
    std::fs::hard_link(&file, folder.path().join("hard.db")).unwrap();
    assert!(matches!(DatabaseLock::take(&url(&file)).await, Err(Error::SeveralNames(_))));
}

#[tokio::test]
async fn change_by_another_process_is_refused_while_served() {
    let test = TestStore::new().await;
    let issued = test.issue("Export").await;
    let (key, clock) = (ServerKey::from_bytes([7; 32]), test.store.clock().clone());
    let address = test.database.url();
    let lock = DatabaseLock::take(&address).await.unwrap();
    let server = Store::open_alone(lock, &address, key, clock).await.unwrap();
    assert!(server.gate().authenticate(&issued.token.sid, &issued.secret).await.unwrap().is_some());
    assert!(server.gate().remembers(&issued.token.sid));

    let (by, id) = (&test.aya, issued.token.id);
    for refused in [
        test.store.tokens().reset(by, id, issued.token.revision).await.map(drop),
        test.store.tokens().disable(by, id).await.map(drop),
        test.store.tokens().delete(by, id).await.map(drop),
        test.store.account().enable_api_access(by).await.map(drop),
    ] {
        assert!(matches!(refused, Err(Error::InUse(_))), "{refused:?}");
    }
    assert!(server.gate().authenticate(&issued.token.sid, &issued.secret).await.unwrap().is_some());
    // Changes to data that no server caches are written as usual.
    test.store.members().add(by.account, new_user("bo", Role::Analyst)).await.unwrap();
    let reset = server.tokens().reset(by, id, issued.token.revision).await.unwrap();
    assert!(server.gate().authenticate(&issued.token.sid, &issued.secret).await.unwrap().is_none());
    drop(server);
    test.store.tokens().reset(by, id, reset.token.revision).await.unwrap();
}

#[tokio::test]
async fn migration_is_refused_while_a_server_runs() {
    let database = crate::database::Database::before(crate::database::CALL_PACKS).await;
    let address = database.url();
    let held = DatabaseLock::take(&address).await.unwrap();
    let open = async || Store::open(&address, ServerKey::from_bytes([1; 32]), Clock::system()).await;
    assert!(matches!(open().await, Err(Error::InUse(_))));
    drop(held);
    open().await.unwrap();
}

#[tokio::test]
async fn folder_of_any_name_can_be_opened() {
    let folder = tempfile::tempdir().unwrap();
    for name in [&b"100%"[..], b"a b", b"%2e", b"what?mode=memory", b"#1", b":memory:", b"\xe9\x8d\xb5", b"\xff\xfe"] {
        let data = folder.path().join(OsStr::from_bytes(name));
        std::fs::create_dir(&data).unwrap();
        let encoded: String = data.as_os_str().as_bytes().iter().map(|byte| format!("%{byte:02x}")).collect();
        let address = format!("sqlite://{encoded}/kagitaba.db");
        for _ in 0..2 {
            let store = Store::open(&address, ServerKey::from_bytes([1; 32]), Clock::system()).await.unwrap();
            let _ = store.account().add("Agency").await;
        }
        assert!(std::fs::metadata(data.join("kagitaba.db")).unwrap().len() > 0, "{}", data.display());
        back_up(&address, &data.join("backup.db")).await.unwrap();
        assert!(std::fs::metadata(data.join("backup.db")).unwrap().len() > 0, "{}", data.display());
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 8, "nothing lies beside them");
}

#[tokio::test]
async fn backup_is_whole_while_others_write() {
    let test = TestStore::new().await;
    let issued = test.issue("鍵束 Export").await;
    let folder = tempfile::tempdir().unwrap();
    let (file, address) = (folder.path().join("backup.db"), test.database.url());
    let writing = tokio::spawn({
        let (store, by, settings) = (test.store.clone(), test.aya.clone(), test.settings("Another"));
        async move {
            loop {
                store.tokens().create(&by, settings.clone(), Uuid::now_v7()).await.unwrap();
            }
        }
    });
    back_up(&address, &file).await.unwrap();
    writing.abort();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing lies beside it");

    let copy = Store::open(&url(&file), ServerKey::from_bytes([7; 32]), test.store.clock().clone()).await.unwrap();
    assert!(copy.gate().authenticate(&issued.token.sid, &issued.secret).await.unwrap().is_some());
    assert!(copy.audit().verify().await.unwrap().iter().all(|chain| chain.fault.is_none()));
    let refused = back_up(&address, &file).await.unwrap_err();
    assert!(matches!(refused, BackupError::Exists(_)), "{refused}");
    assert!(matches!(back_up("postgres://localhost/x", &file).await, Err(BackupError::NotBackedUpHere)));
    assert!(back_up(&url(&folder.path().join("none.db")), &folder.path().join("b.db")).await.is_err());
}

#[tokio::test]
async fn backup_keeps_the_numbers_of_rows() {
    let test = TestStore::new().await;
    let tokens = [test.issue("First").await, test.issue("Second").await, test.issue("Third").await];
    // Deletion leaves a gap in the row numbers.
    let pool = test.database().await;
    sql::query("DELETE FROM tokens WHERE id = $1").bind(tokens[0].token.id.0).execute(&pool).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup.db");
    back_up(&test.database.url(), &file).await.unwrap();
    let copy = sql::Pool::Sqlite(sqlx::SqlitePool::connect(&url(&file)).await.unwrap());
    for table in ["tokens", "audit_events", "call_packs", "users"] {
        let rows = async |pool: &sql::Pool| {
            let rows = format!("SELECT rowid, hex(id) FROM {table} ORDER BY rowid");
            sql::query_as::<(i64, String)>(sqlx::AssertSqlSafe(rows)).fetch_all(pool).await.unwrap()
        };
        assert_eq!(rows(&pool).await, rows(&copy).await, "{table}");
    }
}
