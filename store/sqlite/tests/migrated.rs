//! Files that an earlier version wrote.
#![expect(clippy::unwrap_used, reason = "what a test cannot go on without ends it")]

use std::path::Path;

use ledger::{AccountId, Credits, Epoch, Instant, NodeId, Shard};
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use store::{Granted, Store, SyncAnswer, SyncRequest};
use store_sqlite::SqliteStore;

const APPLICATION_ID: i32 = 0x4275_7273;

/// A file with the tables that the first so many migrations make.
async fn of_version(last: i64, path: &Path, folder: &Path) -> SqliteConnection {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/sqlite");
    for entry in std::fs::read_dir(migrations).unwrap() {
        let file = entry.unwrap();
        let name = file.file_name().into_string().unwrap();
        if name.split('_').next().unwrap().parse::<i64>().is_ok_and(|number| number <= last) {
            std::fs::copy(file.path(), folder.join(name)).unwrap();
        }
    }
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut file = options.connect().await.unwrap();
    Migrator::new(folder).await.unwrap().run(&mut file).await.unwrap();
    // By which a file of ours is told.
    sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA application_id = {APPLICATION_ID}")))
        .execute(&mut file)
        .await
        .unwrap();
    file
}

#[tokio::test]
async fn an_answer_that_was_kept_before_answers_had_verdicts_is_still_told() {
    let folder = tempfile::tempdir().unwrap();
    let (path, migrations) = (folder.path().join("bursar.db"), folder.path().join("migrations"));
    std::fs::create_dir(&migrations).unwrap();
    let mut file = of_version(8, &path, &migrations).await;
    let call = SyncRequest {
        node: NodeId(1),
        epoch: Epoch(1),
        shard: Shard::new(5).unwrap(),
        seq: 3,
        lsn: 9,
        now: Instant::from_seconds(1_795_426_200),
        report: Vec::new(),
        give_back: Vec::new(),
        regranted: Vec::new(),
        ask: Vec::new(),
        refill: Vec::new(),
        events: Vec::new(),
        keyed: Vec::new(),
    };
    let granted = |account, micros| Granted {
        account: AccountId::from_u128(account),
        amount: Credits::from_micros(micros).unwrap(),
    };
    // The first id begins as the newer encoding does.
    let granted = [granted(1 << 120 | 0x7777, 250), granted(3, 1 << 40)];
    let mut kept = Vec::new();
    for Granted { account, amount } in &granted {
        kept.extend(account.as_u128().to_be_bytes());
        kept.extend(amount.micros().to_be_bytes());
    }
    sqlx::query("INSERT INTO nodes (node, epoch, journal, registered_at) VALUES (1, 1, ?, 7)")
        .bind(vec![9; 16])
        .execute(&mut file)
        .await
        .unwrap();
    sqlx::query("INSERT INTO applied VALUES (5, 1, ?, 3, 9, ?, ?)")
        .bind(vec![9; 16])
        .bind(call.fingerprint().as_slice())
        .bind(kept)
        .execute(&mut file)
        .await
        .unwrap();
    file.close().await.unwrap();

    let store = SqliteStore::open(&path).await.unwrap();
    let expected = SyncAnswer { granted: granted.to_vec(), ..SyncAnswer::default() };
    assert_eq!(store.sync(&call).await.unwrap(), expected);
    let nodes = store.nodes(Instant::from_micros(7)).await.unwrap();
    assert_eq!(nodes[0].heard, Instant::from_micros(7), "it began");
}
