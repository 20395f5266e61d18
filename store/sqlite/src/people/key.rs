//! Keys, as they are read.

use ledger::{KeyId, KeyStanding, KeyStatus, OrgId, Surface};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use store::{Key, KeySecret};

use super::{Which, missing, secret};
use crate::column::{Columns, Id};
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
    .fetch_all(&mut *connection)
    .await?;
    let mut secrets = secret::read(connection, org, which).await?;
    let key = |row: &SqliteRow| {
        let secrets = secrets.remove(&row.id("key_id")?).unwrap_or_default();
        from_row(row, org, secrets)
    };
    rows.iter().map(key).collect()
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

fn from_row(row: &SqliteRow, org: OrgId, secrets: Vec<KeySecret>) -> Result<Key> {
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
        models: row.texts("models")?,
        ips: row.texts("ips")?,
        rates: row.rates()?,
        secrets,
        version: row.count("version")?,
    })
}

pub(super) fn status_name(status: KeyStatus) -> &'static str {
    match status {
        KeyStatus::Active => "active",
        KeyStatus::Blocked => "blocked",
        KeyStatus::Revoked => "revoked",
    }
}

pub(super) fn status(name: &str) -> Option<KeyStatus> {
    let all = [KeyStatus::Active, KeyStatus::Blocked, KeyStatus::Revoked];
    all.into_iter().find(|status| status_name(*status) == name)
}
