//! The secrets that open keys.

use std::collections::{HashMap, HashSet};

use ledger::{KeyId, OrgId};
use sqlx::postgres::PgRow;
use store::{Key, KeyIdentity, KeySecret, MAX_SECRETS, SecretHash};

use super::Which;
use crate::column::{Columns, Id, shard};
use crate::error::{Error, Result};
use crate::session::Session;

/// The secrets of the keys that are meant, the newest first; keys without any are left out.
pub(super) async fn secrets(
    session: &mut Session,
    org: OrgId,
    which: Which<KeyId>,
) -> Result<HashMap<KeyId, Vec<KeySecret>>> {
    let (first, last) = which.range();
    let rows = sqlx::query(
        "SELECT secret.key_id, secret.secret_hash, secret.pepper, secret.not_after,
             coalesce(secret.hint, keys.hint) AS hint,
             coalesce(secret.created_at, keys.created_at) AS created_at, key_uses.last_used_at
         FROM key_secrets AS secret JOIN keys USING (shard, org_id, key_id)
         LEFT JOIN key_uses USING (secret_hash)
         WHERE secret.shard = $1 AND secret.org_id = $2 AND secret.key_id BETWEEN $3 AND $4
         ORDER BY secret.key_id, secret.place, secret.not_after DESC, secret.secret_hash",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(first)
    .bind(last)
    .fetch_all(session)
    .await?;
    let mut secrets: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        secrets.entry(row.id("key_id")?).or_default().push(from_row(&row)?);
    }
    Ok(secrets)
}

fn from_row(row: &PgRow) -> Result<KeySecret> {
    Ok(KeySecret {
        hash: SecretHash(row.array("secret_hash")?),
        pepper: row.small("pepper")?,
        hint: row.text("hint")?,
        created: row.instant("created_at")?,
        not_after: row.instant("not_after")?,
        last_used: row.instant_or_none("last_used_at")?,
    })
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

/// A page of the secrets of all keys that are not revoked: read from an index, without the rows.
pub(crate) async fn secret_hashes(
    session: &mut Session,
    after: Option<SecretHash>,
    max: usize,
) -> Result<Vec<SecretHash>> {
    let rows = sqlx::query(
        "SELECT secret_hash FROM key_secrets WHERE NOT revoked AND secret_hash > $1
         ORDER BY secret_hash LIMIT $2",
    )
    // Every hash is after nothing.
    .bind(after.as_ref().map_or_else(Default::default, |after| after.0.as_slice()))
    .bind(i64::try_from(max).unwrap_or(i64::MAX))
    .fetch_all(session)
    .await?;
    rows.iter().map(|row| Ok(SecretHash(row.array("secret_hash")?))).collect()
}

/// Makes these the key's secrets; whoever does so has the organisation. When those that stay were
/// used last stays as well.
pub(super) async fn replace_secrets(tx: &mut Session, key: &Key) -> Result<()> {
    if key.secrets.len() > MAX_SECRETS {
        return Err(Error::conflict(format!("a key has at most {MAX_SECRETS} secrets")));
    }
    let hashes: HashSet<_> = key.secrets.iter().map(|secret| secret.hash).collect();
    if hashes.len() < key.secrets.len() {
        return Err(Error::conflict("a key has each of its secrets once"));
    }
    let hashes: Vec<_> = key.secrets.iter().map(|secret| secret.hash.0.as_slice()).collect();
    sqlx::query(
        "WITH gone AS (
             SELECT secret_hash FROM key_secrets
             WHERE shard = $1 AND org_id = $2 AND key_id = $3 AND secret_hash <> ALL ($4)
             ORDER BY secret_hash FOR UPDATE
         )
         DELETE FROM key_secrets USING gone WHERE key_secrets.secret_hash = gone.secret_hash",
    )
    .bind(shard(key.org))
    .bind(key.org.uuid())
    .bind(key.standing.id.uuid())
    .bind(&hashes)
    .execute(&mut *tx)
    .await?;
    if key.secrets.is_empty() {
        return Ok(());
    }
    write_secrets(tx, key, &hashes).await
}

/// Adds the key's secrets, or changes those that it has; in the order of their hashes, as everybody
/// takes them.
async fn write_secrets(tx: &mut Session, key: &Key, hashes: &[&[u8]]) -> Result<()> {
    let secrets = &key.secrets;
    let written = sqlx::query(
        "INSERT INTO key_secrets AS known (secret_hash, shard, org_id, key_id, place, pepper, hint,
             created_at, not_after)
         SELECT secret_hash, $1, $2, $3, place, pepper, hint, created_at, not_after
         FROM unnest($4::bytea[], $5::integer[], $6::text[], $7::bigint[], $8::bigint[])
             WITH ORDINALITY AS list (secret_hash, pepper, hint, created_at, not_after, place)
         ORDER BY secret_hash
         ON CONFLICT (secret_hash) DO UPDATE SET
             place = excluded.place,
             pepper = excluded.pepper,
             hint = excluded.hint,
             created_at = excluded.created_at,
             not_after = excluded.not_after
         WHERE (known.shard, known.org_id, known.key_id)
             = (excluded.shard, excluded.org_id, excluded.key_id)",
    )
    .bind(shard(key.org))
    .bind(key.org.uuid())
    .bind(key.standing.id.uuid())
    .bind(hashes)
    .bind(secrets.iter().map(|secret| i32::from(secret.pepper)).collect::<Vec<_>>())
    .bind(secrets.iter().map(|secret| secret.hint.as_str()).collect::<Vec<_>>())
    .bind(secrets.iter().map(|secret| secret.created.micros()).collect::<Vec<_>>())
    .bind(secrets.iter().map(|secret| secret.not_after.micros()).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    if written.rows_affected() < u64::try_from(secrets.len()).unwrap_or(u64::MAX) {
        return Err(Error::conflict("the secret opens another key"));
    }
    Ok(())
}
