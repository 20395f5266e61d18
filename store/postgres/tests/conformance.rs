//! The suite that every store is put through.

use postgres_cluster::{Database, test_server};
use store_postgres::{Options, PostgresStore};

async fn empty() -> (PostgresStore, Database) {
    let database = test_server().and_then(|server| server.database()).expect("a database");
    let options = Options { max_connections: 4, ..Options::new(database.url()) };
    PostgresStore::migrate(&options).await.expect("tables");
    (PostgresStore::connect(&options).await.expect("a new store"), database)
}

store::conformance!(empty);
store::conformance!(@many empty);
