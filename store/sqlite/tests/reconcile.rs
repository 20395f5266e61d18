//! Whether a store adds up: a busy one does, and each fault is found by the check that it is for.
#![expect(clippy::unwrap_used, reason = "what a test cannot go on without ends it")]

use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use store::conformance::lockstep;
use store::{Audit, Check, Reconciliation};
use store_sqlite::SqliteStore;
use tempfile::TempDir;

/// A store on which two gateways of three organisations have done everything that there is.
async fn busy(seed: u64, steps: u32) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bursar.db");
    let store = SqliteStore::open(&path).await.unwrap();
    lockstep(seed, steps, &store).await;
    store.close().await;
    (folder, path)
}

async fn reconciled(path: &Path) -> Reconciliation {
    let store = SqliteStore::open_read_only(path).await.unwrap();
    let found = store.reconcile().await.unwrap();
    store.close().await;
    found
}

fn failed(found: &Reconciliation) -> Vec<Check> {
    let failed = found.checks.iter().filter(|checked| !checked.holds());
    failed.map(|checked| checked.check).collect()
}

#[tokio::test]
async fn a_store_after_a_long_run_adds_up() {
    for seed in 11..=12 {
        let (_folder, path) = busy(seed, 700).await;
        let found = reconciled(&path).await;
        assert!(found.holds(), "seed {seed}: {found:#?}");
        let checks: Vec<_> = found.checks.iter().map(|checked| checked.check).collect();
        assert_eq!(checks, Check::ALL);
        // A check that has looked at nothing proves nothing.
        for checked in &found.checks {
            let figure = checked.found.to_string();
            let looked = figure != "0" || checked.check == Check::Balance;
            assert!(looked, "seed {seed}: {checked:?}");
        }
    }
}

/// The file with everything that guards it taken away.
async fn unguarded(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).foreign_keys(false);
    let mut file = options.pragma("ignore_check_constraints", "ON").connect().await.unwrap();
    let guards = "SELECT name FROM sqlite_schema WHERE type = 'trigger'";
    let guards: Vec<String> = sqlx::query_scalar(guards).fetch_all(&mut file).await.unwrap();
    for guard in guards {
        let drop = sqlx::AssertSqlSafe(format!("DROP TRIGGER {guard}"));
        sqlx::query(drop).execute(&mut file).await.unwrap();
    }
    file
}
/// What went wrong, how to make it so, and the checks that must tell.
type Fault = (&'static str, &'static str, &'static [Check]);

use Check::{
    Balance, ChargeEntries, Corrections, Grants, Index, Leased, NeverOver, Path as PathCheck,
    References, Rollups, Sequence, Spent,
};

const FAULTS: &[Fault] = &[
    (
        "a limit has spent a micro-credit that nobody charged",
        "UPDATE accounts SET spent = spent + 1 WHERE number = (SELECT min(number) FROM accounts
             WHERE limit_id IS NOT NULL AND spent + leased < amount)",
        &[Spent],
    ),
];
