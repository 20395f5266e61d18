//! What happens at the same time, on two stores of one database.

use postgres_cluster::{Database, test_server};
use store_postgres::{Options, PostgresStore};

async fn two() -> (PostgresStore, PostgresStore, Database) {
    let database = test_server().and_then(|server| server.database()).expect("a database");
    let options = Options { max_connections: 4, ..Options::new(database.url()) };
    PostgresStore::migrate(&options).await.expect("tables");
    let connect = || async { PostgresStore::connect(&options).await.expect("a store") };
    (connect().await, connect().await, database)
}

store::races!(two);
