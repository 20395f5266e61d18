//! Making and changing keys.

use ledger::{CountsFrom, Instant, KeyStatus, Limit};
use sqlx::SqliteConnection;
use store::{ChangeSeq, Key};

use super::group::require_groups;
use super::key::{status, status_name};
use super::member::{require_members, require_not_deactivated};
use super::project::require_projects;
use super::{require, secret};
use crate::SqliteStore;
use crate::changes::{Entity, record};
use crate::column::{Columns, Id, count, rates, texts, tools};
use crate::error::{Error, Result};
use crate::money::set_limit;

pub(crate) async fn make_key(
    store: &SqliteStore,
    key: &Key,
    limits: &[Limit],
    now: Instant,
) -> Result<ChangeSeq> {
    let mut turn = store.writer.turn().await?;
    let mut tx = turn.begin().await?;
    require(&mut tx, key.org).await?;
    if stored(&mut tx, key).await?.is_some() {
        return Err(Error::conflict(format!("there is a {} already", key.standing.id)));
    }
    require_not_deactivated(&mut tx, key.org, key.standing.member).await?;
    let mut seq = set_key(&mut tx, key, 0).await?;
    for limit in limits {
        set_limit(&mut tx, key.org, limit, CountsFrom::PeriodStart, now).await?;
    }
    if !limits.is_empty() {
        // Told once more: nobody hears of the key before its limits.
        seq = record(&mut tx, key.org, Entity::Key(key.standing.id)).await?;
    }
    tx.commit().await?;
    Ok(seq)
}

pub(crate) async fn put_key(
    store: &SqliteStore,
    key: &Key,
    expected: Option<u64>,
) -> Result<ChangeSeq> {
    let id = key.standing.id;
    let mut turn = store.writer.turn().await?;
    let mut tx = turn.begin().await?;
    require(&mut tx, key.org).await?;
    let was = stored(&mut tx, key).await?;
    let version = was.as_ref().map_or(0, |was| was.version);
    if expected.is_some_and(|expected| expected != version) {
        return Err(store::Error::Stale(id.to_string()).into());
    }
    let revoked = was.is_some_and(|was| was.status == KeyStatus::Revoked);
    if revoked && key.standing.status != KeyStatus::Revoked {
        return Err(Error::conflict(format!("{id} is revoked for ever")));
    }
    let seq = set_key(&mut tx, key, version).await?;
    tx.commit().await?;
    Ok(seq)
}

/// A key as it is stored, as far as it decides what may become of it.
struct Stored {
    version: u64,
    status: KeyStatus,
}

async fn stored(tx: &mut SqliteConnection, key: &Key) -> Result<Option<Stored>> {
    let row = sqlx::query(
        "SELECT version, status FROM keys WHERE shard = ? AND org_id = ? AND key_id = ?",
    )
    .bind(key.org.shard().number())
    .bind(key.org.blob())
    .bind(key.standing.id.blob())
    .fetch_optional(tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Stored { version: row.count("version")?, status: row.named("status", status)? }))
}

/// Makes a key of an organisation that is there, or changes it; `version` is the one that is stored.
async fn set_key(tx: &mut SqliteConnection, key: &Key, version: u64) -> Result<ChangeSeq> {
    let standing = &key.standing;
    require_members(tx, key.org, &[standing.member]).await?;
    require_groups(tx, key.org, standing.group.as_slice()).await?;
    require_projects(tx, key.org, standing.project.as_slice()).await?;
    write(tx, key, version.saturating_add(1)).await?;
    secret::replace(tx, key).await?;
    record(tx, key.org, Entity::Key(standing.id)).await
}

async fn write(tx: &mut SqliteConnection, key: &Key, version: u64) -> Result<()> {
    let standing = &key.standing;
    let [per_second, per_minute, concurrent] = rates(key.rates);
    sqlx::query(
        "INSERT INTO keys (shard, org_id, key_id, member_id, name, hint, surface, status, group_id,
             project_id, tools, created_at, expires_at, models, ips, rate_per_second,
             rate_per_minute, rate_concurrent, version)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
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
             rate_concurrent = excluded.rate_concurrent,
             version = excluded.version",
    )
    .bind(key.org.shard().number())
    .bind(key.org.blob())
    .bind(standing.id.blob())
    .bind(standing.member.blob())
    .bind(key.name.as_str())
    .bind(key.hint.as_str())
    .bind(key.surface.name())
    .bind(status_name(standing.status))
    .bind(standing.group.map(Id::blob))
    .bind(standing.project.map(Id::blob))
    .bind(tools(standing.tools.as_ref()))
    .bind(key.created.micros())
    .bind(standing.expires.micros())
    .bind(texts(key.models.as_ref()))
    .bind(texts(key.ips.as_ref()))
    .bind(per_second)
    .bind(per_minute)
    .bind(concurrent)
    .bind(count(version))
    .execute(tx)
    .await?;
    Ok(())
}
