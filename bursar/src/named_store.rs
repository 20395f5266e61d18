//! The store that a command line names.

use std::path::PathBuf;

use anyhow::bail;
use bursar_config::{Config, ProcessEnvironment, StoreAddress};
use store_sqlite::SqliteStore;

use crate::cli::StoreArguments;

impl StoreArguments {
    /// The file of the store.
    ///
    /// # Errors
    /// A config with problems, or one that names another kind of store.
    pub(crate) fn file(&self) -> anyhow::Result<PathBuf> {
        match (&self.config, &self.store) {
            (_, Some(file)) => Ok(file.clone()),
            (Some(config), None) => {
                match Config::load(config, &ProcessEnvironment)?.bootstrap.store {
                    StoreAddress::Sqlite(file) => Ok(file),
                    other => bail!("this bursar knows no store such as {other:?}"),
                }
            }
            (None, None) => bail!("name a store with --config or --store"),
        }
    }

    /// The store, open for reading only.
    ///
    /// # Errors
    /// As for [`Self::file`], and as the store says.
    pub(crate) async fn open_read_only(&self) -> anyhow::Result<SqliteStore> {
        Ok(SqliteStore::open_read_only(&self.file()?).await?)
    }
}
