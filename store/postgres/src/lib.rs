//! The store for any number of gateways, on one Postgres.
//!
//! Each operation is one transaction, READ COMMITTED with row locks that are taken in one order:
//! the gateway's row, accounts by id, an organisation's counters, and last the one counter of
//! changes. What spends credits takes instants as arguments, as everywhere.

mod column;
mod error;
mod session;

use sqlx::PgPool;

use error::Result;
use session::{Session, Statements};

/// A store in a Postgres database.
#[derive(Debug)]
pub struct PostgresStore {
    pool: PgPool,
    statements: Statements,
}

impl PostgresStore {
    /// How many statements this store has sent, ever; those that open connections are not among
    /// them.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.statements.sent()
    }

    /// For operations of one statement.
    async fn plain(&self) -> Result<Session> {
        Session::plain(&self.pool, &self.statements).await
    }

    /// A transaction that reads one state of everything.
    async fn read(&self) -> Result<Session> {
        Session::read(&self.pool, &self.statements).await
    }

    /// A transaction that writes.
    async fn write(&self) -> Result<Session> {
        Session::write(&self.pool, &self.statements).await
    }
}
