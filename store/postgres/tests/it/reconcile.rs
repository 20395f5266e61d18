//! Whether a store adds up: a busy one does, and each fault is found by the check that it is for.

use postgres_cluster::{Database, test_server};
use store::Check::{
    Balance, ChargeEntries, Corrections, Grants, Index, Leased, NeverOver, Path, References,
    Rollups, Sequence, Spent,
};
use store::conformance::keep_busy;
use store::{Audit, Check, Reconciliation};
use store_postgres::{Options, PostgresStore};

/// A store on which two gateways of three organisations have done everything that there is.
async fn busy(seed: u64, steps: u32) -> (PostgresStore, Database) {
    let database = test_server().and_then(|server| server.database()).unwrap();
    let options = Options { max_connections: 4, ..Options::new(database.url()) };
    PostgresStore::migrate(&options).await.unwrap();
    let store = PostgresStore::connect(&options).await.unwrap();
    keep_busy(seed, steps, &store).await;
    (store, database)
}

fn failed(found: &Reconciliation) -> Vec<Check> {
    let failed = found.checks.iter().filter(|checked| !checked.holds());
    failed.map(|checked| checked.check).collect()
}

/// Takes what guards the tables away and keeps a copy of each.
const UNGUARD: &str = "
CREATE SCHEMA kept;
DO $$
DECLARE
    guard record;
BEGIN
    FOR guard IN SELECT conrelid::regclass AS name, conname FROM pg_constraint
        WHERE contype = 'c' AND connamespace = 'public'::regnamespace AND conislocal
            AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = conrelid)
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', guard.name, guard.conname);
    END LOOP;
    FOR guard IN SELECT relname AS name FROM pg_class
        WHERE relkind IN ('r', 'p') AND NOT relispartition
            AND relnamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('CREATE TABLE kept.%I AS TABLE %I', guard.name, guard.name);
    END LOOP;
END $$";

/// Makes every table what its copy is.
const RESTORE: &str = "
SET session_replication_role = replica;
DO $$
DECLARE
    kept record;
BEGIN
    FOR kept IN SELECT columns.table_name AS name, string_agg(quote_ident(column_name), ', ') AS columns
        FROM information_schema.columns
        JOIN pg_tables ON schemaname = 'kept' AND tablename = columns.table_name
        WHERE table_schema = 'public' AND is_generated = 'NEVER' GROUP BY columns.table_name
    LOOP
        EXECUTE format('DELETE FROM %I', kept.name);
        EXECUTE format('INSERT INTO %I (%s) SELECT %s FROM kept.%I',
            kept.name, kept.columns, kept.columns, kept.name);
    END LOOP;
END $$";

/// What went wrong, how to make it so, and the checks that must tell: these and no others.
type Fault = (&'static str, &'static str, &'static [Check]);

const FAULTS: &[Fault] = &[
    (
        "a limit has spent what nobody charged",
        "UPDATE accounts SET spent = spent + 1 WHERE account_id = (SELECT account_id FROM accounts
             WHERE kind = 'limit' AND spent + leased < amount ORDER BY account_id LIMIT 1)",
        &[Spent],
    ),
    (
        "a grant has forgotten what it spent",
        "UPDATE accounts SET spent = spent - 1 WHERE account_id = (SELECT account_id FROM accounts
             WHERE kind <> 'limit' AND spent > 0 ORDER BY account_id LIMIT 1)",
        &[Spent, Grants],
    ),
    (
        "an account is leased what no gateway has",
        "UPDATE accounts SET leased = leased + 1 WHERE account_id = (SELECT account_id FROM accounts
             WHERE spent + leased + expired + written_off < amount ORDER BY account_id LIMIT 1)",
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
        "INSERT INTO leases SELECT shard, org_id, account_id, node, 999, 0 FROM leases LIMIT 1",
        &[Leased],
    ),
    (
        "more is leased than there is",
        "WITH lease AS (
             UPDATE leases SET amount = amount + 1000000000000 WHERE (account_id, node, epoch)
                 = (SELECT account_id, node, epoch FROM leases LIMIT 1) RETURNING account_id)
         UPDATE accounts SET leased = leased + 1000000000000 FROM lease
         WHERE accounts.account_id = lease.account_id",
        &[NeverOver],
    ),
    (
        "of a grant is written off what no gateway has lost",
        "UPDATE accounts SET written_off = written_off + 1
             WHERE account_id = (SELECT account_id FROM accounts
                 WHERE kind <> 'limit' AND spent + leased + expired < amount
                 ORDER BY account_id LIMIT 1)",
        &[Leased, Grants, ChargeEntries],
    ),
    (
        "an event says more than its lines",
        "UPDATE usage_events SET charged = charged + 1 WHERE (org_id, node, epoch, n)
             = (SELECT org_id, node, epoch, n FROM usage_events WHERE charged > 0 LIMIT 1)",
        &[Path],
    ),
    (
        "a charge is more than its hold",
        "UPDATE usage_events SET held = charged - 1 WHERE (org_id, node, epoch, n)
             = (SELECT org_id, node, epoch, n FROM usage_events WHERE charged > 0 LIMIT 1)",
        &[Path],
    ),
    (
        "a limit has counted less than the charge",
        "UPDATE usage_events
         SET line_amounts[line.place] = line.amount - 1
         FROM (SELECT * FROM usage_lines WHERE kind = 'limit' AND amount > 1 LIMIT 1) AS line
         WHERE (usage_events.org_id, usage_events.node, usage_events.epoch, usage_events.n)
             = (line.org_id, line.node, line.epoch, line.n)",
        &[Spent, Path],
    ),
    (
        "a grant has paid more than the charge",
        "UPDATE usage_events
         SET line_amounts[line.place] = line.amount + 1
         FROM (SELECT * FROM usage_lines WHERE kind <> 'limit' LIMIT 1) AS line
         WHERE (usage_events.org_id, usage_events.node, usage_events.epoch, usage_events.n)
             = (line.org_id, line.node, line.epoch, line.n)",
        &[Spent, Path, Rollups, ChargeEntries],
    ),
    (
        "an account paid a charge twice",
        "UPDATE usage_events
         SET line_accounts = line_accounts || line.account_id,
             line_amounts = line_amounts || line.amount
         FROM (SELECT * FROM usage_lines WHERE kind = 'limit' LIMIT 1) AS line
         WHERE (usage_events.org_id, usage_events.node, usage_events.epoch, usage_events.n)
             = (line.org_id, line.node, line.epoch, line.n)",
        &[Spent, Path],
    ),
    (
        "an event is lost",
        "DELETE FROM usage_events WHERE (org_id, node, epoch, n)
             = (SELECT org_id, node, epoch, n FROM usage_events
                WHERE charged > 0 AND ending <> 'indeterminate' AND (org_id, node, epoch, n)
                    NOT IN (SELECT org_id, node, epoch, n FROM adjustments) LIMIT 1)",
        &[Spent, Rollups, ChargeEntries],
    ),
    (
        "a request is charged twice, under another number",
        "INSERT INTO usage_events SELECT shard, org_id, node, epoch, n + 100000, admitted_at,
             ended_at, member_id, key_id, group_id, project_id, surface, tool, provider, model,
             ending, status, requests, input_tokens, cached_input_tokens, cache_write_tokens,
             cache_write_hour_tokens, output_tokens, images, outputs, held, charged, overrun,
             line_accounts, line_amounts, price_book, body_hash FROM usage_events
             WHERE charged > 0 AND overrun = 0 AND ending <> 'indeterminate' LIMIT 1",
        &[Spent, Rollups, ChargeEntries],
    ),
    (
        "a request is charged twice, at another time",
        "INSERT INTO usage_events SELECT shard, org_id, node, epoch, n, admitted_at + 1, ended_at,
             member_id, key_id, group_id, project_id, surface, tool, provider, model, ending, status,
             requests, input_tokens, cached_input_tokens, cache_write_tokens,
             cache_write_hour_tokens, output_tokens, images, outputs, held, charged, overrun,
             line_accounts, line_amounts, price_book, body_hash FROM usage_events
             WHERE charged > 0 AND overrun = 0 AND ending <> 'indeterminate' LIMIT 1",
        &[Spent, Rollups, Index, ChargeEntries],
    ),
    (
        "an indeterminate event is not on the list of them",
        "DELETE FROM indeterminate_events WHERE (org_id, node, epoch, n)
             = (SELECT org_id, node, epoch, n FROM indeterminate_events LIMIT 1)",
        &[Index],
    ),
    (
        "an hour was charged more than its requests",
        "UPDATE usage_rollups SET charged = charged + 1
             WHERE ctid = (SELECT ctid FROM usage_rollups LIMIT 1)",
        &[Rollups],
    ),
    (
        "an hour has more tokens than its requests",
        "UPDATE usage_rollups SET output_tokens = output_tokens + 1
             WHERE ctid = (SELECT ctid FROM usage_rollups LIMIT 1)",
        &[Rollups],
    ),
    (
        "an hour is gone",
        "DELETE FROM usage_rollups
             WHERE ctid = (SELECT ctid FROM usage_rollups WHERE charged > 0 LIMIT 1)",
        &[Rollups],
    ),
    (
        "an organisation is not there",
        "DELETE FROM orgs WHERE org_id = (SELECT org_id FROM usage_events LIMIT 1)",
        &[References],
    ),
    (
        "a charge names an account that there is not",
        "UPDATE usage_events SET line_accounts[line.place] = '00000000-0000-0000-0000-000000000001'
         FROM (SELECT * FROM usage_lines WHERE kind = 'limit' LIMIT 1) AS line
         WHERE (usage_events.org_id, usage_events.node, usage_events.epoch, usage_events.n)
             = (line.org_id, line.node, line.epoch, line.n)",
        &[Spent, References],
    ),
    (
        "a limit was removed under its accounts",
        "DELETE FROM limits WHERE limit_id = (SELECT limit_id FROM accounts
             WHERE limit_id IS NOT NULL ORDER BY limit_id LIMIT 1)",
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
        "transfers were counted that nobody made",
        "UPDATE counters SET transfers = transfers + 1
             WHERE org_id = (SELECT org_id FROM entries LIMIT 1)",
        &[Sequence],
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
    (
        "a revoked token has a change that was not counted",
        "UPDATE revoked_tokens SET seq = (SELECT change_seq + 1 FROM meta)
             WHERE seq = (SELECT max(seq) FROM revoked_tokens)",
        &[Sequence],
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_store_adds_up_and_each_fault_is_found_by_the_checks_that_it_is_for_and_no_other() {
    let (store, database) = busy(1, 700).await;
    let found = store.reconcile().await.unwrap();
    assert!(found.holds(), "{found:#?}");
    let checks: Vec<_> = found.checks.iter().map(|checked| checked.check).collect();
    assert_eq!(checks, Check::ALL);
    // A check that has looked at nothing proves nothing.
    for checked in &found.checks {
        let looked = checked.found.to_string() != "0" || checked.check == Balance;
        assert!(looked, "{checked:?}");
    }
    database.run(UNGUARD).unwrap();
    for (fault, sql, checks) in FAULTS {
        let plant = format!("SET session_replication_role = replica; {sql} RETURNING 1");
        let planted = database.run(&plant).unwrap_or_else(|error| panic!("{fault}: {error}"));
        assert!(!planted.is_empty(), "nothing was changed: {fault}");
        let found = store.reconcile().await.unwrap();
        assert_eq!(failed(&found), *checks, "{fault}: {:#?}", found.checks);
        database.run(RESTORE).unwrap();
    }
    assert!(store.reconcile().await.unwrap().holds());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_difference_names_what_differs_and_by_how_much() {
    let (store, database) = busy(2, 60).await;
    let more = "UPDATE accounts SET spent = spent + 1500000, amount = amount + 1500000
        WHERE account_id = (SELECT account_id FROM accounts WHERE kind <> 'limit' LIMIT 1)";
    database.run(more).unwrap();
    let found = store.reconcile().await.unwrap();
    let spent = found.checks.iter().find(|checked| checked.check == Spent).unwrap();
    let [difference] = &spent.differences[..] else { unreachable!("{spent:?}") };
    assert!(difference.about.starts_with("acc_") && difference.about.contains(" of org_"));
    let amount = |text: &str| text.parse::<ledger::Credits>().unwrap().micros();
    assert_eq!(amount(&difference.found), amount(&difference.expected) + 1_500_000);
}
