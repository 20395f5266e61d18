//! A connection for one operation; it counts what is asked of the database.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{Either, Execute, Executor, PgConnection, PgPool, Postgres, SqlStr};
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::error::Result;

/// How long a connection may take to be usable again after an operation was given up.
const TIDIED_WITHIN: Duration = Duration::from_secs(5);

/// How many statements were sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Statements(Arc<AtomicU64>);

impl Statements {
    pub(crate) fn sent(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn count(&self) {
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
        let connection = Some(self.pool.acquire().await?);
        Ok(Session { connection, is_open: false, statements: self.statements.clone() })
    }

    /// A transaction that reads one state of everything.
    pub(crate) async fn read(&self) -> Result<Session> {
        self.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    /// A transaction that writes: each of its statements sees what is committed when it begins.
    pub(crate) async fn write(&self) -> Result<Session> {
        self.begin("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE").await
    }

    async fn begin(&self, begin: &'static str) -> Result<Session> {
        let mut session = self.plain().await?;
        session.is_open = true;
        session.counted().execute(begin).await?;
        Ok(session)
    }
}

/// A connection for one operation.
#[derive(Debug)]
pub(crate) struct Session {
    /// None only while it is dropped.
    connection: Option<PoolConnection<Postgres>>,
    /// A transaction has begun; dropped before its commit, it is rolled back.
    is_open: bool,
    statements: Statements,
}

impl Session {
    /// Makes what a transaction did last.
    ///
    /// A failure leaves open whether it lasts: what is sent again must not count twice.
    pub(crate) async fn commit(mut self) -> Result<()> {
        if self.is_open {
            self.counted().execute("COMMIT").await?;
            self.is_open = false;
        }
        Ok(())
    }

    fn counted(&mut self) -> &mut PgConnection {
        self.statements.count();
        self.connection.as_mut().expect("a session has its connection until it is dropped")
    }
}

impl Drop for Session {
    /// The connection goes back to the pool once it is known to be usable, and is given up where
    /// that takes too long: a network that swallows everything must not keep the pool's places.
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        let is_open = self.is_open;
        let tidy = async move {
            if is_open && connection.execute("ROLLBACK").await.is_err() {
                connection.close_on_drop();
                return;
            }
            connection.return_to_pool().await;
        };
        spawn(timeout(TIDIED_WITHIN, tidy));
    }
}

/// Without a runtime there is nobody left to use the pool.
fn spawn<F: Future<Output: Send> + Send + 'static>(task: F) {
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(task);
    }
}

impl<'c> Executor<'c> for &'c mut Session {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, sqlx::Result<Either<PgQueryResult, PgRow>>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        self.counted().fetch_many(query)
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, sqlx::Result<Option<PgRow>>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        self.counted().fetch_optional(query)
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, sqlx::Result<PgStatement>>
    where
        'c: 'e,
    {
        self.counted().prepare_with(sql, parameters)
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, sqlx::Result<sqlx::Describe<Postgres>>>
    where
        'c: 'e,
    {
        self.counted().describe(sql)
    }
}
