//! What the URL asks of the connection is kept to.

use std::time::Duration;

use postgres_cluster::{Cluster, Options as ClusterOptions};
use store::Store as _;
use store_postgres::{Options, PostgresStore};

use crate::office::{Office, org};

/// Of `localhost`, signed by the authority; for this test only.
const CERTIFICATE: &str = include_str!("../tls/server.crt");
const KEY: &str = include_str!("../tls/server.key");
const AUTHORITY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls/authority.crt");

fn with(office: &Office, host: &str, query: &str) -> Options {
    let url = office.options.url.replace("127.0.0.1", host);
    let acquire_timeout = Duration::from_secs(2);
    Options { url: format!("{url}?{query}"), acquire_timeout, ..office.options.clone() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_encryption_is_refused_where_it_is_required() {
    let office = Office::new().await;
    assert!(PostgresStore::connect(&with(&office, "127.0.0.1", "sslmode=require")).await.is_err());
    assert!(PostgresStore::connect(&with(&office, "127.0.0.1", "sslmode=prefer")).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_who_its_certificate_says() {
    let tls = Some((CERTIFICATE.to_owned(), KEY.to_owned()));
    let cluster = Cluster::make(ClusterOptions { tls, ..ClusterOptions::default() }).unwrap();
    let office = Office::on(cluster.server()).migrated().await;
    let trusted = format!("sslmode=verify-full&sslrootcert={AUTHORITY}");
    let store = PostgresStore::connect(&with(&office, "localhost", &trusted)).await.unwrap();
    store.put_org(&org()).await.unwrap();
    let encrypted = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
         WHERE datname = current_database() AND application_name = 'bursar'";
    assert_eq!(office.database.run(encrypted).unwrap(), "t");
    // Another name than its own, and an authority that nobody has named.
    let misnamed = with(&office, "127.0.0.1", &trusted);
    assert!(PostgresStore::connect(&misnamed).await.is_err());
    let unknown = with(&office, "localhost", "sslmode=verify-full");
    assert!(PostgresStore::connect(&unknown).await.is_err());
}
