//! The store that a config names, opened for a gateway or for a command.

use std::sync::Arc;

use anyhow::anyhow;
use bursar_config::{Postgres, StoreAddress};
use jiff::Timestamp;
use ledger::Instant;
use store::Store;
use store_postgres::{Options, PostgresStore};
use store_sqlite::SqliteStore;

/// A store that is open.
pub(crate) enum OpenStore {
    Sqlite(Arc<SqliteStore>),
    Postgres(Arc<PostgresStore>),
}

impl OpenStore {
    /// Opens a store: a file is made where there is none, a database is taken as it is.
    ///
    /// # Errors
    /// As the store says; a database whose tables are missing or too old is refused.
    pub(crate) async fn open(address: &StoreAddress) -> anyhow::Result<Self> {
        match address {
            StoreAddress::Sqlite(path) => {
                Ok(Self::Sqlite(Arc::new(SqliteStore::open(path).await?)))
            }
            StoreAddress::Postgres(postgres) => {
                let store = PostgresStore::connect(&options(postgres)).await?;
                Ok(Self::Postgres(Arc::new(store)))
            }
            other => Err(anyhow!("this bursar knows no store such as {other:?}")),
        }
    }

    /// The store, for those who use it.
    pub(crate) fn shared(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(store) => Arc::clone(store) as Arc<dyn Store>,
            Self::Postgres(store) => Arc::clone(store) as Arc<dyn Store>,
        }
    }

    /// The time there: gateways go by the database's, not by that of this machine.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(crate) async fn now(&self) -> anyhow::Result<Instant> {
        match self {
            Self::Sqlite(_) => Ok(of_this_machine()),
            Self::Postgres(store) => Ok(store.now().await?),
        }
    }

    /// Closes it, once nobody uses it any more.
    pub(crate) async fn close(self) {
        match self {
            // Without the close the file is as whole, but two: the database and its log.
            Self::Sqlite(store) => {
                if let Some(store) = Arc::into_inner(store) {
                    store.close().await;
                }
            }
            Self::Postgres(store) => {
                if let Some(store) = Arc::into_inner(store) {
                    store.close().await;
                }
            }
        }
    }
}

/// How a config has its database used.
pub(crate) fn options(postgres: &Postgres) -> Options {
    Options {
        max_connections: u32::from(postgres.connections),
        acquire_timeout: postgres.connect,
        statement_timeout: postgres.statement,
        // A wait for a lock is told as such, not as a slow statement; a client waits for both.
        lock_timeout: postgres.statement * 4 / 5,
        operation_timeout: postgres.connect + postgres.statement,
        ..Options::new(postgres.url.expose())
    }
}

pub(crate) fn of_this_machine() -> Instant {
    Instant::from_micros(Timestamp::now().as_microsecond())
}
