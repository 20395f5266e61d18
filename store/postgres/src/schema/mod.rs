//! The tables, and who may run on them.

mod compat;
mod migrate;

use sqlx::migrate::Migrator;
use store::Error;

pub(crate) use compat::require_usable;
pub(crate) use migrate::migrate;

fn migrations() -> Migrator {
    sqlx::migrate!("../../migrations/postgres")
}

fn other_migration(version: i64) -> Error {
    Error::Corrupt(format!(
        "the store's tables were made by another migration {version} than this version's"
    ))
}
