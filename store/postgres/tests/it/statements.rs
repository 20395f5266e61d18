//! How much is asked of the database.

use postgres_cluster::test_server;
use store::Store as _;
use store::conformance::Office;
use store_postgres::{Options, PostgresStore};

#[tokio::test]
async fn a_sync_is_five_statements_and_one_more_for_whatever_it_charges() {
    let database = test_server().and_then(|server| server.database()).unwrap();
    let options = Options::new(database.url());
    PostgresStore::migrate(&options).await.unwrap();
    let store = PostgresStore::connect(&options).await.unwrap();
    let mut office = Office::move_in(&store).await;
    for (charges, statements) in [(0, 5), (1, 6), (40, 6), (1_000, 6)] {
        let call = office.call(charges);
        let before = store.statements();
        store.sync(&call).await.unwrap();
        assert_eq!(store.statements() - before, statements, "{charges} charges");
        // The same again is told from what is kept.
        let before = store.statements();
        store.sync(&call).await.unwrap();
        assert_eq!(store.statements() - before, 4, "{charges} charges again");
    }
}
