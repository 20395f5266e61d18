//! The store that a config names, opened for a gateway.

use std::sync::Arc;

use anyhow::anyhow;
use bursar_config::StoreAddress;
use store::Store;
use store_sqlite::SqliteStore;

/// A store that is open.
pub(crate) enum OpenStore {
    Sqlite(Arc<SqliteStore>),
}

impl OpenStore {
    /// Opens a store: a file is made where there is none, a database is taken as it is.
    ///
    /// # Errors
    /// As the store says.
    pub(crate) async fn open(address: &StoreAddress) -> anyhow::Result<Self> {
        match address {
            StoreAddress::Sqlite(path) => {
                Ok(Self::Sqlite(Arc::new(SqliteStore::open(path).await?)))
            }
            other => Err(anyhow!("this bursar knows no store such as {other:?}")),
        }
    }

    /// The store, for those who use it.
    pub(crate) fn shared(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(store) => Arc::clone(store) as Arc<dyn Store>,
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
        }
    }
}
