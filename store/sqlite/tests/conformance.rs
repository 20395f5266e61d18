//! The suite that every store is put through.

use store_sqlite::SqliteStore;

async fn empty() -> (SqliteStore, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = SqliteStore::open(&folder.path().join("bursar.db")).await;
    (store.expect("a new store"), folder)
}

store::conformance!(empty);
