//! One file, one gateway: what happens to the file, and when it is not what it should be.
#![expect(clippy::unwrap_used, reason = "what a test cannot go on without ends it")]

use std::fs;
use std::path::Path;

use ledger::Instant;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, SqliteConnection};
use store::conformance::Office;
use store::{Audit, ChangeSeq, Error, Store, UsageQuery};
use store_sqlite::SqliteStore;

/// The file as another program opens it, behind the gateway's back.
async fn raw(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).connect().await.expect("a database")
}

/// All that the store tells.
async fn everything(store: &SqliteStore) -> impl PartialEq + std::fmt::Debug + use<> {
    let whole =
        UsageQuery { org: Office::ORG, member: None, from: Instant::MIN, until: Instant::MAX };
    (
        store.stamp().await.unwrap(),
        store.load(Office::ORG).await.unwrap(),
        store.accounts(Office::ORG).await.unwrap(),
        store.usage(&whole).await.unwrap(),
        store.changes_since(ChangeSeq(0), 1_000).await.unwrap(),
    )
}

/// Every account has spent what usage says that its charges were.
async fn adds_up(store: &SqliteStore) {
    let whole =
        UsageQuery { org: Office::ORG, member: None, from: Instant::MIN, until: Instant::MAX };
    let usage = store.usage(&whole).await.unwrap();
    let charged = usage.iter().map(|row| row.charged.micros()).sum::<u64>();
    for account in store.accounts(Office::ORG).await.unwrap() {
        // Everything is leased, and the grant pays for everyone.
        assert_eq!(account.leased.saturating_add(account.spent), account.amount);
        assert!(account.limit.is_some() || account.spent.micros() == charged, "{account:?}");
        let leases = account.leases.iter().map(|(_, _, amount)| amount.micros()).sum::<u64>();
        assert_eq!(account.leased.micros(), leases);
    }
}

#[track_caller]
fn said(result: store::Result<SqliteStore>) -> String {
    result.expect_err("a refusal").to_string()
}

#[tokio::test]
async fn a_second_gateway_is_refused_and_told_what_to_do_until_the_first_has_closed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bursar.db");
    let first = SqliteStore::open(&path).await.unwrap();
    let second = SqliteStore::open(&path).await;
    assert!(matches!(second, Err(Error::InUse(_))), "{second:?}");
    let said = said(second);
    for word in [path.to_str().unwrap(), "another gateway", "stop it first", "Postgres"] {
        assert!(said.contains(word), "{said}");
    }
    // The refusal has not disturbed the first.
    first.stamp().await.unwrap();
    let stamp = first.stamp().await.unwrap();
    first.close().await;
    let second = SqliteStore::open(&path).await.unwrap();
    assert_eq!(second.stamp().await.unwrap(), stamp);
}

#[tokio::test]
async fn everything_is_the_same_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bursar.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let mut office = Office::move_in(&store).await;
    let call = office.call(40);
    let answer = store.sync(&call).await.unwrap();
    let before = everything(&store).await;
    store.close().await;
    // Closed, it is one file: what is written is not spread over a log.
    assert!(!folder.path().join("bursar.db-wal").exists());
    let store = SqliteStore::open(&path).await.unwrap();
    assert_eq!(everything(&store).await, before);
    assert_eq!(store.sync(&call).await.unwrap(), answer);
    assert_eq!(everything(&store).await, before);
    let next = office.call(3);
    store.sync(&next).await.unwrap();
}

#[tokio::test]
async fn a_sync_that_fails_at_its_last_statement_has_moved_nothing_and_can_be_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bursar.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let mut office = Office::move_in(&store).await;
    let before = everything(&store).await;
    let mut raw = raw(&path).await;
    sqlx::query(
        "CREATE TRIGGER broken BEFORE UPDATE ON applied BEGIN SELECT RAISE(ABORT, 'no'); END",
    )
    .execute(&mut raw)
    .await
    .unwrap();
    let call = office.call(40);
    for _ in 0..2 {
        let failed = store.sync(&call).await;
        assert!(matches!(failed, Err(Error::Corrupt(_))), "{failed:?}");
        assert_eq!(everything(&store).await, before);
    }
    sqlx::query("DROP TRIGGER broken").execute(&mut raw).await.unwrap();
    store.sync(&call).await.unwrap();
    assert_eq!(
        store.charge(Office::ORG, call.events[0].hold).await.unwrap().as_ref(),
        call.events.first()
    );
}

#[tokio::test]
async fn a_sync_that_is_abandoned_midway_has_moved_all_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("bursar.db")).await.unwrap();
    let mut office = Office::move_in(&store).await;
    for polls in 0..12 {
        let call = office.call(30);
        let mut sync = store.sync(&call);
        for _ in 0..polls {
            let ready = std::future::poll_fn(|context| {
                std::task::Poll::Ready(sync.as_mut().poll(context).is_ready())
            });
            if ready.await {
                break;
            }
            // Lets the writer's thread get somewhere.
            store.stamp().await.unwrap();
        }
        drop(sync);
        // Whatever became of it, the same call is applied exactly once.
        store.sync(&call).await.unwrap();
        adds_up(&store).await;
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let text = "These are notes, and not a database at all. ".repeat(100);
    fs::write(&path, &text).unwrap();
    let opened = SqliteStore::open(&path).await;
    assert!(matches!(opened, Err(Error::Corrupt(_))), "{opened:?}");
    let said = said(opened);
    assert!(said.contains("notes.txt") && said.contains("restore it from a backup"), "{said}");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
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
    let said = said(SqliteStore::open(&path).await);
    assert!(said.contains("bursar.db is damaged"), "{said}");
}

#[tokio::test]
async fn the_database_of_another_program_is_not_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    fs::write(&path, "").unwrap();
    let mut raw = raw(&path).await;
    sqlx::query("CREATE TABLE customers (name TEXT)").execute(&mut raw).await.unwrap();
    let said = said(SqliteStore::open(&path).await);
    assert!(said.contains("the database of another program"), "{said}");
    let tables: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(&mut raw).await.unwrap();
    assert_eq!(tables, 1);
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bursar.db");
    SqliteStore::open(&path).await.unwrap().close().await;
    let mut raw = raw(&path).await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'of the future', 1, x'00', 0)",
    )
    .execute(&mut raw)
    .await
    .unwrap();
    let said = said(SqliteStore::open(&path).await);
    assert!(said.contains("newer version of Bursar"), "{said}");
}

#[tokio::test]
async fn a_file_that_another_program_locks_is_told_as_locked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bursar.db");
    SqliteStore::open(&path).await.unwrap().close().await;
    let mut raw = raw(&path).await;
    sqlx::raw_sql("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; SELECT * FROM meta;")
        .execute(&mut raw)
        .await
        .unwrap();
    let opened = SqliteStore::open(&path).await;
    assert!(matches!(opened, Err(Error::Unavailable(_))), "{opened:?}");
    let said = said(opened);
    assert!(said.contains("locked by another program"), "{said}");
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let said = said(SqliteStore::open(&folder.path().join("missing/bursar.db")).await);
    assert!(said.contains("missing/bursar.db"), "{said}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bursar.db");
    let store = SqliteStore::open(&path).await.unwrap();
    store.accounts(Office::ORG).await.unwrap();
    for name in ["bursar.db", "bursar.db-wal", "bursar.db.lock"] {
        let mode = fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}
