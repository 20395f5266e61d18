//! Whether a store adds up: a busy one does, and each fault is found by the check that it is for.
#![expect(clippy::unwrap_used, reason = "what a test cannot go on without ends it")]

use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use store::Check::{
    Balance, ChargeEntries, Corrections, Grants, Index, Leased, NeverOver, Path as PathCheck,
    References, Rollups, Sequence, Spent,
};
use store::conformance::keep_busy;
use store::{Audit, Check, Reconciliation};
use store_sqlite::SqliteStore;
use tempfile::TempDir;

/// A store on which two gateways of three organisations have done everything that there is.
async fn busy(seed: u64, steps: u32) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bursar.db");
    let store = SqliteStore::open(&path).await.unwrap();
    keep_busy(seed, steps, &store).await;
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
    for seed in 1..=2 {
        let (_folder, path) = busy(seed, 1_000).await;
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
/// What went wrong, how to make it so, and the checks that must tell: these and no others.
type Fault = (&'static str, &'static str, &'static [Check]);

const FAULTS: &[Fault] = &[
    (
        "a limit has spent what nobody charged",
        "UPDATE accounts SET spent = spent + 1 WHERE number = (SELECT min(number) FROM accounts
             WHERE kind = 'limit' AND spent + leased < amount)",
        &[Spent],
    ),
    (
        "a grant has forgotten what it spent",
        "UPDATE accounts SET spent = spent - 1 WHERE number = (SELECT min(number) FROM accounts
             WHERE kind <> 'limit' AND spent > 0)",
        &[Spent, Grants],
    ),
    (
        "an account is leased what no gateway has",
        "UPDATE accounts SET leased = leased + 1 WHERE number = (SELECT min(number) FROM accounts
             WHERE spent + leased + expired + written_off < amount)",
        &[Leased],
    ),
    (
        "a lease is gone",
        "DELETE FROM leases WHERE (account_id, node, epoch)
             = (SELECT account_id, node, epoch FROM leases WHERE amount > 0 LIMIT 1)",
        &[Leased],
    ),
    (
        "a lease is of a start that never was",
        "INSERT INTO leases SELECT shard, org_id, account_id, node, 999, 0, 0 FROM leases LIMIT 1",
        &[Leased],
    ),
    (
        "more is leased than there is",
        "UPDATE leases SET amount = amount + 1000000000000
             WHERE (account_id, node, epoch) = (SELECT account_id, node, epoch FROM leases LIMIT 1);
         UPDATE accounts SET leased = leased + 1000000000000
             WHERE account_id = (SELECT account_id FROM leases LIMIT 1)",
        &[NeverOver],
    ),
    (
        "an event says more than its lines",
        "UPDATE usage_events SET charged = charged + 1
             WHERE (org_id, node, epoch, n) = (SELECT org_id, node, epoch, n FROM usage_events
                 WHERE charged > 0 LIMIT 1)",
        &[PathCheck],
    ),
    (
        "a charge is more than its hold",
        "UPDATE usage_events SET detail = json_set(detail, '$[5]', charged - 1)
             WHERE (org_id, node, epoch, n) = (SELECT org_id, node, epoch, n FROM usage_events
                 WHERE charged > 0 LIMIT 1)",
        &[PathCheck],
    ),
    (
        "a limit has counted less than the charge",
        "UPDATE usage_events
         SET detail = json_set(detail, '$[7][' || line.place || '][1]', line.amount - 1)
         FROM (SELECT * FROM usage_lines WHERE kind = 'limit' AND amount > 1 LIMIT 1) AS line
         WHERE (usage_events.org_id, usage_events.node, usage_events.epoch, usage_events.n)
             = (line.org_id, line.node, line.epoch, line.n)",
        &[Spent, PathCheck],
    ),
    (
        "a grant has paid more than the charge",
        "UPDATE usage_events
         SET detail = json_set(detail, '$[7][' || line.place || '][1]', line.amount + 1)
         FROM (SELECT * FROM usage_lines WHERE kind <> 'limit' LIMIT 1) AS line
         WHERE (usage_events.org_id, usage_events.node, usage_events.epoch, usage_events.n)
             = (line.org_id, line.node, line.epoch, line.n)",
        &[Spent, PathCheck, Rollups, ChargeEntries],
    ),
    (
        "an account paid a charge twice",
        "UPDATE usage_events
         SET detail = json_set(detail, '$[7][#]', json_extract(detail, '$[7][' || line.place || ']'))
         FROM (SELECT * FROM usage_lines WHERE kind = 'limit' LIMIT 1) AS line
         WHERE (usage_events.org_id, usage_events.node, usage_events.epoch, usage_events.n)
             = (line.org_id, line.node, line.epoch, line.n)",
        &[Spent, PathCheck],
    ),
    (
        "an event is lost",
        "DELETE FROM usage_events
         WHERE (org_id, node, epoch, n) = (SELECT event.org_id, event.node, event.epoch, event.n
             FROM usage_events AS event JOIN usage_spans AS span USING (shard, org_id, node, epoch)
             WHERE event.charged > 0 AND event.n IN (span.first_n, span.last_n)
                 AND event.admitted_at - span.hour_at BETWEEN 0 AND 3599999999
                 AND (event.org_id, event.node, event.epoch, event.n)
                     NOT IN (SELECT org_id, node, epoch, n FROM adjustments)
                 AND detail ->> 1 <> 'indeterminate' LIMIT 1)",
        &[Spent, Rollups, Index, ChargeEntries],
    ),
    (
        "a request is charged twice, under another number",
        "INSERT INTO usage_events SELECT shard, org_id, node, epoch, n + 100000, series, admitted_at,
             charged, detail FROM usage_events
             WHERE charged > 0 AND detail ->> 1 <> 'indeterminate' LIMIT 1",
        &[Spent, Rollups, Index, ChargeEntries],
    ),
    (
        "an event cannot be read",
        "UPDATE usage_events SET detail = '[1, 2'
             WHERE (org_id, node, epoch, n) = (SELECT org_id, node, epoch, n FROM usage_events
                 WHERE charged > 0 AND detail ->> 1 <> 'indeterminate'
                     AND detail ->> '$[3][1]' > 0 LIMIT 1)",
        &[Spent, PathCheck, Rollups, ChargeEntries],
    ),
    (
        "an hour was charged more than its requests",
        "UPDATE usage_rollups SET charged = charged + 1
             WHERE (org_id, hour_at, series, grant_kind, node)
                 = (SELECT org_id, hour_at, series, grant_kind, node FROM usage_rollups LIMIT 1)",
        &[Rollups],
    ),
    (
        "an hour has more tokens than its requests",
        "UPDATE usage_rollups SET output_tokens = output_tokens + 1
             WHERE (org_id, hour_at, series, grant_kind, node)
                 = (SELECT org_id, hour_at, series, grant_kind, node FROM usage_rollups LIMIT 1)",
        &[Rollups],
    ),
    (
        "an hour is gone",
        "DELETE FROM usage_rollups
             WHERE (org_id, hour_at, series, grant_kind, node)
                 = (SELECT org_id, hour_at, series, grant_kind, node FROM usage_rollups
                    WHERE charged > 0 LIMIT 1)",
        &[Rollups],
    ),
    (
        "an hour does not reach to its last request",
        "UPDATE usage_spans SET last_n = last_n - 1
             WHERE (org_id, hour_at, node, epoch)
                 = (SELECT org_id, hour_at, node, epoch FROM usage_spans LIMIT 1)",
        &[Index],
    ),
    (
        "who used something is not on record",
        "DELETE FROM usage_series WHERE series = (SELECT min(series) FROM usage_events)",
        &[References],
    ),
    (
        "an organisation is not there",
        "DELETE FROM orgs WHERE org_id = (SELECT org_id FROM usage_events LIMIT 1)",
        &[References],
    ),
    (
        "a charge names an account that there is not",
        "UPDATE usage_events SET detail = json_set(detail, '$[7][' || line.place || '][0]', 999999)
         FROM (SELECT * FROM usage_lines WHERE kind = 'limit' LIMIT 1) AS line
         WHERE (usage_events.org_id, usage_events.node, usage_events.epoch, usage_events.n)
             = (line.org_id, line.node, line.epoch, line.n)",
        &[Spent, References],
    ),
    (
        "a limit was removed under its accounts",
        "DELETE FROM limits WHERE limit_id = (SELECT min(limit_id) FROM accounts)",
        &[References],
    ),
    (
        "a transfer does not balance",
        "UPDATE entries SET amount = amount + 1 WHERE (org_id, transfer, line)
             = (SELECT org_id, transfer, line FROM entries
                WHERE book = 'consumed' AND kind = 'charge' LIMIT 1)",
        &[Balance],
    ),
    (
        "a transfer is between the wrong books",
        "UPDATE entries SET book = 'platform' WHERE (org_id, transfer, line)
             = (SELECT org_id, transfer, line FROM entries
                WHERE book = 'consumed' AND kind = 'charge' LIMIT 1)",
        &[Balance],
    ),
    (
        "a transfer is lost",
        "DELETE FROM entries WHERE (org_id, transfer)
             = (SELECT org_id, transfer FROM entries WHERE kind = 'charge' LIMIT 1)",
        &[Grants, ChargeEntries, Sequence],
    ),
    (
        "a charge is on the books of another grant",
        "UPDATE entries SET account_id = (SELECT grant_id FROM grants
                 WHERE grants.org_id = entries.org_id AND grant_id <> entries.account_id LIMIT 1)
             WHERE (org_id, transfer, line) = (SELECT org_id, transfer, line FROM entries
                 WHERE kind = 'charge' AND book = 'grant' LIMIT 1)",
        &[Grants, ChargeEntries],
    ),
    (
        "an overrun is not on the books",
        "UPDATE entries SET amount = amount * 2 WHERE (org_id, transfer)
             = (SELECT org_id, transfer FROM entries WHERE kind = 'overrun' LIMIT 1)",
        &[ChargeEntries],
    ),
    (
        "a correction was given back to one limit only in part",
        "UPDATE adjustments SET amount = amount + 1
             WHERE (org_id, node, epoch, n, number, account_id)
                 = (SELECT org_id, node, epoch, n, number, account_id FROM adjustments
                    WHERE account_id IN (SELECT account_id FROM accounts WHERE kind = 'limit')
                    LIMIT 1)",
        &[Corrections],
    ),
    (
        "what a grant got back is forgotten",
        "UPDATE accounts SET refunded = refunded - 1 WHERE account_id
             = (SELECT account_id FROM accounts WHERE kind <> 'limit' AND refunded > 0 LIMIT 1)",
        &[Spent, Corrections],
    ),
    (
        "a gateway has reported what no sync of its has",
        "DELETE FROM applied WHERE (shard, node) IN (SELECT shard, node FROM usage_events)",
        &[Sequence],
    ),
    (
        "the feed has a change that was not counted",
        "UPDATE meta SET change_seq = change_seq - 1",
        &[Sequence],
    ),
];

#[tokio::test]
async fn each_fault_is_found_by_the_checks_that_it_is_for_and_by_no_other() {
    let mut never_planted: Vec<_> = FAULTS.iter().map(|(fault, ..)| *fault).collect();
    // Chance may leave a store without what a fault needs.
    for seed in 1..=2 {
        let (folder, path) = busy(seed, 1_000).await;
        for (fault, sql, checks) in FAULTS {
            let copy = folder.path().join("faulty.db");
            std::fs::copy(&path, &copy).unwrap();
            if plant(&copy, sql).await {
                assert_eq!(failed(&reconciled(&copy).await), *checks, "seed {seed}: {fault}");
                never_planted.retain(|never| never != fault);
            }
        }
    }
    assert!(never_planted.is_empty(), "{never_planted:#?}");
}

/// Whether the statements changed anything.
async fn plant(path: &Path, sql: &'static str) -> bool {
    let mut file = unguarded(path).await;
    sqlx::raw_sql(sql).execute(&mut file).await.expect(sql);
    let planted = sqlx::query_scalar("SELECT total_changes() > 0").fetch_one(&mut file).await;
    file.close().await.unwrap();
    planted.unwrap()
}

#[tokio::test]
async fn a_difference_names_what_differs_and_by_how_much() {
    let (_folder, path) = busy(1, 1_000).await;
    assert!(plant(&path, "UPDATE accounts SET spent = spent + 1500000 WHERE number = 1").await);
    let found = reconciled(&path).await;
    let spent = found.checks.iter().find(|checked| checked.check == Check::Spent).unwrap();
    let [difference] = &spent.differences[..] else { unreachable!("{spent:?}") };
    assert!(difference.about.starts_with("acc_") && difference.about.contains(" of org_"));
    let amount = |text: &str| text.parse::<ledger::Credits>().unwrap().micros();
    assert_eq!(amount(&difference.found), amount(&difference.expected) + 1_500_000);
}
