//! On which server the database stands: another one, or one that was promoted, may have lost what
//! this store had acknowledged.

use sqlx::{PgConnection, Row};

/// The cluster that was made once, and the line of its history that this server is on. Where it
/// follows another one there is no line of its own, and nothing can be written either.
const LINEAGE: &str = "
SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE
    system_identifier || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8) END AS lineage
FROM pg_control_system()";

/// `insufficient_privilege`.
const FORBIDDEN: &str = "42501";

/// Counts another incarnation of the store when it finds itself on another server or line than the
/// one before, so that gateways tell it what it has forgotten. Called for each connection before it
/// serves anybody: whatever moves a database cuts the connections to it.
pub(crate) async fn look(connection: &mut PgConnection) -> sqlx::Result<()> {
    let row = match sqlx::query(LINEAGE).fetch_one(&mut *connection).await {
        // Then only what gateways know more than the store tells.
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(FORBIDDEN) => {
            return Ok(());
        }
        row => row?,
    };
    let Some(lineage) = row.try_get::<Option<String>, _>("lineage")? else { return Ok(()) };
    let known = sqlx::query("SELECT 1 FROM meta WHERE lineage = $1").bind(&lineage);
    if known.fetch_optional(&mut *connection).await?.is_some() {
        return Ok(());
    }
    // The first server that a new store is met on is no other one.
    sqlx::query(
        "UPDATE meta SET
             incarnation = incarnation + (lineage IS NOT NULL)::int,
             incarnation_at = CASE WHEN lineage IS NULL THEN incarnation_at
                 ELSE (extract(epoch FROM clock_timestamp()) * 1000000)::bigint END,
             lineage = $1
         WHERE lineage IS DISTINCT FROM $1",
    )
    .bind(&lineage)
    .execute(connection)
    .await?;
    Ok(())
}
