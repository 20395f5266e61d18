//! Tokens that are none any more. Each row is its own change in the feed.

use ledger::{Instant, OrgId};
use sqlx::postgres::PgRow;
use store::{ChangeSeq, RevokedToken};

use super::{Which, require};
use crate::PostgresStore;
use crate::changes::tell;
use crate::column::{Columns, Id, shard};
use crate::error::Result;
use crate::session::Session;

pub(crate) async fn revoked_token(
    session: &mut Session,
    org: OrgId,
    id: u128,
) -> Result<Option<RevokedToken>> {
    Ok(revoked_tokens(session, org, Which::One(id)).await?.pop())
}

/// The tokens that are meant, by issuer and id.
pub(crate) async fn revoked_tokens(
    session: &mut Session,
    org: OrgId,
    which: Which<u128>,
) -> Result<Vec<RevokedToken>> {
    let (first, last) = which.range();
    let rows = sqlx::query(
        "SELECT issuer, jti, until_at FROM revoked_tokens
         WHERE shard = $1 AND org_id = $2 AND token_id BETWEEN $3 AND $4",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(first)
    .bind(last)
    .fetch_all(session)
    .await?;
    let token = |row: PgRow| {
        Ok(RevokedToken {
            issuer: row.text("issuer")?,
            jti: row.text("jti")?,
            until: row.instant("until_at")?,
        })
    };
    let mut tokens: Vec<_> = rows.into_iter().map(token).collect::<Result<_>>()?;
    tokens.sort_unstable();
    Ok(tokens)
}

pub(crate) async fn revoke_token(
    store: &PostgresStore,
    org: OrgId,
    token: &RevokedToken,
    now: Instant,
) -> Result<ChangeSeq> {
    let mut tx = store.write().await?;
    require(&mut tx, org).await?;
    sqlx::query("DELETE FROM revoked_tokens WHERE shard = $1 AND org_id = $2 AND until_at <= $3")
        .bind(shard(org))
        .bind(org.uuid())
        .bind(now.micros())
        .execute(&mut tx)
        .await?;
    let seq: i64 = sqlx::query_scalar(
        "WITH counted AS (
             UPDATE meta SET change_seq = change_seq + 1 RETURNING change_seq
         ), revoked AS (
             INSERT INTO revoked_tokens AS known (shard, org_id, token_id, issuer, jti, until_at, seq)
             SELECT $1, $2, $3, $4, $5, $6, change_seq FROM counted
             ON CONFLICT (shard, org_id, token_id) DO UPDATE SET
                 until_at = greatest(known.until_at, excluded.until_at),
                 seq = excluded.seq
         )
         SELECT change_seq FROM counted",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(token.id().uuid())
    .bind(token.issuer.as_str())
    .bind(token.jti.as_str())
    .bind(token.until.micros())
    .fetch_one(&mut tx)
    .await?;
    let seq = tell(&mut tx, seq).await?;
    tx.commit().await?;
    Ok(seq)
}
