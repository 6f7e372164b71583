//! What can be opened, and that the rest stays as it was.

use std::collections::BTreeMap;
use std::path::Path;

use engine_store::{OpenError, Store, StoreOptions};
use sqlx::Connection as _;

use crate::sample::{self, started};

async fn open(folder: &tempfile::TempDir) -> Result<Store, OpenError> {
    Store::open(&folder.path().join("engine.db"), StoreOptions::default()).await
}

async fn execute(folder: &tempfile::TempDir, sql: &'static str) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("engine.db"));
    let mut connection =
        sqlx::SqliteConnection::connect_with(&options.create_if_missing(true)).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// Every file of the folder with its bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect()
}

async fn store_with_one_run(folder: &tempfile::TempDir) {
    let store = sample::open(folder).await;
    store.commit(started("w", "a")).await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn what_was_committed_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    store_with_one_run(&folder).await;
    let store = open(&folder).await.unwrap();
    assert_eq!(store.load("a").await.unwrap().unwrap().version, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_close_leaves_no_log_however_many_threads_carry_it_out() {
    for _ in 0..50 {
        let folder = tempfile::tempdir().unwrap();
        store_with_one_run(&folder).await;
        assert_eq!(files(folder.path()).keys().collect::<Vec<_>>(), ["engine.db"]);
    }
}

#[tokio::test]
async fn an_empty_file_becomes_a_store() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("engine.db"), b"").unwrap();
    store_with_one_run(&folder).await;
}

#[tokio::test]
async fn a_newer_database_is_refused_untouched() {
    let folder = tempfile::tempdir().unwrap();
    store_with_one_run(&folder).await;
    execute(&folder, "PRAGMA user_version = 4711").await;
    let before = files(folder.path());
    let error = open(&folder).await.unwrap_err();
    assert!(matches!(error, OpenError::Newer { found: 4711, .. }), "{error:?}");
    assert!(error.to_string().contains("`"), "{error}");
    assert!(files(folder.path()) == before);
}

/// As a later release's process leaves it when it is killed: its version is only in the log.
#[tokio::test]
async fn a_newer_database_with_a_log_is_refused_untouched() {
    let folder = tempfile::tempdir().unwrap();
    store_with_one_run(&folder).await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("engine.db"));
    let mut later = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql("PRAGMA user_version = 4711").execute(&mut later).await.unwrap();
    let killed = tempfile::tempdir().unwrap();
    for name in ["engine.db", "engine.db-wal"] {
        std::fs::copy(folder.path().join(name), killed.path().join(name)).unwrap();
    }
    let before = files(killed.path());
    let error = open(&killed).await.unwrap_err();
    assert!(matches!(error, OpenError::Newer { found: 4711, .. }), "{error:?}");
    let mut after = files(killed.path());
    // The log's index holds nothing that is not in the log.
    after.remove("engine.db-shm");
    assert!(after == before);
    later.close().await.unwrap();
}

#[tokio::test]
async fn a_file_of_another_kind_is_refused_untouched() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("engine.db"), b"campaign: spring\ntitle: Spring sale\n").unwrap();
    let before = files(folder.path());
    let error = open(&folder).await.unwrap_err();
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error:?}");
    assert!(files(folder.path()) == before);
}

#[tokio::test]
async fn another_applications_database_is_refused_untouched() {
    let folder = tempfile::tempdir().unwrap();
    execute(&folder, "CREATE TABLE publications (id TEXT); PRAGMA journal_mode = WAL").await;
    let before = files(folder.path());
    let error = open(&folder).await.unwrap_err();
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error:?}");
    assert!(files(folder.path()) == before);
}

#[tokio::test]
async fn a_damaged_database_is_refused_untouched() {
    let folder = tempfile::tempdir().unwrap();
    store_with_one_run(&folder).await;
    let path = folder.path().join("engine.db");
    let whole = std::fs::read(&path).unwrap();
    let mut overwritten = whole.clone();
    overwritten[100..4_000].fill(0xa5);
    for damaged in [&whole[..60], &whole[..4_096], &overwritten[..]] {
        std::fs::write(&path, damaged).unwrap();
        let before = files(folder.path());
        let error = open(&folder).await.unwrap_err();
        assert!(matches!(error, OpenError::Corrupt { .. }), "{error:?}");
        assert!(files(folder.path()) == before);
    }
}

#[tokio::test]
async fn a_database_made_by_other_migrations_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    store_with_one_run(&folder).await;
    execute(&folder, "UPDATE migrations SET checksum = 'another'").await;
    let error = open(&folder).await.unwrap_err();
    assert!(error.to_string().contains("`0001_runs`"), "{error}");
}

#[tokio::test]
async fn a_folder_that_can_not_be_written_is_an_io_error() {
    // Nobody can make files here, not even the administrator.
    let path = Path::new("/proc/self/engine.db");
    let error = Store::open(path, StoreOptions::default()).await.unwrap_err();
    assert!(matches!(error, OpenError::Unavailable { .. } | OpenError::Io { .. }), "{error:?}");
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_an_io_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("engine.db");
    let error = Store::open(&path, StoreOptions::default()).await.unwrap_err();
    assert!(matches!(error, OpenError::Unavailable { .. } | OpenError::Io { .. }), "{error:?}");
    let error = Store::open(folder.path(), StoreOptions::default()).await.unwrap_err();
    assert!(matches!(error, OpenError::Unavailable { .. } | OpenError::Io { .. }), "{error:?}");
}
