//! Tokens that are none any more.

use ledger::{Instant, OrgId};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use store::{ChangeSeq, RevokedToken};

use super::require;
use crate::SqliteStore;
use crate::changes::{Entity, record};
use crate::column::{Columns, Id};
use crate::error::Result;

/// An organisation's revoked tokens, by issuer and id.
pub(crate) async fn revoked_tokens(
    connection: &mut SqliteConnection,
    org: OrgId,
) -> Result<Vec<RevokedToken>> {
    let rows = sqlx::query(
        "SELECT issuer, jti, until_at FROM revoked_tokens
         WHERE shard = ? AND org_id = ? ORDER BY issuer, jti",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .fetch_all(connection)
    .await?;
    rows.iter().map(from_row).collect()
}

/// The one that the feed of changes knows by an id.
pub(crate) async fn revoked_token(
    connection: &mut SqliteConnection,
    org: OrgId,
    id: u128,
) -> Result<Option<RevokedToken>> {
    let row = sqlx::query(
        "SELECT issuer, jti, until_at FROM revoked_tokens
         WHERE shard = ? AND org_id = ? AND token_id = ?",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(id.blob())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(from_row).transpose()
}

pub(crate) async fn revoke_token(
    store: &SqliteStore,
    org: OrgId,
    token: &RevokedToken,
    now: Instant,
) -> Result<ChangeSeq> {
    let mut turn = store.writer.turn().await?;
    let mut tx = turn.begin().await?;
    require(&mut tx, org).await?;
    forget_ended(&mut tx, org, now).await?;
    sqlx::query(
        "INSERT INTO revoked_tokens (shard, org_id, token_id, issuer, jti, until_at)
         VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (shard, org_id, token_id) DO UPDATE SET
             until_at = max(until_at, excluded.until_at)",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(token.id().blob())
    .bind(token.issuer.as_str())
    .bind(token.jti.as_str())
    .bind(token.until.micros())
    .execute(&mut *tx)
    .await?;
    let seq = record(&mut tx, org, Entity::Token(token.id())).await?;
    tx.commit().await?;
    Ok(seq)
}

/// Forgets the tokens that have ended by themselves: nobody need be told of them any more.
async fn forget_ended(tx: &mut SqliteConnection, org: OrgId, now: Instant) -> Result<()> {
    for forget in [
        "DELETE FROM changes WHERE shard = ?1 AND org_id = ?2 AND entity = 'token'
         AND entity_id IN (SELECT token_id FROM revoked_tokens
             WHERE shard = ?1 AND org_id = ?2 AND until_at <= ?3)",
        "DELETE FROM revoked_tokens WHERE shard = ?1 AND org_id = ?2 AND until_at <= ?3",
    ] {
        sqlx::query(forget)
            .bind(org.shard().number())
            .bind(org.blob())
            .bind(now.micros())
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

fn from_row(row: &SqliteRow) -> Result<RevokedToken> {
    Ok(RevokedToken {
        issuer: row.text("issuer")?,
        jti: row.text("jti")?,
        until: row.instant("until_at")?,
    })
}
