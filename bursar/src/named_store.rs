//! The store that a command line names.

use anyhow::bail;
use bursar_config::{Config, ProcessEnvironment, StoreAddress};
use store::Audit;
use store_postgres::PostgresStore;
use store_sqlite::SqliteStore;

use crate::cli::StoreArguments;
use crate::open_store::options;

impl StoreArguments {
    /// Where the store is.
    ///
    /// # Errors
    /// A config with problems.
    pub(crate) fn address(&self) -> anyhow::Result<StoreAddress> {
        match (&self.config, &self.store) {
            (_, Some(file)) => Ok(StoreAddress::Sqlite(file.clone())),
            (Some(config), None) => Ok(Config::load(config, &ProcessEnvironment)?.bootstrap.store),
            (None, None) => bail!("name a store with --config or --store"),
        }
    }

    /// The store, open for reading only.
    ///
    /// # Errors
    /// As for [`Self::address`], and as the store says.
    pub(crate) async fn open_read_only(&self) -> anyhow::Result<Box<dyn Audit>> {
        match self.address()? {
            StoreAddress::Sqlite(file) => Ok(Box::new(SqliteStore::open_read_only(&file).await?)),
            StoreAddress::Postgres(postgres) => {
                Ok(Box::new(PostgresStore::connect(&options(&postgres)).await?))
            }
            other => bail!("this bursar knows no store such as {other:?}"),
        }
    }
}
