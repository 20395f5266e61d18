//! The months of `usage_events`, made before they begin.

use sqlx::{Connection as _, PgConnection, Row as _};

/// Months after the present one that have a partition.
const AHEAD: i32 = 3;
/// Whoever makes partitions holds it: two at once would refuse each other's. "bursar part", shortened.
const LOCK: i64 = 0x6275_7273_7061;

/// Makes the partitions of this month, by the server's clock, and of some after it.
///
/// A month whose events already fell into the default partition stays there.
pub(crate) async fn make_ahead(connection: &mut PgConnection) -> sqlx::Result<()> {
    let months = sqlx::query(
        "SELECT to_char(month, '\"usage_events_\"YYYY_MM') AS name,
             (extract(epoch FROM month) * 1000000)::bigint AS first,
             (extract(epoch FROM month + interval '1 month') * 1000000)::bigint AS after_last
         FROM generate_series(0, $1) AS ahead,
             date_trunc('month', now() AT TIME ZONE 'UTC') + ahead * interval '1 month' AS month",
    )
    .bind(AHEAD)
    .fetch_all(&mut *connection)
    .await?;
    for month in months {
        let (first, after_last) = (month.try_get("first")?, month.try_get("after_last")?);
        make(connection, month.try_get("name")?, first, after_last).await?;
    }
    Ok(())
}

/// The table is filled apart and then attached, which lets everybody else go on; only the default
/// partition is looked through.
async fn make(
    connection: &mut PgConnection,
    name: &str,
    first: i64,
    after_last: i64,
) -> sqlx::Result<()> {
    let mut tx = connection.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *tx).await?;
    let is_needed: bool = sqlx::query_scalar(
        "SELECT to_regclass($1) IS NULL AND NOT EXISTS (
             SELECT FROM usage_events_rest WHERE admitted_at >= $2 AND admitted_at < $3)",
    )
    .bind(name)
    .bind(first)
    .bind(after_last)
    .fetch_one(&mut *tx)
    .await?;
    if is_needed {
        // Names and bounds are our own; a statement that defines takes no parameters.
        let make = format!(
            "CREATE TABLE {name} (LIKE usage_events INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
             ALTER TABLE usage_events ATTACH PARTITION {name}
                 FOR VALUES FROM ({first}) TO ({after_last});
             COMMENT ON TABLE {name} IS 'Usage events of a month, UTC.';"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(make)).execute(&mut *tx).await?;
    }
    tx.commit().await
}
