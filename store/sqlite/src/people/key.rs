//! Keys and the secrets that open them.

use ledger::{KeyId, KeyStanding, KeyStatus, OrgId, Surface};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use store::{ChangeSeq, Key, KeyIdentity, KeySecret, Rates, SecretHash};

use super::group::require_groups;
use super::member::require_members;
use super::project::require_projects;
use super::{Which, missing, require};
use crate::SqliteStore;
use crate::changes::{Entity, record};
use crate::column::{Columns, Id, tools};
use crate::error::{Error, Result};

pub(crate) async fn key(
    connection: &mut SqliteConnection,
    org: OrgId,
    id: KeyId,
) -> Result<Option<Key>> {
    Ok(keys(connection, org, Which::One(id)).await?.pop())
}

/// The keys that are meant, by id.
pub(crate) async fn keys(
    connection: &mut SqliteConnection,
    org: OrgId,
    which: Which<KeyId>,
) -> Result<Vec<Key>> {
    let (first, last) = which.range();
    let rows = sqlx::query(
        "SELECT * FROM keys
         WHERE shard = ? AND org_id = ? AND key_id BETWEEN ? AND ? ORDER BY key_id",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(first)
    .bind(last)
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| from_row(row, org)).collect()
}

/// The key that a secret opens, whatever its status.
pub(crate) async fn identity(
    connection: &mut SqliteConnection,
    secret: &SecretHash,
) -> Result<Option<KeyIdentity>> {
    let row = sqlx::query(
        "SELECT keys.org_id, keys.key_id
         FROM key_secrets JOIN keys USING (shard, org_id, key_id)
         WHERE key_secrets.secret_hash = ?",
    )
    .bind(secret.0.as_slice())
    .fetch_optional(connection)
    .await?;
    let identity =
        |row: SqliteRow| Ok(KeyIdentity { org: row.id("org_id")?, key: row.id("key_id")? });
    row.map(identity).transpose()
}

pub(crate) async fn put_key(
    store: &SqliteStore,
    key: &Key,
    _expected: Option<u64>,
) -> Result<ChangeSeq> {
    let standing = &key.standing;
    let mut turn = store.writer.turn().await?;
    let mut tx = turn.begin().await?;
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
async fn write(tx: &mut SqliteConnection, key: &Key) -> Result<()> {
    let standing = &key.standing;
    let written = sqlx::query(
        "INSERT INTO keys (shard, org_id, key_id, member_id, name, hint, surface, status, group_id,
             project_id, tools, created_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
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
    .execute(tx)
    .await?;
    if written.rows_affected() == 0 {
        return Err(Error::conflict(format!("{} is revoked for ever", standing.id)));
    }
    Ok(())
}

/// Adds a secret, or changes how long one of the key's opens it.
async fn add_secret(tx: &mut SqliteConnection, key: &Key, secret: &KeySecret) -> Result<()> {
    let added = sqlx::query(
        "INSERT INTO key_secrets (secret_hash, shard, org_id, key_id, pepper, not_after)
         VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (secret_hash) DO UPDATE SET
             pepper = excluded.pepper,
             not_after = excluded.not_after
         WHERE (shard, org_id, key_id) = (excluded.shard, excluded.org_id, excluded.key_id)",
    )
    .bind(secret.hash.0.as_slice())
    .bind(key.org.shard().number())
    .bind(key.org.blob())
    .bind(key.standing.id.blob())
    .bind(secret.pepper)
    .bind(secret.not_after.micros())
    .execute(tx)
    .await?;
    if added.rows_affected() == 0 {
        return Err(Error::conflict("the secret opens another key"));
    }
    Ok(())
}

/// Refuses a key that the organisation does not have.
pub(crate) async fn require_keys(
    connection: &mut SqliteConnection,
    org: OrgId,
    keys: &[KeyId],
) -> Result<()> {
    let found = "SELECT key_id AS id FROM keys WHERE shard = ?1 AND org_id = ?2
         AND key_id IN (SELECT unhex(value) FROM json_each(?3))";
    match missing(connection, org, keys, found).await? {
        Some(key) => Err(Error::conflict(format!("{org} has no key {key}"))),
        None => Ok(()),
    }
}

fn from_row(row: &SqliteRow, org: OrgId) -> Result<Key> {
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
