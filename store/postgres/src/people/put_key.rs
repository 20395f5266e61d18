//! Making and changing keys.

use ledger::{CountsFrom, Instant, KeyStatus, Limit};
use store::{ChangeSeq, Key};

use super::group::require_groups;
use super::key::{status, status_name};
use super::member::{require_members, require_not_deactivated};
use super::project::require_projects;
use super::require;
use super::secret::replace_secrets;
use crate::changes::{Entity, record};
use crate::column::{Columns, Id, rate, shard, tools};
use crate::error::{Error, Result};
use crate::session::Session;
use crate::{PostgresStore, locks, money};

pub(crate) async fn put_key(
    store: &PostgresStore,
    key: &Key,
    expected: Option<u64>,
) -> Result<ChangeSeq> {
    let mut tx = store.write().await?;
    require(&mut tx, key.org).await?;
    let stored = stored(&mut tx, key).await?;
    let version = stored.as_ref().map_or(0, |stored| stored.version);
    if expected.is_some_and(|expected| expected != version) {
        return Err(store::Error::Stale(key.standing.id.to_string()).into());
    }
    let revoked = stored.is_some_and(|stored| stored.status == KeyStatus::Revoked);
    if revoked && key.standing.status != KeyStatus::Revoked {
        return Err(Error::conflict(format!("{} is revoked for ever", key.standing.id)));
    }
    write(&mut tx, key).await?;
    let seq = record(&mut tx, key.org, Entity::Key(key.standing.id)).await?;
    tx.commit().await?;
    Ok(seq)
}

pub(crate) async fn make_key(
    store: &PostgresStore,
    key: &Key,
    limits: &[Limit],
    now: Instant,
) -> Result<ChangeSeq> {
    let mut tx = store.write().await?;
    if !limits.is_empty() {
        locks::books(&mut tx, key.org).await?;
    }
    require(&mut tx, key.org).await?;
    if stored(&mut tx, key).await?.is_some() {
        return Err(Error::conflict(format!("there is a {} already", key.standing.id)));
    }
    require_not_deactivated(&mut tx, key.org, key.standing.member).await?;
    write(&mut tx, key).await?;
    for limit in limits {
        money::write_limit(&mut tx, key.org, limit, CountsFrom::PeriodStart, now).await?;
    }
    let mut seq = record(&mut tx, key.org, Entity::Key(key.standing.id)).await?;
    for limit in limits {
        record(&mut tx, key.org, Entity::Limit(limit.id)).await?;
    }
    if !limits.is_empty() {
        // Told once more: nobody hears of the key before its limits.
        seq = record(&mut tx, key.org, Entity::Key(key.standing.id)).await?;
    }
    tx.commit().await?;
    Ok(seq)
}

/// What a change of a key has to go by.
struct Stored {
    status: KeyStatus,
    version: u64,
}

/// The key as it is; as long as its organisation is had, it stays so.
async fn stored(tx: &mut Session, key: &Key) -> Result<Option<Stored>> {
    let row = sqlx::query(
        "SELECT status, version FROM keys WHERE shard = $1 AND org_id = $2 AND key_id = $3",
    )
    .bind(shard(key.org))
    .bind(key.org.uuid())
    .bind(key.standing.id.uuid())
    .fetch_optional(tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Stored { status: row.named("status", status)?, version: row.count("version")? }))
}

/// Writes a key as it is to be, with its secrets. Its version is counted up by a trigger.
async fn write(tx: &mut Session, key: &Key) -> Result<()> {
    let standing = &key.standing;
    require_members(tx, key.org, &[standing.member]).await?;
    require_groups(tx, key.org, standing.group.as_slice()).await?;
    require_projects(tx, key.org, standing.project.as_slice()).await?;
    let ips = key.ips.as_ref().map(|ips| ips.iter().map(ToString::to_string).collect::<Vec<_>>());
    sqlx::query(
        "INSERT INTO keys (shard, org_id, key_id, member_id, name, hint, surface, status, group_id,
             project_id, tools, created_at, expires_at, models, ips, rate_per_second,
             rate_per_minute, rate_concurrent)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15::text[]::inet[],
             $16, $17, $18)
         ON CONFLICT (shard, org_id, key_id) DO UPDATE SET
             member_id = excluded.member_id,
             name = excluded.name,
             hint = excluded.hint,
             surface = excluded.surface,
             status = excluded.status,
             group_id = excluded.group_id,
             project_id = excluded.project_id,
             tools = excluded.tools,
             created_at = excluded.created_at,
             expires_at = excluded.expires_at,
             models = excluded.models,
             ips = excluded.ips,
             rate_per_second = excluded.rate_per_second,
             rate_per_minute = excluded.rate_per_minute,
             rate_concurrent = excluded.rate_concurrent",
    )
    .bind(shard(key.org))
    .bind(key.org.uuid())
    .bind(standing.id.uuid())
    .bind(standing.member.uuid())
    .bind(key.name.as_str())
    .bind(key.hint.as_str())
    .bind(key.surface.name())
    .bind(status_name(standing.status))
    .bind(standing.group.map(Id::uuid))
    .bind(standing.project.map(Id::uuid))
    .bind(tools(standing.tools.as_ref()))
    .bind(key.created.micros())
    .bind(standing.expires.micros())
    .bind(key.models.as_deref())
    .bind(ips)
    .bind(rate(key.rates.per_second))
    .bind(rate(key.rates.per_minute))
    .bind(rate(key.rates.concurrent))
    .execute(&mut *tx)
    .await?;
    replace_secrets(tx, key).await
}
