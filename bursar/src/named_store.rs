//! The store that a command line names.

use anyhow::bail;
use bursar_config::{Config, ProcessEnvironment, StoreAddress};
use ledger::Instant;
use store::Audit;
use store_postgres::PostgresStore;
use store_sqlite::SqliteStore;

use crate::cli::StoreArguments;
use crate::open_store::{of_this_machine, options};

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
        Ok(self.open_at().await?.0)
    }

    /// The same, with the time there: gateways go by the database's, not by that of this machine.
    ///
    /// # Errors
    /// As for [`Self::open_read_only`].
    pub(crate) async fn open_at(&self) -> anyhow::Result<(Box<dyn Audit>, Instant)> {
        match self.address()? {
            StoreAddress::Sqlite(file) => {
                Ok((Box::new(SqliteStore::open_read_only(&file).await?), of_this_machine()))
            }
            StoreAddress::Postgres(postgres) => {
                let store = PostgresStore::connect_read_only(&options(&postgres)).await?;
                let now = store.now().await?;
                Ok((Box::new(store), now))
            }
            other => bail!("this bursar knows no store such as {other:?}"),
        }
    }
}
