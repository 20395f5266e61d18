//! A database that is met on another server than before may have gone back in time.

use store::Store as _;

use crate::office::{Office, org};

async fn incarnation(office: &Office) -> u64 {
    let store = office.store().await;
    let incarnation = store.stamp().await.unwrap().incarnation;
    store.close().await;
    incarnation
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_server_or_line_is_another_life_of_the_store_once() {
    let office = Office::new().await;
    assert_eq!([incarnation(&office).await, incarnation(&office).await], [1, 1]);
    for (lineage, expected) in [("7/00000001", 2), ("", 3)] {
        office.database.run(&format!("UPDATE meta SET lineage = '{lineage}'")).unwrap();
        assert_eq!([incarnation(&office).await, incarnation(&office).await], [expected; 2]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_only_reads_changes_nothing_and_is_let_change_nothing() {
    let office = Office::new().await;
    assert_eq!(incarnation(&office).await, 1);
    office.database.run("UPDATE meta SET lineage = '7/00000001'").unwrap();
    let reader = store_postgres::PostgresStore::connect_read_only(&office.options).await.unwrap();
    assert_eq!(reader.stamp().await.unwrap().incarnation, 1);
    assert!(matches!(reader.put_org(&org()).await, Err(store::Error::Unavailable(_))));
    assert_eq!(reader.orgs().await.unwrap(), []);
    reader.close().await;
    assert_eq!(incarnation(&office).await, 2);
}
