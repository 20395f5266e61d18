//! The secrets that open keys: only their hashes are here.

use std::collections::HashMap;

use ledger::{Instant, KeyId, KeyStatus, OrgId};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use store::{Key, KeyIdentity, KeySecret, MAX_SECRETS, SecretHash};

use super::Which;
use crate::SqliteStore;
use crate::column::{Columns, Id};
use crate::error::{Error, Result};

/// The secrets of every key that is meant, in their order; keys without any are left out.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    org: OrgId,
    which: Which<KeyId>,
) -> Result<HashMap<KeyId, Vec<KeySecret>>> {
    let (first, last) = which.range();
    let rows = sqlx::query(
        "SELECT * FROM key_secrets
         WHERE shard = ? AND org_id = ? AND key_id BETWEEN ? AND ? ORDER BY key_id, place",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(first)
    .bind(last)
    .fetch_all(connection)
    .await?;
    let mut secrets: HashMap<KeyId, Vec<KeySecret>> = HashMap::new();
    for row in &rows {
        secrets.entry(row.id("key_id")?).or_default().push(from_row(row)?);
    }
    Ok(secrets)
}

fn from_row(row: &SqliteRow) -> Result<KeySecret> {
    Ok(KeySecret {
        hash: SecretHash(row.array("secret_hash")?),
        pepper: row.small("pepper")?,
        hint: row.text("hint")?,
        created: row.instant("created_at")?,
        not_after: row.instant("not_after")?,
        last_used: row.instant_or_none("last_used_at")?,
    })
}

/// Makes these the secrets of their key, unless one of them opens another or comes twice; when they
/// were used last is kept.
pub(super) async fn replace(tx: &mut SqliteConnection, key: &Key) -> Result<()> {
    if key.secrets.len() > MAX_SECRETS {
        return Err(Error::conflict(format!("a key has at most {MAX_SECRETS} secrets")));
    }
    let were = sqlx::query(
        "DELETE FROM key_secrets WHERE shard = ? AND org_id = ? AND key_id = ?
         RETURNING secret_hash, last_used_at",
    )
    .bind(key.org.shard().number())
    .bind(key.org.blob())
    .bind(key.standing.id.blob())
    .fetch_all(&mut *tx)
    .await?;
    let mut used: HashMap<SecretHash, Option<Instant>> = HashMap::new();
    for row in were {
        used.insert(SecretHash(row.array("secret_hash")?), row.instant_or_none("last_used_at")?);
    }
    for (place, secret) in (0_i64..).zip(&key.secrets) {
        let last_used = used.get(&secret.hash).copied().flatten();
        add(tx, key, place, &KeySecret { last_used, ..secret.clone() }).await?;
    }
    Ok(())
}

async fn add(tx: &mut SqliteConnection, key: &Key, place: i64, secret: &KeySecret) -> Result<()> {
    let added = sqlx::query(
        "INSERT INTO key_secrets (secret_hash, shard, org_id, key_id, place, pepper, hint,
             created_at, not_after, revoked, last_used_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (secret_hash) DO NOTHING",
    )
    .bind(secret.hash.0.as_slice())
    .bind(key.org.shard().number())
    .bind(key.org.blob())
    .bind(key.standing.id.blob())
    .bind(place)
    .bind(secret.pepper)
    .bind(secret.hint.as_str())
    .bind(secret.created.micros())
    .bind(secret.not_after.micros())
    .bind(key.standing.status == KeyStatus::Revoked)
    .bind(secret.last_used.map(Instant::micros))
    .execute(tx)
    .await?;
    if added.rows_affected() == 0 {
        return Err(Error::conflict("the secret opens a key already"));
    }
    Ok(())
}

/// The key that a secret opens, whatever its status.
pub(crate) async fn identity(
    connection: &mut SqliteConnection,
    secret: &SecretHash,
) -> Result<Option<KeyIdentity>> {
    let row = sqlx::query("SELECT org_id, key_id FROM key_secrets WHERE secret_hash = ?")
        .bind(secret.0.as_slice())
        .fetch_optional(connection)
        .await?;
    let identity =
        |row: SqliteRow| Ok(KeyIdentity { org: row.id("org_id")?, key: row.id("key_id")? });
    row.map(identity).transpose()
}

/// A page of the secrets of all keys that are not revoked.
pub(crate) async fn secret_hashes(
    connection: &mut SqliteConnection,
    after: Option<SecretHash>,
    max: usize,
) -> Result<Vec<SecretHash>> {
    let rows = sqlx::query(
        "SELECT secret_hash FROM key_secrets WHERE secret_hash > ? AND revoked = 0
         ORDER BY secret_hash LIMIT ?",
    )
    .bind(after.map(|after| after.0.to_vec()).unwrap_or_default())
    .bind(i64::try_from(max).unwrap_or(i64::MAX))
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| Ok(SecretHash(row.array("secret_hash")?))).collect()
}

/// Notes when secrets were used last; what is not known, or was used later, stays.
pub(crate) async fn note_used(store: &SqliteStore, used: &[(SecretHash, Instant)]) -> Result<()> {
    if used.is_empty() {
        return Ok(());
    }
    let used = used.iter().map(|(hash, at)| {
        let digits: String = hash.0.iter().map(|byte| format!("{byte:02x}")).collect();
        serde_json::json!([digits, at.micros()])
    });
    let mut turn = store.writer.turn().await?;
    let mut tx = turn.begin().await?;
    sqlx::query(
        "UPDATE key_secrets SET last_used_at = used.at
         FROM (SELECT unhex(value ->> 0) AS hash, max(value ->> 1) AS at
             FROM json_each(?) GROUP BY hash) AS used
         WHERE secret_hash = used.hash AND (last_used_at IS NULL OR last_used_at < used.at)",
    )
    .bind(serde_json::Value::from_iter(used).to_string())
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}
