//! Keys and the secrets that open them.

use ledger::{KeyId, KeyStanding, KeyStatus, OrgId, Surface};
use sqlx::postgres::PgRow;
use store::{ChangeSeq, Key, KeyIdentity, KeySecret, Rates, SecretHash};

use super::group::require_groups;
use super::member::require_members;
use super::project::require_projects;
use super::{Which, missing, require};
use crate::PostgresStore;
use crate::changes::{Entity, record};
use crate::column::{Columns, Id, shard, tools};
use crate::error::{Error, Result};
use crate::session::Session;

pub(crate) async fn key(session: &mut Session, org: OrgId, id: KeyId) -> Result<Option<Key>> {
    Ok(keys(session, org, Which::One(id)).await?.pop())
}

/// The keys that are meant, by id.
pub(crate) async fn keys(
    session: &mut Session,
    org: OrgId,
    which: Which<KeyId>,
) -> Result<Vec<Key>> {
    let (first, last) = which.range();
    let rows = sqlx::query(
        "SELECT key_id, member_id, name, hint, surface, status, group_id, project_id, tools,
             created_at, expires_at
         FROM keys
         WHERE shard = $1 AND org_id = $2 AND key_id BETWEEN $3 AND $4 ORDER BY key_id",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(first)
    .bind(last)
    .fetch_all(session)
    .await?;
    rows.iter().map(|row| from_row(row, org)).collect()
}

/// The key that a secret opens, whatever its status.
pub(crate) async fn identity(
    session: &mut Session,
    secret: &SecretHash,
) -> Result<Option<KeyIdentity>> {
    let row = sqlx::query(
        "SELECT keys.org_id, keys.key_id
         FROM key_secrets JOIN keys USING (shard, org_id, key_id)
         WHERE key_secrets.secret_hash = $1",
    )
    .bind(secret.0.as_slice())
    .fetch_optional(session)
    .await?;
    let identity = |row: PgRow| Ok(KeyIdentity { org: row.id("org_id")?, key: row.id("key_id")? });
    row.map(identity).transpose()
}

pub(crate) async fn put_key(
    store: &PostgresStore,
    key: &Key,
    _expected: Option<u64>,
) -> Result<ChangeSeq> {
    let standing = &key.standing;
    let mut tx = store.write().await?;
    require(&mut tx, key.org).await?;
    require_members(&mut tx, key.org, &[standing.member]).await?;
    require_groups(&mut tx, key.org, standing.group.as_slice()).await?;
    require_projects(&mut tx, key.org, standing.project.as_slice()).await?;
    write(&mut tx, key).await?;
    for secret in &key.secrets {
        add_secret(&mut tx, key, secret).await?;
    }
    let seq = record(&mut tx, key.org, Entity::Key(standing.id)).await?;
    tx.commit().await?;
    Ok(seq)
}

/// Writes a key as it is to be, unless it is revoked and would not be any more.
async fn write(tx: &mut Session, key: &Key) -> Result<()> {
    let standing = &key.standing;
    let written = sqlx::query(
        "INSERT INTO keys (shard, org_id, key_id, member_id, name, hint, surface, status, group_id,
             project_id, tools, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
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
             expires_at = excluded.expires_at
         WHERE keys.status <> 'revoked' OR excluded.status = 'revoked'",
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
    .execute(tx)
    .await?;
    if written.rows_affected() == 0 {
        return Err(Error::conflict(format!("{} is revoked for ever", standing.id)));
    }
    Ok(())
}

/// Adds a secret, or changes how long one of the key's opens it.
async fn add_secret(tx: &mut Session, key: &Key, secret: &KeySecret) -> Result<()> {
    let added = sqlx::query(
        "INSERT INTO key_secrets (secret_hash, shard, org_id, key_id, pepper, not_after)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (secret_hash) DO UPDATE SET
             pepper = excluded.pepper,
             not_after = excluded.not_after
         WHERE (key_secrets.shard, key_secrets.org_id, key_secrets.key_id)
             = (excluded.shard, excluded.org_id, excluded.key_id)",
    )
    .bind(secret.hash.0.as_slice())
    .bind(shard(key.org))
    .bind(key.org.uuid())
    .bind(key.standing.id.uuid())
    .bind(i32::from(secret.pepper))
    .bind(secret.not_after.micros())
    .execute(tx)
    .await?;
    if added.rows_affected() == 0 {
        return Err(Error::conflict("the secret opens another key"));
    }
    Ok(())
}

/// Refuses a key that the organisation does not have.
pub(crate) async fn require_keys(session: &mut Session, org: OrgId, keys: &[KeyId]) -> Result<()> {
    let found =
        "SELECT key_id AS id FROM keys WHERE shard = $1 AND org_id = $2 AND key_id = ANY ($3)";
    match missing(session, org, keys, found).await? {
        Some(key) => Err(Error::conflict(format!("{org} has no key {key}"))),
        None => Ok(()),
    }
}

fn from_row(row: &PgRow, org: OrgId) -> Result<Key> {
    let standing = KeyStanding {
        id: row.id("key_id")?,
        member: row.id("member_id")?,
        status: row.named("status", status)?,
        expires: row.instant("expires_at")?,
        group: row.id_or_none("group_id")?,
        project: row.id_or_none("project_id")?,
        tools: row.tools("tools")?,
    };
    Ok(Key {
        org,
        name: row.text("name")?,
        hint: row.text("hint")?,
        surface: row.named("surface", Surface::from_name)?,
        created: row.instant("created_at")?,
        standing,
        models: None,
        ips: None,
        rates: Rates::default(),
        secrets: Vec::new(),
        version: 0,
    })
}

fn status_name(status: KeyStatus) -> &'static str {
    match status {
        KeyStatus::Active => "active",
        KeyStatus::Blocked => "blocked",
        KeyStatus::Revoked => "revoked",
    }
}

fn status(name: &str) -> Option<KeyStatus> {
    let all = [KeyStatus::Active, KeyStatus::Blocked, KeyStatus::Revoked];
    all.into_iter().find(|status| status_name(*status) == name)
}
