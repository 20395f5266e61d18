//! The tables are made, or brought up to date, by whoever is told to; one at a time.

use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};
use store::{Error, Result};
use tracing::warn;

use super::{migrations, other_migration};
use crate::error::in_our_words;
use crate::{Options, partitions};

/// The key of the lock that whoever changes tables holds: "bursar", as a number.
const LOCK: i64 = 0x6275_7273_6172;
/// A change of a table that waits for a lock makes everybody else wait behind it.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// Makes the tables, or brings them up to date; one at a time.
pub(crate) async fn migrate(options: &Options) -> Result<()> {
    let connection = options.unbounded()?.connect().await;
    let mut connection = connection.map_err(|error| in_our_words(&error))?;
    let migrated = migrate_on(&mut connection).await;
    // The lock goes with the connection, however it ends.
    if let Err(error) = connection.close().await {
        warn!(%error, "the connection that changed the tables did not end in order");
    }
    migrated
}

async fn migrate_on(connection: &mut PgConnection) -> Result<()> {
    let unreachable = |error: sqlx::Error| in_our_words(&error);
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(LOCK)
        .execute(&mut *connection)
        .await
        .map_err(unreachable)?;
    sqlx::query("SELECT set_config('lock_timeout', $1, false)")
        .bind(format!("{}ms", LOCK_TIMEOUT.as_millis()))
        .execute(&mut *connection)
        .await
        .map_err(unreachable)?;
    refuse_another_programs(connection).await?;
    let mut migrations = migrations();
    migrations.set_locking(false).set_ignore_missing(true);
    migrations.run(&mut *connection).await.map_err(|error| unmigrated(&error))?;
    partitions::make_ahead(connection).await.map_err(unreachable)?;
    Ok(())
}

async fn refuse_another_programs(connection: &mut PgConnection) -> Result<()> {
    let ours: bool = sqlx::query_scalar(
        "SELECT to_regclass('meta') IS NOT NULL
             OR NOT EXISTS (SELECT FROM pg_tables WHERE schemaname = current_schema())",
    )
    .fetch_one(connection)
    .await
    .map_err(|error| in_our_words(&error))?;
    if ours {
        return Ok(());
    }
    Err(Error::Conflict(
        "the database holds another program's tables; make one of its own for Bursar".to_owned(),
    ))
}

fn unmigrated(error: &MigrateError) -> Error {
    match error {
        MigrateError::VersionMismatch(version) => other_migration(*version),
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            in_our_words(error)
        }
        _ => Error::Conflict(format!("the store's tables cannot be brought up to date: {error}")),
    }
}
