//! Making and changing grants.

use ledger::{Access, Credits, Grant, GrantKind, Instant, OrgId};
use store::{ChangeSeq, EntryBook, EntryCause, EntryKind, OrgGrant, grant_fingerprint};

use super::{access, grant::grant as find};
use crate::PostgresStore;
use crate::changes::{Entity, record};
use crate::column::{Columns, Id, count, shard};
use crate::entries::{Transfer, enter};
use crate::error::{Error, Result};
use crate::people::require as require_org;
use crate::session::Session;
use crate::{locks, thresholds};

pub(crate) async fn put_grant(
    store: &PostgresStore,
    org: OrgId,
    grant: &Grant,
    idempotency: Option<&str>,
    now: Instant,
) -> Result<(Grant, ChangeSeq)> {
    let mut tx = store.write().await?;
    locks::books(&mut tx, org).await?;
    if let Some(name) = idempotency
        && let Some(first) = first_answer(&mut tx, org, grant, name).await?
    {
        return Ok(first);
    }
    require_org(&mut tx, org).await?;
    locks::accounts(&mut tx, org, [grant.id.into()]).await?;
    access::require(&mut tx, org, &grant.access).await?;
    match find(&mut tx, org, grant.id).await? {
        Some(stored) => change(&mut tx, org, grant, &stored, now).await?,
        None => make(&mut tx, org, grant, now).await?,
    }
    let seq = record(&mut tx, org, Entity::Grant(grant.id)).await?;
    if let Some(name) = idempotency {
        remember(&mut tx, org, grant, name, seq).await?;
    }
    tx.commit().await?;
    Ok((grant.clone(), seq))
}

/// What the request of this name was answered, if there was one.
async fn first_answer(
    tx: &mut Session,
    org: OrgId,
    grant: &Grant,
    name: &str,
) -> Result<Option<(Grant, ChangeSeq)>> {
    let row = sqlx::query(
        "SELECT fingerprint, grant_id, change_seq FROM grant_requests
         WHERE shard = $1 AND org_id = $2 AND name = $3",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(name)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.array("fingerprint")? != grant_fingerprint(grant) {
        return Err(Error::conflict(format!("`{name}` named another request for a grant")));
    }
    let stored = find(tx, org, row.id("grant_id")?).await?;
    let stored = stored.ok_or_else(|| Error::corrupt(format!("the grant of `{name}` is gone")))?;
    Ok(Some((stored.grant, ChangeSeq(row.count("change_seq")?))))
}

async fn remember(
    tx: &mut Session,
    org: OrgId,
    grant: &Grant,
    name: &str,
    seq: ChangeSeq,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO grant_requests (shard, org_id, name, fingerprint, grant_id, change_seq)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(name)
    .bind(grant_fingerprint(grant).as_slice())
    .bind(grant.id.uuid())
    .bind(count(seq.0))
    .execute(tx)
    .await?;
    Ok(())
}

async fn make(tx: &mut Session, org: OrgId, grant: &Grant, now: Instant) -> Result<()> {
    insert(tx, org, grant).await?;
    resized(tx, org, grant, Credits::ZERO, now).await
}

/// The grant, and its account, which bears its id.
pub(crate) async fn insert(tx: &mut Session, org: OrgId, grant: &Grant) -> Result<()> {
    let made = sqlx::query(
        "INSERT INTO accounts (shard, org_id, account_id, kind, start_at, end_at, amount, spent,
             leased, reserved, opened_with, closed, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, 0, false, 1) ON CONFLICT DO NOTHING",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(grant.id.uuid())
    .bind(grant.kind.name())
    .bind(grant.start.micros())
    .bind(grant.end.micros())
    .bind(grant.amount.micros_i64())
    .execute(&mut *tx)
    .await?;
    if made.rows_affected() == 0 {
        return Err(Error::conflict(format!("{} is another account's id", grant.id)));
    }
    sqlx::query(
        "INSERT INTO grants (shard, org_id, grant_id, created_at, everyone) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(grant.id.uuid())
    .bind(grant.created.micros())
    .bind(grant.access == Access::Everyone)
    .execute(&mut *tx)
    .await?;
    access::replace(tx, org, grant.id, &grant.access).await
}

/// Amount, end and access may change; the rest decided what has been burnt already.
async fn change(
    tx: &mut Session,
    org: OrgId,
    grant: &Grant,
    known: &OrgGrant,
    now: Instant,
) -> Result<()> {
    let stored = &known.grant;
    if (grant.kind, grant.start, grant.created) != (stored.kind, stored.start, stored.created) {
        return Err(Error::conflict(format!(
            "{} keeps its kind, its start and when it was made",
            grant.id
        )));
    }
    let stays = (grant.amount, grant.end) == (stored.amount, stored.end);
    let revived = if stays { Credits::ZERO } else { known.expired };
    let before = thresholds::level(tx, org, now).await?;
    sqlx::query(
        "UPDATE accounts
         SET amount = $1, end_at = $2, expired = expired - $3,
             recalled = recalled AND $1 <= amount, version = version + 1
         WHERE shard = $4 AND org_id = $5 AND account_id = $6",
    )
    .bind(grant.amount.micros_i64())
    .bind(grant.end.micros())
    .bind(revived.micros_i64())
    .bind(shard(org))
    .bind(org.uuid())
    .bind(grant.id.uuid())
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "UPDATE grants SET everyone = $1 WHERE shard = $2 AND org_id = $3 AND grant_id = $4",
    )
    .bind(grant.access == Access::Everyone)
    .bind(shard(org))
    .bind(org.uuid())
    .bind(grant.id.uuid())
    .execute(&mut *tx)
    .await?;
    let (from, to) = (EntryBook::Expired, EntryBook::Grant(grant.id.into()));
    let (kind, cause) = (EntryKind::Expiry, EntryCause::Grant);
    enter(tx, org, now, &Transfer { kind, from, to, amount: revived, cause }).await?;
    resized(tx, org, grant, stored.amount, now).await?;
    access::replace(tx, org, grant.id, &grant.access).await?;
    thresholds::record_credits(tx, org, grant.id.into(), before, now).await
}

/// Enters what is given more than before, or less.
async fn resized(
    tx: &mut Session,
    org: OrgId,
    grant: &Grant,
    before: Credits,
    now: Instant,
) -> Result<()> {
    let kind = match grant.kind {
        GrantKind::TopUp => EntryKind::TopUp,
        GrantKind::Seat | GrantKind::Promo | GrantKind::Allocation => EntryKind::Grant,
    };
    let (issued, of_grant) = (EntryBook::Issued, EntryBook::Grant(grant.id.into()));
    let more = grant.amount.saturating_sub(before);
    let less = before.saturating_sub(grant.amount);
    for (from, to, amount) in [(issued, of_grant, more), (of_grant, issued, less)] {
        let cause = EntryCause::Grant;
        enter(tx, org, now, &Transfer { kind, from, to, amount, cause }).await?;
    }
    Ok(())
}
