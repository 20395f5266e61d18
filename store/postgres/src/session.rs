//! A connection for one operation; it counts what is asked of the database.

use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{Either, Execute, Executor, PgConnection, Postgres, SqlStr};
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::connections::Statements;
use crate::error::Result;

/// How long a connection may take to be usable again after an operation was given up.
const TIDIED_WITHIN: Duration = Duration::from_secs(5);

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
    pub(crate) fn new(connection: PoolConnection<Postgres>, statements: Statements) -> Self {
        Self { connection: Some(connection), is_open: false, statements }
    }

    /// Begins a transaction.
    pub(crate) async fn begin(&mut self, begin: &'static str) -> Result<()> {
        self.is_open = true;
        self.counted().execute(begin).await?;
        Ok(())
    }

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
        if is_open {
            self.statements.count();
        }
        // Without a runtime there is nobody left to use the pool.
        let Ok(runtime) = Handle::try_current() else { return };
        runtime.spawn(async move {
            if is_open {
                let ended = timeout(TIDIED_WITHIN, connection.execute("ROLLBACK")).await;
                if !matches!(ended, Ok(Ok(_))) {
                    return connection.close_on_drop();
                }
            }
            // One that is late is closed: it is not the pool's any more.
            let _ = timeout(TIDIED_WITHIN, connection.return_to_pool()).await;
        });
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
