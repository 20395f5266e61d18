//! The tables: what they say of themselves, what they refuse, and who may run on them.

use std::sync::Arc;

use sqlx::Executor as _;
use store::{ChangeSeq, Error, Heartbeat, Key, Store as _};
use store_postgres::PostgresStore;

use crate::office::{NOW, ORG, Office, hold, key, registration, secret, settle_in};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_table_and_every_column_of_money_has_a_comment() {
    let office = Office::new().await;
    let tables = "SELECT relname FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
             AND relname <> '_sqlx_migrations' AND obj_description(oid, 'pg_class') IS NULL";
    assert_eq!(office.database.run(tables).unwrap(), "");
    let columns = "SELECT attrelid::regclass || '.' || attname FROM pg_attribute
         JOIN pg_class ON pg_class.oid = attrelid
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
             AND NOT relispartition AND attname IN (
                 'amount', 'ceiling', 'spent', 'leased', 'reserved', 'opened_with', 'refunded',
                 'expired', 'held', 'charged', 'overrun', 'line_amounts', 'remaining',
                 'plan_allocation', 'charged_before', 'charged_after')
             AND coalesce(col_description(attrelid, attnum), '') NOT LIKE 'micro-credits: %'";
    assert_eq!(office.database.run(columns).unwrap(), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_constraint_bears_the_name_of_its_table_and_of_its_rule() {
    let office = Office::new().await;
    let unnamed = "SELECT conname FROM pg_constraint
         JOIN pg_class ON pg_class.oid = conrelid
         WHERE connamespace = 'public'::regnamespace AND NOT relispartition
             AND relname <> '_sqlx_migrations' AND coninhcount = 0 AND conparentid = 0
             AND (conname NOT LIKE relname || '\\_%' OR conname ~ '_(pkey|fkey|check)[0-9]*$')";
    assert_eq!(office.database.run(unnamed).unwrap(), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_on_record_is_neither_changed_nor_removed() {
    let office = Office::new().await;
    settle_in(&office.store().await).await;
    let rows = [
        "INSERT INTO accounts (shard, org_id, account_id, kind, start_at, end_at, amount, spent,
             leased, reserved, opened_with, closed, version)
         SELECT shard, org_id, org_id, 'top_up', 0, 1, 5, 0, 0, 0, 0, false, 0 FROM orgs",
        "INSERT INTO usage_events
         SELECT shard, org_id, 1, 1, 1, 0, 0, org_id, NULL, NULL, NULL, 'api', 'chatbot', 'openai', 'm',
             'settled', 200, 1, 0, 0, 0, 0, 0, 0, 0, 5, 5, 0, ARRAY[org_id], ARRAY[5], '1',
             decode(repeat('00', 32), 'hex') FROM orgs",
        "INSERT INTO entries (shard, org_id, transfer, line, kind, at, book, amount)
         SELECT shard, org_id, 1, 1, 'overrun', 0, 'platform', 1 FROM orgs",
        "INSERT INTO adjustments
         SELECT shard, org_id, 1, 1, 1, 0, 1, org_id, 1, 'a', 'r', 0 FROM orgs",
        "INSERT INTO threshold_events
         SELECT shard, org_id, 1, org_id, 'credits_low', 0, 5, 1 FROM orgs",
    ];
    for row in rows {
        office.database.run(row).unwrap();
    }
    for table in ["usage_events", "entries", "adjustments", "threshold_events"] {
        for (verb, set) in [("UPDATE", "SET shard = shard"), ("DELETE FROM", "")] {
            let refused = office.database.run(&format!("{verb} {table} {set}")).unwrap_err();
            let told = format!("{table} are only ever added to");
            assert!(refused.to_string().contains(&told), "{refused}");
        }
        assert!(office.database.run(&format!("TRUNCATE {table} CASCADE")).is_err());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_account_is_ever_over() {
    let office = Office::new().await;
    settle_in(&office.store().await).await;
    let run = |statement| office.database.run(statement);
    run("INSERT INTO accounts (shard, org_id, account_id, kind, start_at, end_at, amount, spent,
             leased, reserved, opened_with, closed, version)
         SELECT shard, org_id, org_id, 'top_up', 0, 1, 10, 3, 4, 0, 0, false, 0 FROM orgs")
    .unwrap();
    run("UPDATE accounts SET leased = leased + 3").unwrap();
    let over = run("UPDATE accounts SET leased = leased + 1").unwrap_err().to_string();
    assert!(over.contains("accounts_never_over"), "{over}");
    // What was taken before a lowering stays, and nothing comes on top of it.
    run("UPDATE accounts SET amount = 2").unwrap();
    run("UPDATE accounts SET spent = spent + 1, leased = leased - 1").unwrap();
    assert!(run("UPDATE accounts SET leased = leased + 1").is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_are_brought_up_to_date_once_however_many_do_it() {
    let office = Office::bare();
    let migrate = || PostgresStore::migrate(&office.options);
    let (one, other) = tokio::join!(migrate(), migrate());
    assert_eq!((one.is_ok(), other.is_ok()), (true, true), "{one:?}, {other:?}");
    let before = office.store().await.stamp().await.unwrap();
    migrate().await.unwrap();
    assert_eq!(office.store().await.stamp().await.unwrap(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_without_tables_says_how_to_make_them() {
    let office = Office::bare();
    let refused = PostgresStore::connect(&office.options).await.unwrap_err();
    assert!(matches!(&refused, Error::Conflict(text) if text.contains("run `bursar migrate`")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tables_of_another_program_are_left_alone() {
    let office = Office::bare();
    office.database.run("CREATE TABLE theirs (n int)").unwrap();
    let refused = PostgresStore::migrate(&office.options).await.unwrap_err();
    assert!(matches!(&refused, Error::Conflict(text) if text.contains("another program")));
    assert_eq!(
        office.database.run("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").unwrap(),
        "1"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_binary_runs_on_later_tables_for_as_long_as_they_serve_it() {
    let office = Office::new().await;
    let run = |statement| office.database.run(statement).unwrap();
    run("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         SELECT max(version) + 1, 'expand', true, '', 0 FROM _sqlx_migrations");
    settle_in(&office.store().await).await;
    run("UPDATE schema_compat SET runs_from = (SELECT max(version) FROM _sqlx_migrations)");
    let refused = PostgresStore::connect(&office.options).await.unwrap_err();
    assert!(matches!(&refused, Error::Conflict(text) if text.contains("newer version")));
    run("DELETE FROM _sqlx_migrations
         WHERE version >= (SELECT max(version) FROM _sqlx_migrations) - 1");
    run("UPDATE schema_compat SET runs_from = 1");
    let refused = PostgresStore::connect(&office.options).await.unwrap_err();
    assert!(matches!(&refused, Error::Conflict(text) if text.contains("run `bursar migrate`")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_of_other_migrations_are_refused() {
    let office = Office::new().await;
    office.database.run("UPDATE _sqlx_migrations SET checksum = '' WHERE version = 2").unwrap();
    for refused in [
        PostgresStore::migrate(&office.options).await.unwrap_err(),
        PostgresStore::connect(&office.options).await.unwrap_err(),
    ] {
        assert!(matches!(&refused, Error::Corrupt(text) if text.contains("migration 2")));
    }
}

/// Statements that are prepared must go on when a later version expands the tables under them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_column_that_is_added_disturbs_nobody() {
    let office = Office::new().await;
    let store = office.store().await;
    settle_in(&store).await;
    store.register(&registration(1)).await.unwrap();
    let all = async || {
        store.put_key(&Key { secrets: vec![secret(1)], ..key(1) }, None).await.unwrap();
        store.identity(&secret(1).hash).await.unwrap();
        store.load(ORG).await.unwrap();
        store.orgs().await.unwrap();
        store.changes_since(ChangeSeq(0), 10).await.unwrap();
        store.nodes(NOW).await.unwrap();
        let (node, epoch) = (hold(1).node, hold(1).epoch);
        store.heartbeat(&Heartbeat { node, epoch, incarnation: 1, now: NOW }).await.unwrap();
        store.claim_idempotency(&crate::office::claim("k", 1)).await.unwrap();
        store.unclaim_idempotency(ORG, &[hold(1)]).await.unwrap();
    };
    all().await;
    let add = "DO $$ DECLARE t regclass; BEGIN
         FOR t IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace
             AND relkind IN ('r', 'p') AND NOT relispartition
         LOOP EXECUTE format('ALTER TABLE %s ADD COLUMN of_a_later_version text', t); END LOOP;
         END $$";
    office.database.run(add).unwrap();
    all().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_months_to_come_have_partitions() {
    let office = Office::new().await;
    let months = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'usage_events'::regclass";
    // This month, three more, and the rest.
    assert_eq!(office.database.run(months).unwrap(), "5");
    PostgresStore::migrate(&office.options).await.unwrap();
    assert_eq!(office.database.run(months).unwrap(), "5");
    let in_month = "INSERT INTO usage_events
         SELECT 1, gen_random_uuid(), 1, 1, 1, (extract(epoch FROM now()) * 1000000)::bigint, 0,
             gen_random_uuid(), NULL, NULL, NULL, 'api', 'chatbot', 'openai', 'm', 'settled', 200, 1, 0, 0, 0,
             0, 0, 0, 0, 5, 5, 0, '{}', '{}', '1', decode(repeat('00', 32), 'hex')
         RETURNING tableoid::regclass = to_regclass(to_char(now() AT TIME ZONE 'UTC',
             '\"usage_events_\"YYYY_MM'))";
    assert_eq!(office.database.run(in_month).unwrap(), "t");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_whose_events_came_before_its_partition_stays_with_the_rest() {
    let office = Office::new().await;
    let run = |statement: &str| office.database.run(statement).unwrap();
    let month = run("SELECT to_char(now() AT TIME ZONE 'UTC', '\"usage_events_\"YYYY_MM')");
    run(&format!("ALTER TABLE usage_events DETACH PARTITION {month}; DROP TABLE {month}"));
    run("INSERT INTO usage_events
         SELECT 1, gen_random_uuid(), 1, 1, 1, (extract(epoch FROM now()) * 1000000)::bigint, 0,
             gen_random_uuid(), NULL, NULL, NULL, 'api', 'chatbot', 'openai', 'm', 'settled', 200, 1, 0, 0, 0,
             0, 0, 0, 0, 5, 5, 0, '{}', '{}', '1', decode(repeat('00', 32), 'hex')");
    PostgresStore::migrate(&office.options).await.unwrap();
    assert_eq!(run("SELECT count(*) FROM usage_events_rest"), "1");
    assert_eq!(run("SELECT count(*) FROM usage_events"), "1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_up_is_one_statement_and_what_nobody_asks_is_none() {
    let office = Office::new().await;
    let store = Arc::new(office.store().await);
    settle_in(&store).await;
    store.put_key(&Key { secrets: vec![secret(1)], ..key(1) }, None).await.unwrap();
    let before = store.statements();
    assert_eq!(store.identity(&secret(1).hash).await.unwrap().unwrap().key, key(1).standing.id);
    assert_eq!(store.statements(), before + 1);
    // What listens for changes and makes partitions does not count.
    let mut nudges = store.nudges().unwrap();
    office.raw().await.execute("SELECT pg_notify('bursar', 'changed 99')").await.unwrap();
    while nudges.recv().await.unwrap() != store::Nudge::Changed(ChangeSeq(99)) {}
    assert_eq!(store.statements(), before + 1);
}
