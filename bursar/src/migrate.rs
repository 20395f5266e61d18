//! `bursar migrate`: a database's tables, made or brought up to date.

use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use bursar_config::{Config, ProcessEnvironment, StoreAddress};
use store_postgres::PostgresStore;

use crate::open_store::options;

/// Makes the tables of the database that the config names, or brings them up to date.
///
/// # Errors
/// A config with problems, or with a store of another kind; as the database says.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn migrate(file: &Path) -> anyhow::Result<ExitCode> {
    match Config::load(file, &ProcessEnvironment)?.bootstrap.store {
        StoreAddress::Postgres(postgres) => PostgresStore::migrate(&options(&postgres)).await?,
        StoreAddress::Sqlite(path) => {
            bail!("{} is brought up to date whenever a gateway opens it", path.display())
        }
        other => bail!("this bursar knows no store such as {other:?}"),
    }
    println!("the tables are those of this version");
    Ok(ExitCode::SUCCESS)
}
