//! How a store is reached, and what it may take.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;
use store::{Error, Result};

/// How a store is reached, and what it may take.
#[derive(Clone)]
pub struct Options {
    /// `postgres://USER:PASSWORD@HOST:PORT/DATABASE`. `sslmode` is `disable`, `prefer` (which is the
    /// default), `require`, `verify-ca` or `verify-full`; `sslrootcert` is the file of the authorities
    /// to trust instead of the public ones. What it leaves out is taken from the variables that
    /// Postgres's own clients read.
    pub url: String,
    /// The most connections at a time; one more hears of changes.
    pub max_connections: u32,
    /// How long an operation waits for one of them, or for a new one.
    pub acquire_timeout: Duration,
    /// How long an operation may take in all, from this side: the server may be out of reach.
    pub operation_timeout: Duration,
    /// How long the server lets a statement run.
    pub statement_timeout: Duration,
    /// How long the server lets a statement wait for a lock.
    pub lock_timeout: Duration,
    /// How long the server lets a transaction wait for its next statement.
    pub idle_in_transaction_timeout: Duration,
    /// What the server's own lists call these connections.
    pub application_name: String,
}

impl Options {
    /// The usual bounds.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            max_connections: 16,
            acquire_timeout: Duration::from_secs(3),
            operation_timeout: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(5),
            lock_timeout: Duration::from_secs(4),
            idle_in_transaction_timeout: Duration::from_secs(5),
            application_name: "bursar".to_owned(),
        }
    }

    /// For the connections that serve operations.
    pub(crate) fn bounded(&self) -> Result<PgConnectOptions> {
        let bounds = [
            ("statement_timeout", self.statement_timeout),
            ("lock_timeout", self.lock_timeout),
            ("idle_in_transaction_session_timeout", self.idle_in_transaction_timeout),
        ];
        let bounds = bounds.map(|(name, bound)| (name, format!("{}ms", bound.as_millis())));
        Ok(self.unbounded()?.options(bounds))
    }

    /// For work that takes as long as there is to do.
    pub(crate) fn unbounded(&self) -> Result<PgConnectOptions> {
        let options = PgConnectOptions::from_str(&self.url)
            .map_err(|error| Error::Conflict(format!("the store's URL is none: {error}")))?;
        Ok(options.application_name(&self.application_name).disable_statement_logging())
    }
}

/// The URL bears a password.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url: _, max_connections, application_name, .. } = self;
        f.debug_struct("Options")
            .field("max_connections", max_connections)
            .field("application_name", application_name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_does_not_print() {
        let options = Options::new("postgres://bursar:hunter2@db/bursar");
        assert!(!format!("{options:?}").contains("hunter2"));
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for url in ["", "db", "postgres://db/bursar?sslmode=maybe"] {
            assert!(matches!(Options::new(url).bounded(), Err(Error::Conflict(_))), "{url}");
        }
    }
}
