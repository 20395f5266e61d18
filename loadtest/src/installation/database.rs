//! The one database of an installation: a private one, which can be taken away, or somebody's.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use parking_lot::Mutex;
use postgres_cluster::{Cluster, Options, Server, Stop};

/// A running database; a private one is gone once dropped.
pub(crate) struct Database {
    url: String,
    server: Server,
    /// What stands behind the server in the URL.
    name: String,
    private: Option<Private>,
}

struct Private {
    // Before its server.
    _database: postgres_cluster::Database,
    cluster: Arc<Mutex<Cluster>>,
}

/// The row of a key that is revoked is not written again: who wrote it last has revoked it.
const REVOKED: &str = "SELECT replace(key_id::text, '-', ''), \
    (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000000)::bigint \
    FROM keys WHERE status = 'revoked'";

/// Transactions that the database has committed, as it counts them itself.
const COMMITS: &str = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";

impl Database {
    /// That of a URL, or a private one on a server of its own.
    ///
    /// # Errors
    /// There is no Postgres on this machine, or it does not start.
    pub(super) fn start(given: Option<&str>, durable: bool) -> Result<Self> {
        if let Some(url) = given {
            let (server, name) = url.rsplit_once('/').context("a URL without a database")?;
            let (server, name) = (Server::at(server)?, name.to_owned());
            return Ok(Self { url: url.to_owned(), server, name, private: None });
        }
        let settings = vec![("track_commit_timestamp".to_owned(), "on".to_owned())];
        let options = Options { durable, settings, ..Options::default() };
        let cluster = Cluster::make(options).context("cannot start a Postgres")?;
        let server = cluster.server().clone();
        let database = server.database().context("cannot make a database")?;
        let url = database.url();
        let name = url.rsplit_once('/').map(|(_, name)| name.to_owned()).unwrap_or_default();
        let private = Private { _database: database, cluster: Arc::new(Mutex::new(cluster)) };
        Ok(Self { url, server, name, private: Some(private) })
    }

    /// Its URL.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// How many transactions it has committed.
    ///
    /// # Errors
    /// It does not say.
    pub(crate) fn commits(&self) -> Result<u64> {
        let told = self.server.run(&self.name, COMMITS)?;
        told.trim().parse().with_context(|| format!("no count of commits: {told:?}"))
    }

    /// When each revoked key was, by its digits, in microseconds since the epoch: the instant at which
    /// the database committed it. Empty where the database keeps no such instants.
    ///
    /// # Errors
    /// It does not say.
    pub(crate) fn revoked(&self) -> Result<BTreeMap<String, i64>> {
        if self.server.run(&self.name, "SHOW track_commit_timestamp")? != "on" {
            return Ok(BTreeMap::new());
        }
        let told = self.server.run(&self.name, REVOKED)?;
        let row = |line: &str| {
            let (key, at) = line.split_once('|')?;
            Some((key.to_owned(), at.parse().ok()?))
        };
        let rows: Option<_> = told.lines().map(row).collect();
        rows.with_context(|| format!("no instants of commits: {told:?}"))
    }

    /// Stops the server: its connections are cut and nobody listens any more.
    ///
    /// # Errors
    /// It is somebody else's, or does not stop.
    pub(crate) async fn stop(&self) -> Result<()> {
        self.with_cluster(|cluster| cluster.stop(Stop::Fast)).await
    }

    /// Starts it again, and waits until it is ready.
    ///
    /// # Errors
    /// It is somebody else's, or does not start.
    pub(crate) async fn start_again(&self) -> Result<()> {
        self.with_cluster(Cluster::start).await
    }

    /// On a thread of its own: the load goes on meanwhile.
    async fn with_cluster(
        &self,
        act: impl FnOnce(&mut Cluster) -> std::io::Result<()> + Send + 'static,
    ) -> Result<()> {
        let private = self.private.as_ref().context("this database is not ours to stop")?;
        let cluster = Arc::clone(&private.cluster);
        Ok(tokio::task::spawn_blocking(move || act(&mut cluster.lock())).await??)
    }
}
