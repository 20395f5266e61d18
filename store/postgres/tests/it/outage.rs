//! The database is cut off, restarted, paused, read-only or full: calls fail as ones that may pass,
//! nothing is half done, and what comes after works.

use std::sync::Arc;
use std::time::Duration;

use postgres_cluster::{Cluster, Options as ClusterOptions, Stop, test_server};
use sqlx::{Connection as _, Executor as _};
use store::{ChangeSeq, Error, Nudge, Store as _};
use store_postgres::{Options, PostgresStore};

use crate::office::{NOW, Office, key, org, registration, settle_in};

/// Calls until one succeeds; every other fails as one that may pass.
async fn until_it_works<T>(mut call: impl AsyncFnMut() -> store::Result<T>) -> T {
    loop {
        match call().await {
            Ok(answer) => return answer,
            Err(Error::Unavailable(_)) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
}

fn unavailable<T: std::fmt::Debug>(result: store::Result<T>) {
    assert!(matches!(result, Err(Error::Unavailable(_))), "{result:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_cut_in_a_transaction_leaves_nothing_and_the_next_call_works() {
    let office = Office::new().await;
    let store = Arc::new(office.store().await);
    settle_in(&store).await;
    let before = store.stamp().await.unwrap();
    let mut raw = office.raw().await;
    let mut holder = raw.begin().await.unwrap();
    holder.execute("SELECT FROM meta FOR UPDATE").await.unwrap();
    let writing = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.put_key(&key(1), None).await }
    });
    // It has written the key, and waits for its number.
    office.until_a_store_waits().await;
    office.cut();
    unavailable(writing.await.unwrap());
    holder.rollback().await.unwrap();
    assert_eq!(office.database.run("SELECT count(*) FROM keys").unwrap(), "0");
    let seq = until_it_works(async || store.put_key(&key(1), None).await).await;
    assert_eq!(seq, ChangeSeq(before.seq.0 + 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_abandoned_in_a_transaction_leaves_nothing_and_no_lock() {
    let office = Office::new().await;
    let store = Arc::new(office.store().await);
    settle_in(&store).await;
    let mut raw = office.raw().await;
    let mut holder = raw.begin().await.unwrap();
    holder.execute("SELECT FROM meta FOR UPDATE").await.unwrap();
    let writing = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.put_key(&key(1), None).await }
    });
    office.until_a_store_waits().await;
    writing.abort();
    assert!(writing.await.unwrap_err().is_cancelled());
    holder.rollback().await.unwrap();
    store.put_org(&org()).await.unwrap();
    assert_eq!(office.database.run("SELECT count(*) FROM keys").unwrap(), "0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_is_held_for_too_long_is_not_waited_for() {
    let office = Office::new().await;
    let brief = Options { lock_timeout: Duration::from_millis(50), ..office.options.clone() };
    let store = PostgresStore::connect(&brief).await.unwrap();
    let mut raw = office.raw().await;
    let mut holder = raw.begin().await.unwrap();
    holder.execute("SELECT FROM meta FOR UPDATE").await.unwrap();
    unavailable(store.put_org(&org()).await);
    holder.rollback().await.unwrap();
    store.put_org(&org()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_read_only_is_one_that_does_not_write_for_now() {
    let office = Office::new().await;
    let read_only = |on: &str| {
        let url = office.database.url();
        let (_, name) = url.rsplit_once('/').unwrap();
        let set = format!("ALTER DATABASE {name} SET default_transaction_read_only = {on}");
        test_server().unwrap().run("postgres", &set).unwrap();
    };
    settle_in(&office.store().await).await;
    read_only("on");
    let store = office.store().await;
    unavailable(store.put_org(&org()).await);
    unavailable(store.register(&registration(1)).await);
    assert_eq!(store.orgs().await.unwrap(), [org()]);
    read_only("off");
    office.store().await.put_org(&org()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_a_place_is_one_that_has_none_for_now() {
    let settings = vec![
        ("max_connections".to_owned(), "6".to_owned()),
        ("superuser_reserved_connections".to_owned(), "0".to_owned()),
    ];
    let cluster = Cluster::make(ClusterOptions { settings, ..ClusterOptions::default() }).unwrap();
    let mut office = Office::on(cluster.server());
    office.options.acquire_timeout = Duration::from_millis(300);
    let office = office.migrated().await;
    let mut taken = Vec::new();
    while let Ok(connection) = sqlx::PgConnection::connect(&office.database.url()).await {
        taken.push(connection);
    }
    unavailable(PostgresStore::connect(&office.options).await);
    for connection in taken {
        connection.close().await.unwrap();
    }
    until_it_works(async || PostgresStore::connect(&office.options).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_outlives_every_end_of_its_server() {
    let mut cluster = Cluster::make(ClusterOptions::default()).unwrap();
    let mut office = Office::on(cluster.server());
    office.options.acquire_timeout = Duration::from_millis(300);
    let office = office.migrated().await;
    let store = office.store().await;
    let ends: [fn(&mut Cluster) -> std::io::Result<()>; 3] = [
        |cluster| cluster.stop(Stop::Fast),
        |cluster| cluster.stop(Stop::Immediate),
        Cluster::kill,
    ];
    for end in ends {
        let before = store.put_org(&org()).await.unwrap();
        end(&mut cluster).unwrap();
        unavailable(store.put_org(&org()).await);
        unavailable(store.stamp().await);
        cluster.start().unwrap();
        let mut nudges = store.nudges().unwrap();
        let after = until_it_works(async || store.put_org(&org()).await).await;
        assert_eq!(after, ChangeSeq(before.0 + 1));
        // And it hears of it, on a connection that it has made anew.
        while nudges.recv().await.unwrap() != Nudge::Changed(after) {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_not_answer_is_not_waited_for_and_takes_no_place() {
    let cluster = Cluster::make(ClusterOptions::default()).unwrap();
    let mut office = Office::on(cluster.server());
    office.options.operation_timeout = Duration::from_millis(200);
    let office = office.migrated().await;
    let store = office.store().await;
    store.put_org(&org()).await.unwrap();
    cluster.pause().unwrap();
    // More than there are connections.
    for _ in 0..2 * office.options.max_connections {
        unavailable(store.stamp().await);
    }
    cluster.resume().unwrap();
    until_it_works(async || store.stamp().await).await;
    until_it_works(async || store.register(&registration(1)).await).await;
    assert_eq!(store.nodes(NOW).await.unwrap().len(), 1);
}
