//! The one connection that writes.

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Sqlite, SqliteConnection, Transaction};
use tokio::sync::{Mutex, MutexGuard};

use crate::error::{Error, Result};

/// Everybody who writes waits here for their turn.
#[derive(Debug)]
pub(crate) struct Writer {
    /// None for a store that is open for reading only.
    held: Option<Mutex<Held>>,
}

#[derive(Debug)]
struct Held {
    options: SqliteConnectOptions,
    connection: SqliteConnection,
    /// A transaction may be open that whoever began it has not seen the end of.
    unresolved: bool,
}

impl Writer {
    pub(crate) fn new(options: SqliteConnectOptions, connection: SqliteConnection) -> Self {
        Self { held: Some(Mutex::new(Held { options, connection, unresolved: false })) }
    }

    /// The writer of a store that is open for reading only: nobody gets a turn.
    pub(crate) const fn nobody() -> Self {
        Self { held: None }
    }

    pub(crate) async fn turn(&self) -> Result<Turn<'_>> {
        let read_only = || Error::conflict("the store is open for reading only");
        let mut held = self.held.as_ref().ok_or_else(read_only)?.lock().await;
        if held.unresolved && sqlx::query("ROLLBACK").execute(&mut held.connection).await.is_err() {
            // It had ended after all, or the connection is broken: a new one has no transaction.
            held.connection = held.options.connect().await?;
        }
        held.unresolved = false;
        Ok(Turn { held })
    }

    /// Closes the connection, so that what is in the log goes into the file.
    pub(crate) async fn close(self) {
        if let Some(held) = self.held {
            // What fails here is made good by whoever opens the file next.
            let _ = held.into_inner().connection.close().await;
        }
    }
}

/// The writer's connection, for as long as it is held.
pub(crate) struct Turn<'a> {
    held: MutexGuard<'a, Held>,
}

impl Turn<'_> {
    /// Begins a transaction, with the right to write from the start; dropped, it is rolled back.
    pub(crate) async fn begin(&mut self) -> Result<Transaction<'_, Sqlite>> {
        Ok(self.held.connection.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// The connection for a transaction that begins and ends inside the caller's own statements: a
    /// call to the connection's thread costs more than what a small sync asks of it.
    ///
    /// A caller that is cancelled leaves the transaction to the next turn, which rolls it back; all
    /// others say how it ended, by [`Turn::committed`] or [`Turn::roll_back`].
    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        self.held.unresolved = true;
        &mut self.held.connection
    }

    /// A statement of the caller's has committed.
    pub(crate) fn committed(mut self) {
        self.held.unresolved = false;
    }

    /// Nothing is to have happened.
    pub(crate) async fn roll_back(mut self) {
        let rolled_back = sqlx::query("ROLLBACK").execute(&mut self.held.connection).await;
        self.held.unresolved = rolled_back.is_err();
    }
}
