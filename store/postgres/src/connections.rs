//! Where sessions come from.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::PgPool;

use crate::error::Result;
use crate::session::Session;

/// How many statements were sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Statements(Arc<AtomicU64>);

impl Statements {
    pub(crate) fn sent(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Where sessions come from.
#[derive(Clone, Debug)]
pub(crate) struct Connections {
    pool: PgPool,
    statements: Statements,
}

impl Connections {
    pub(crate) fn new(pool: PgPool) -> Self {
        Self { pool, statements: Statements::default() }
    }

    pub(crate) fn statements(&self) -> u64 {
        self.statements.sent()
    }

    /// Ends every connection.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    /// For operations of one statement, which is a transaction of its own.
    pub(crate) async fn plain(&self) -> Result<Session> {
        Ok(Session::new(self.pool.acquire().await?, self.statements.clone()))
    }

    /// A transaction that reads one state of everything.
    pub(crate) async fn read(&self) -> Result<Session> {
        self.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    /// A transaction that writes, where the server lets it: each of its statements sees what is
    /// committed when it begins.
    pub(crate) async fn write(&self) -> Result<Session> {
        self.begin("BEGIN ISOLATION LEVEL READ COMMITTED").await
    }

    async fn begin(&self, begin: &'static str) -> Result<Session> {
        let mut session = self.plain().await?;
        session.begin(begin).await?;
        Ok(session)
    }
}
