//! A connection for one operation; it counts what is asked of the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{Either, Execute, Executor, PgConnection, PgPool, Postgres, SqlStr, Transaction};

use crate::error::Result;

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

/// A connection for one operation.
#[derive(Debug)]
pub(crate) struct Session {
    connection: Held,
    statements: Statements,
}

#[derive(Debug)]
enum Held {
    /// Each statement by itself.
    Plain(PoolConnection<Postgres>),
    /// Dropped before its commit, it is rolled back.
    Transaction(Transaction<'static, Postgres>),
}

impl Session {
    /// For operations of one statement, which is a transaction of its own.
    pub(crate) async fn plain(pool: &PgPool, statements: &Statements) -> Result<Self> {
        let connection = Held::Plain(pool.acquire().await?);
        Ok(Self { connection, statements: statements.clone() })
    }

    /// A transaction that reads one state of everything.
    pub(crate) async fn read(pool: &PgPool, statements: &Statements) -> Result<Self> {
        Self::begin(pool, statements, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    /// A transaction that writes: each of its statements sees what is committed when it begins.
    pub(crate) async fn write(pool: &PgPool, statements: &Statements) -> Result<Self> {
        Self::begin(pool, statements, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE").await
    }

    async fn begin(pool: &PgPool, statements: &Statements, begin: &'static str) -> Result<Self> {
        statements.count();
        let connection = Held::Transaction(pool.begin_with(begin).await?);
        Ok(Self { connection, statements: statements.clone() })
    }

    /// Makes what a transaction did last.
    ///
    /// A failure leaves open whether it lasts: what is sent again must not count twice.
    pub(crate) async fn commit(self) -> Result<()> {
        match self.connection {
            Held::Plain(_) => Ok(()),
            Held::Transaction(transaction) => {
                self.statements.count();
                Ok(transaction.commit().await?)
            }
        }
    }

    fn counted(&mut self) -> &mut PgConnection {
        self.statements.count();
        match &mut self.connection {
            Held::Plain(connection) => connection,
            Held::Transaction(transaction) => transaction,
        }
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
