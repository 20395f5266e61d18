//! Making, changing and removing limits.

use ledger::{AccountId, CountsFrom, Credits, Instant, Limit, LimitId, OrgId, Scope, Tool};
use store::{ChangeSeq, ThresholdEvent, limit_thresholds};

use super::limit::{StoredLimit, limit as find, scope_id};
use super::path::require_short_paths;
use crate::PostgresStore;
use crate::changes::{Entity, record};
use crate::column::{Columns, Id, shard};
use crate::error::{Error, Result};
use crate::people;
use crate::session::Session;
use crate::{locks, thresholds};

pub(crate) async fn put_limit(
    store: &PostgresStore,
    org: OrgId,
    limit: &Limit,
    counts_from: CountsFrom,
    now: Instant,
) -> Result<ChangeSeq> {
    let mut tx = store.write().await?;
    locks::books(&mut tx, org).await?;
    people::require(&mut tx, org).await?;
    write_limit(&mut tx, org, limit, counts_from, now).await?;
    let seq = record(&mut tx, org, Entity::Limit(limit.id)).await?;
    tx.commit().await?;
    Ok(seq)
}

/// Writes a limit as it is to be; whoever does so has the books and the organisation.
pub(crate) async fn write_limit(
    tx: &mut Session,
    org: OrgId,
    limit: &Limit,
    counts_from: CountsFrom,
    now: Instant,
) -> Result<()> {
    require_scope(tx, org, limit.scope).await?;
    require_free_identity(tx, org, limit).await?;
    match find(tx, org, limit.id).await? {
        Some(stored) if !stored.removed => change(tx, org, limit, &stored, now).await?,
        Some(stored) => revive(tx, org, limit, &stored, counts_from).await?,
        None => make(tx, org, limit, counts_from).await?,
    }
    require_short_paths(tx, org, now).await
}

pub(crate) async fn remove_limit(
    store: &PostgresStore,
    org: OrgId,
    id: LimitId,
) -> Result<ChangeSeq> {
    let mut tx = store.write().await?;
    locks::books(&mut tx, org).await?;
    locks::accounts_of_limit(&mut tx, org, id).await?;
    let stored = find(&mut tx, org, id).await?.filter(|stored| !stored.removed);
    stored.ok_or_else(|| Error::conflict(format!("{org} has no limit {id}")))?;
    sqlx::query(
        "UPDATE limits SET removed = true WHERE shard = $1 AND org_id = $2 AND limit_id = $3",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(id.uuid())
    .execute(&mut tx)
    .await?;
    // What it counted stays on record; revived, it opens another account.
    sqlx::query(
        "UPDATE accounts SET closed = true, version = version + 1
         WHERE shard = $1 AND org_id = $2 AND limit_id = $3 AND NOT closed",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(id.uuid())
    .execute(&mut tx)
    .await?;
    let seq = record(&mut tx, org, Entity::Limit(id)).await?;
    tx.commit().await?;
    Ok(seq)
}

async fn require_scope(tx: &mut Session, org: OrgId, scope: Scope) -> Result<()> {
    match scope {
        Scope::Org => Ok(()),
        Scope::Group(id) => people::require_groups(tx, org, &[id]).await,
        Scope::Project(id) => people::require_projects(tx, org, &[id]).await,
        Scope::Member(id) => people::require_members(tx, org, &[id]).await,
        Scope::Key(id) => people::require_keys(tx, org, &[id]).await,
    }
}

/// Refuses a second limit of the same scope, tool and period.
async fn require_free_identity(tx: &mut Session, org: OrgId, limit: &Limit) -> Result<()> {
    let other = sqlx::query(
        "SELECT FROM limits
         WHERE shard = $1 AND org_id = $2 AND scope = $3 AND scope_id IS NOT DISTINCT FROM $4
             AND tool IS NOT DISTINCT FROM $5
             AND period = $6 AND limit_id <> $7 AND NOT removed",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(limit.scope.kind())
    .bind(scope_id(limit.scope))
    .bind(limit.tool.as_ref().map(Tool::name))
    .bind(limit.period.name())
    .bind(limit.id.uuid())
    .fetch_optional(tx)
    .await?;
    match other {
        Some(_) => {
            Err(Error::conflict("another limit has the same scope, tool and period: change that"))
        }
        None => Ok(()),
    }
}

async fn make(tx: &mut Session, org: OrgId, limit: &Limit, counts_from: CountsFrom) -> Result<()> {
    sqlx::query(
        "INSERT INTO limits (shard, org_id, limit_id, scope, scope_id, tool, period, amount,
             opens_at_zero, removed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, false)",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(limit.id.uuid())
    .bind(limit.scope.kind())
    .bind(scope_id(limit.scope))
    .bind(limit.tool.as_ref().map(Tool::name))
    .bind(limit.period.name())
    .bind(limit.amount.micros_i64())
    .bind(counts_from == CountsFrom::Now)
    .execute(tx)
    .await?;
    Ok(())
}

/// Only the amount may change: of the limit, and of its accounts that have not ended.
async fn change(
    tx: &mut Session,
    org: OrgId,
    limit: &Limit,
    stored: &StoredLimit,
    now: Instant,
) -> Result<()> {
    require_same_identity(limit, &stored.limit)?;
    sqlx::query("UPDATE limits SET amount = $1 WHERE shard = $2 AND org_id = $3 AND limit_id = $4")
        .bind(limit.amount.micros_i64())
        .bind(shard(org))
        .bind(org.uuid())
        .bind(limit.id.uuid())
        .execute(&mut *tx)
        .await?;
    locks::accounts_of_limit(tx, org, limit.id).await?;
    let changed = sqlx::query(
        "UPDATE accounts
         SET amount = $1, recalled = recalled AND $1 <= amount, version = version + 1
         WHERE shard = $2 AND org_id = $3 AND limit_id = $4 AND NOT closed AND end_at > $5
         RETURNING account_id, spent",
    )
    .bind(limit.amount.micros_i64())
    .bind(shard(org))
    .bind(org.uuid())
    .bind(limit.id.uuid())
    .bind(now.micros())
    .fetch_all(&mut *tx)
    .await?;
    let mut accounts = Vec::with_capacity(changed.len());
    for row in changed {
        accounts.push((row.id("account_id")?, row.credits("spent")?));
    }
    accounts.sort_unstable();
    let amounts = (stored.limit.amount, limit.amount);
    for (account, spent) in accounts {
        record_lowering(tx, org, account, spent, amounts, now).await?;
    }
    Ok(())
}

/// Records what a period has reached by its new amount; the amounts are before and after.
async fn record_lowering(
    tx: &mut Session,
    org: OrgId,
    account: AccountId,
    spent: Credits,
    (before, amount): (Credits, Credits),
    at: Instant,
) -> Result<()> {
    let remaining = amount.saturating_sub(spent);
    for threshold in limit_thresholds((before, spent), (amount, spent)) {
        let event = ThresholdEvent { account, threshold, at, amount, remaining };
        thresholds::record(tx, org, &event).await?;
    }
    Ok(())
}

/// A removed limit counts again, with an account that opens anew.
async fn revive(
    tx: &mut Session,
    org: OrgId,
    limit: &Limit,
    stored: &StoredLimit,
    counts_from: CountsFrom,
) -> Result<()> {
    require_same_identity(limit, &stored.limit)?;
    sqlx::query(
        "UPDATE limits SET amount = $1, opens_at_zero = $2, removed = false
         WHERE shard = $3 AND org_id = $4 AND limit_id = $5",
    )
    .bind(limit.amount.micros_i64())
    .bind(counts_from == CountsFrom::Now)
    .bind(shard(org))
    .bind(org.uuid())
    .bind(limit.id.uuid())
    .execute(tx)
    .await?;
    Ok(())
}

fn require_same_identity(limit: &Limit, stored: &Limit) -> Result<()> {
    if (limit.scope, &limit.tool, limit.period) == (stored.scope, &stored.tool, stored.period) {
        return Ok(());
    }
    Err(Error::conflict(format!("{} keeps its scope, its tool and its period", limit.id)))
}
