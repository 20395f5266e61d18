//! Keys.

use ipnet::IpNet;
use ledger::{KeyId, KeyStanding, KeyStatus, OrgId, Surface};
use sqlx::postgres::PgRow;
use store::{Key, KeySecret};

use super::secret::secrets;
use super::{Which, missing};
use crate::column::{Columns, Id, shard};
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
             created_at, expires_at, models, ips::text[] AS ips, rate_per_second, rate_per_minute,
             rate_concurrent, version
         FROM keys
         WHERE shard = $1 AND org_id = $2 AND key_id BETWEEN $3 AND $4 ORDER BY key_id",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(first)
    .bind(last)
    .fetch_all(&mut *session)
    .await?;
    let mut secrets = secrets(session, org, which).await?;
    let key = |row: PgRow| {
        let id = row.id("key_id")?;
        from_row(&row, org, secrets.remove(&id).unwrap_or_default())
    };
    rows.into_iter().map(key).collect()
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

fn from_row(row: &PgRow, org: OrgId, secrets: Vec<KeySecret>) -> Result<Key> {
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
        models: row.texts_or_none("models")?,
        ips: row.texts_or_none("ips")?.map(networks).transpose()?,
        rates: row.rates()?,
        secrets,
        version: row.count("version")?,
    })
}

fn networks(texts: Vec<String>) -> Result<Vec<IpNet>> {
    let network = |text: String| {
        text.parse().map_err(|_| {
            Error::corrupt(format!("a network that a key may be used from is `{text}`"))
        })
    };
    texts.into_iter().map(network).collect()
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
