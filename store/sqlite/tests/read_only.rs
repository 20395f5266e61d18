//! A file that is only looked at: whoever has it is not disturbed, and nothing is left behind.
#![expect(clippy::unwrap_used, reason = "what a test cannot go on without ends it")]

use std::fs;
use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, SqliteConnection};
use store::conformance::Office;
use store::{Audit, Error, Store};
use store_sqlite::SqliteStore;

/// The file as another program opens it.
async fn raw(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).connect().await.expect("a database")
}

/// The names and lengths of the files of a folder, and when they were written.
fn files(folder: &Path) -> Vec<(String, u64, std::time::SystemTime)> {
    let file = |entry: fs::DirEntry| {
        let metadata = entry.metadata().unwrap();
        let name = entry.file_name().into_string().unwrap();
        (name, metadata.len(), metadata.modified().unwrap())
    };
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(Result::unwrap).map(file).collect();
    files.sort();
    files
}

async fn refused(path: &Path) -> Error {
    SqliteStore::open_read_only(path).await.expect_err("a refusal")
}

#[tokio::test]
async fn a_store_that_nobody_has_open_is_read_and_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bursar.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let call = Office::move_in(&store).await.call(40);
    store.sync(&call).await.unwrap();
    let accounts = store.accounts(Office::ORG).await.unwrap();
    store.close().await;
    let before = files(folder.path());
    let store = SqliteStore::open_read_only(&path).await.unwrap();
    assert_eq!(store.accounts(Office::ORG).await.unwrap(), accounts);
    assert_eq!(store.charges(Office::ORG).await.unwrap(), call.events);
    store.close().await;
    assert_eq!(files(folder.path()), before);
}

#[tokio::test]
async fn a_running_gateway_goes_on_and_what_it_commits_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bursar.db");
    let gateway = SqliteStore::open(&path).await.unwrap();
    let mut office = Office::move_in(&gateway).await;
    let store = SqliteStore::open_read_only(&path).await.unwrap();
    assert_eq!(store.charges(Office::ORG).await.unwrap(), []);
    let call = office.call(3);
    gateway.sync(&call).await.unwrap();
    assert_eq!(store.charges(Office::ORG).await.unwrap(), call.events);
    store.close().await;
    gateway.sync(&office.call(3)).await.unwrap();
    gateway.close().await;
    let names: Vec<_> = files(folder.path()).into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, ["bursar.db", "bursar.db.lock"]);
}

#[tokio::test]
async fn what_a_killed_gateway_left_in_its_log_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bursar.db");
    let gateway = SqliteStore::open(&path).await.unwrap();
    let call = Office::move_in(&gateway).await.call(40);
    gateway.sync(&call).await.unwrap();
    let left = tempfile::tempdir().unwrap();
    for name in ["bursar.db", "bursar.db-wal", "bursar.db-shm"] {
        fs::copy(folder.path().join(name), left.path().join(name)).unwrap();
    }
    let names = |()| files(left.path()).into_iter().map(|(name, ..)| name).collect::<Vec<_>>();
    let before = names(());
    let file = |()| fs::read(left.path().join("bursar.db")).unwrap();
    let bytes = file(());
    let store = SqliteStore::open_read_only(&left.path().join("bursar.db")).await.unwrap();
    assert_eq!(store.charges(Office::ORG).await.unwrap(), call.events);
    store.close().await;
    // What the log holds is the next gateway's to bring into the file.
    assert_eq!(names(()), before);
    assert!(file(()) == bytes, "the file has changed");
}

#[tokio::test]
async fn what_a_gateway_wrote_meanwhile_is_not_taken_for_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bursar.db");
    let gateway = SqliteStore::open(&path).await.unwrap();
    let mut office = Office::move_in(&gateway).await;
    gateway.close().await;
    let store = SqliteStore::open_read_only(&path).await.unwrap();
    store.charges(Office::ORG).await.unwrap();
    let gateway = SqliteStore::open(&path).await.unwrap();
    gateway.sync(&office.call(3)).await.unwrap();
    for _ in 0..2 {
        let read = store.charges(Office::ORG).await;
        assert!(matches!(&read, Err(Error::Unavailable(said)) if said.contains("run this again")));
    }
    gateway.close().await;
    // Closed, it has no log: but the file is another.
    assert!(store.accounts(Office::ORG).await.is_err());
    let store = SqliteStore::open_read_only(&path).await.unwrap();
    assert_eq!(store.charges(Office::ORG).await.unwrap().len(), 3);
}

#[tokio::test]
async fn nothing_can_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bursar.db");
    let gateway = SqliteStore::open(&path).await.unwrap();
    let mut office = Office::move_in(&gateway).await;
    let before = gateway.accounts(Office::ORG).await.unwrap();
    let store = SqliteStore::open_read_only(&path).await.unwrap();
    let written = store.sync(&office.call(3)).await;
    assert!(matches!(&written, Err(Error::Conflict(said)) if said.contains("reading only")));
    assert_eq!(gateway.accounts(Office::ORG).await.unwrap(), before);
}

#[tokio::test]
async fn what_is_no_store_is_told_apart_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.db");
    let said = refused(&missing).await.to_string();
    assert!(said.contains("missing.db") && said.contains("name the file of a store"), "{said}");
    assert!(!missing.exists());

    let empty = folder.path().join("empty.db");
    fs::write(&empty, "").unwrap();
    let said = refused(&empty).await.to_string();
    assert!(said.contains("empty.db is empty"), "{said}");

    let shop = folder.path().join("shop.db");
    fs::write(&shop, "").unwrap();
    let mut other = raw(&shop).await;
    sqlx::query("CREATE TABLE customers (name TEXT)").execute(&mut other).await.unwrap();
    let said = refused(&shop).await.to_string();
    assert!(said.contains("shop.db is the database of another program"), "{said}");

    let notes = folder.path().join("notes.txt");
    fs::write(&notes, "These are notes, and not a database at all. ".repeat(100)).unwrap();
    let said = refused(&notes).await.to_string();
    assert!(said.contains("notes.txt is damaged or no database"), "{said}");
    assert_eq!(files(folder.path()).len(), 3);
}

#[tokio::test]
async fn a_damaged_file_is_told_as_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bursar.db");
    let store = SqliteStore::open(&path).await.unwrap();
    Office::move_in(&store).await;
    store.close().await;
    let mut bytes = fs::read(&path).unwrap();
    // The table of tables, after the file's header.
    bytes[100..2_000].fill(0xff);
    fs::write(&path, bytes).unwrap();
    let error = refused(&path).await;
    assert!(matches!(&error, Error::Corrupt(said) if said.contains("bursar.db is damaged")));
}

#[tokio::test]
async fn a_file_of_another_version_is_neither_read_nor_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bursar.db");
    SqliteStore::open(&path).await.unwrap().close().await;
    for (change, told) in [
        ("DELETE FROM _sqlx_migrations WHERE version = 5", "an older version of Bursar"),
        ("INSERT INTO _sqlx_migrations VALUES (9999, 'new', 0, 1, x'00', 0)", "a newer version"),
        ("UPDATE _sqlx_migrations SET checksum = x'00'", "another migration 1"),
    ] {
        let mut other = raw(&path).await;
        sqlx::query(change).execute(&mut other).await.unwrap();
        sqlx::Connection::close(other).await.unwrap();
        let before = files(folder.path());
        let said = refused(&path).await.to_string();
        assert!(said.contains(told), "{said}");
        assert_eq!(files(folder.path()), before);
    }
}

#[tokio::test]
async fn a_file_that_another_program_locks_is_told_as_locked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bursar.db");
    SqliteStore::open(&path).await.unwrap().close().await;
    let mut other = raw(&path).await;
    sqlx::raw_sql("PRAGMA locking_mode = EXCLUSIVE; UPDATE meta SET change_seq = 7;")
        .execute(&mut other)
        .await
        .unwrap();
    let error = refused(&path).await;
    assert!(
        matches!(&error, Error::Unavailable(said) if said.contains("locked by another program"))
    );
}
