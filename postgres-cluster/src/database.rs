//! One test's database.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::server::Server;

/// A database that nobody else knows; it goes when it is dropped, whoever is connected to it.
#[derive(Debug)]
pub struct Database {
    server: Server,
    name: String,
}

impl Database {
    pub(crate) fn make(server: &Server) -> io::Result<Self> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let (process, made) = (std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let name = format!("test_{process}_{made}_{since}");
        server.run("postgres", &format!("CREATE DATABASE {name}"))?;
        Ok(Self { server: server.clone(), name })
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url_of(&self.name)
    }

    /// Runs statements in it and answers what they say, a line a row.
    ///
    /// # Errors
    /// What the server says against it.
    pub fn run(&self, statements: &str) -> io::Result<String> {
        self.server.run(&self.name, statements)
    }
}

impl Drop for Database {
    /// Without waiting for it: the server waits for every connection that is being made, and those
    /// of the caller are not made any further while it waits here.
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // A server that is gone has taken it along.
        let _ = self.server.psql("postgres", &drop).spawn();
    }
}
