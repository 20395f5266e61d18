//! A server as clients see it, and which one tests use.

use std::io;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use crate::binaries::Binaries;
use crate::cluster::{Cluster, Options};
use crate::database::Database;

/// The server of a whole run of tests, as a URL; `with-postgres` sets it.
pub const TEST_SERVER: &str = "BURSAR_TEST_POSTGRES";

pub(crate) const USER: &str = "bursar";

/// A running server, and how to get into it.
#[derive(Clone, Debug)]
pub struct Server {
    binaries: Binaries,
    /// Up to the name of a database.
    base: String,
}

impl Server {
    pub(crate) fn new(binaries: Binaries, port: u16, password: String) -> Self {
        Self { binaries, base: format!("postgres://{USER}:{password}@127.0.0.1:{port}") }
    }

    /// The server at a URL that names no database.
    ///
    /// # Errors
    /// Where Postgres's own client is not installed.
    pub fn at(url: &str) -> io::Result<Self> {
        Ok(Self { binaries: Binaries::find()?, base: url.trim_end_matches('/').to_owned() })
    }

    /// Its URL, without a database.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.base
    }

    /// The URL of one of its databases.
    #[must_use]
    pub fn url_of(&self, database: &str) -> String {
        format!("{}/{database}", self.base)
    }

    /// A new, empty database of its own name, which goes when it is dropped.
    ///
    /// # Errors
    /// Where the server does not make one.
    pub fn database(&self) -> io::Result<Database> {
        Database::make(self)
    }

    /// Runs statements in one of its databases and answers what they say, a line a row.
    ///
    /// # Errors
    /// What the server says against it.
    pub fn run(&self, database: &str, statements: &str) -> io::Result<String> {
        let mut psql = self.psql(database, statements);
        let ran = psql.stdout(Stdio::piped()).stderr(Stdio::piped()).output()?;
        if ran.status.success() {
            return Ok(String::from_utf8_lossy(&ran.stdout).trim_end().to_owned());
        }
        Err(io::Error::other(String::from_utf8_lossy(&ran.stderr).into_owned()))
    }

    /// The server's own client, silent.
    pub(crate) fn psql(&self, database: &str, statements: &str) -> Command {
        let mut psql = self.binaries.command("psql");
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]);
        psql.args(["--set", "ON_ERROR_STOP=1", "--command", statements]);
        psql.arg(self.url_of(database));
        psql.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        psql
    }
}

/// The server that a test is to use: the one of the run, else one that this process has started and
/// that ends with it.
///
/// # Errors
/// Where there is none and none can be started.
pub fn test_server() -> io::Result<Server> {
    static OWN: Mutex<Option<Cluster>> = Mutex::new(None);
    if let Ok(url) = std::env::var(TEST_SERVER) {
        return Server::at(&url);
    }
    let mut own = OWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(cluster) = &*own {
        return Ok(cluster.server().clone());
    }
    let cluster = Cluster::make(Options::default())?;
    Ok(own.insert(cluster).server().clone())
}
