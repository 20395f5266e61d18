//! Making, changing and removing limits.

use ledger::{AccountId, CountsFrom, Credits, Instant, Limit, LimitId, OrgId, Scope, Tool};
use sqlx::SqliteConnection;
use store::{ChangeSeq, ThresholdEvent, limit_thresholds};

use super::limit::{StoredLimit, limit as find, scope_id};
use super::path::require_short_paths;
use crate::SqliteStore;
use crate::changes::{Entity, record};
use crate::column::{Columns, Id};
use crate::error::{Error, Result};
use crate::people;
use crate::thresholds;

pub(crate) async fn put_limit(
    store: &SqliteStore,
    org: OrgId,
    limit: &Limit,
    counts_from: CountsFrom,
    now: Instant,
) -> Result<ChangeSeq> {
    let mut turn = store.writer.turn().await?;
    let mut tx = turn.begin().await?;
    people::require(&mut tx, org).await?;
    let seq = set_limit(&mut tx, org, limit, counts_from, now).await?;
    tx.commit().await?;
    Ok(seq)
}

/// Makes or changes a limit of an organisation that is there.
pub(crate) async fn set_limit(
    tx: &mut SqliteConnection,
    org: OrgId,
    limit: &Limit,
    counts_from: CountsFrom,
    now: Instant,
) -> Result<ChangeSeq> {
    require_scope(tx, org, limit.scope).await?;
    require_free_identity(tx, org, limit).await?;
    match find(tx, org, limit.id).await? {
        Some(stored) if !stored.removed => change(tx, org, limit, &stored, now).await?,
        Some(stored) => revive(tx, org, limit, &stored, counts_from).await?,
        None => make(tx, org, limit, counts_from).await?,
    }
    require_short_paths(tx, org, now).await?;
    record(tx, org, Entity::Limit(limit.id)).await
}

pub(crate) async fn remove_limit(
    store: &SqliteStore,
    org: OrgId,
    id: LimitId,
) -> Result<ChangeSeq> {
    let mut turn = store.writer.turn().await?;
    let mut tx = turn.begin().await?;
    let stored = find(&mut tx, org, id).await?.filter(|stored| !stored.removed);
    stored.ok_or_else(|| Error::conflict(format!("{org} has no limit {id}")))?;
    sqlx::query("UPDATE limits SET removed = 1 WHERE shard = ? AND org_id = ? AND limit_id = ?")
        .bind(org.shard().number())
        .bind(org.blob())
        .bind(id.blob())
        .execute(&mut *tx)
        .await?;
    // What it counted stays on record; revived, it opens another account.
    sqlx::query(
        "UPDATE accounts INDEXED BY accounts_of_limit SET closed = 1, version = version + 1
         WHERE shard = ? AND org_id = ? AND limit_id = ? AND closed = 0",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(id.blob())
    .execute(&mut *tx)
    .await?;
    let seq = record(&mut tx, org, Entity::Limit(id)).await?;
    tx.commit().await?;
    Ok(seq)
}

async fn require_scope(tx: &mut SqliteConnection, org: OrgId, scope: Scope) -> Result<()> {
    match scope {
        Scope::Org => Ok(()),
        Scope::Group(id) => people::require_groups(tx, org, &[id]).await,
        Scope::Project(id) => people::require_projects(tx, org, &[id]).await,
        Scope::Member(id) => people::require_members(tx, org, &[id]).await,
        Scope::Key(id) => people::require_keys(tx, org, &[id]).await,
    }
}

/// Refuses a second limit of the same scope, tool and period.
async fn require_free_identity(tx: &mut SqliteConnection, org: OrgId, limit: &Limit) -> Result<()> {
    let other: Option<i64> = sqlx::query_scalar(
        "SELECT 1 FROM limits
         WHERE shard = ? AND org_id = ? AND scope = ? AND scope_id IS ? AND tool IS ?
             AND period = ? AND limit_id <> ? AND removed = 0",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(limit.scope.kind())
    .bind(scope_id(limit.scope))
    .bind(limit.tool.as_ref().map(Tool::name))
    .bind(limit.period.name())
    .bind(limit.id.blob())
    .fetch_optional(tx)
    .await?;
    match other {
        Some(_) => {
            Err(Error::conflict("another limit has the same scope, tool and period: change that"))
        }
        None => Ok(()),
    }
}

async fn make(
    tx: &mut SqliteConnection,
    org: OrgId,
    limit: &Limit,
    counts_from: CountsFrom,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO limits (shard, org_id, limit_id, scope, scope_id, tool, period, amount,
             opens_at_zero, removed)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(limit.id.blob())
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
    tx: &mut SqliteConnection,
    org: OrgId,
    limit: &Limit,
    stored: &StoredLimit,
    now: Instant,
) -> Result<()> {
    require_same_identity(limit, &stored.limit)?;
    sqlx::query("UPDATE limits SET amount = ? WHERE shard = ? AND org_id = ? AND limit_id = ?")
        .bind(limit.amount.micros_i64())
        .bind(org.shard().number())
        .bind(org.blob())
        .bind(limit.id.blob())
        .execute(&mut *tx)
        .await?;
    let changed = sqlx::query(
        "UPDATE accounts INDEXED BY accounts_of_limit
         SET amount = ?1, recalled = iif(?1 > amount, 0, recalled), version = version + 1
         WHERE shard = ?2 AND org_id = ?3 AND limit_id = ?4 AND closed = 0 AND end_at > ?5
         RETURNING account_id, spent",
    )
    .bind(limit.amount.micros_i64())
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(limit.id.blob())
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
    tx: &mut SqliteConnection,
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
    tx: &mut SqliteConnection,
    org: OrgId,
    limit: &Limit,
    stored: &StoredLimit,
    counts_from: CountsFrom,
) -> Result<()> {
    require_same_identity(limit, &stored.limit)?;
    sqlx::query(
        "UPDATE limits SET amount = ?, opens_at_zero = ?, removed = 0
         WHERE shard = ? AND org_id = ? AND limit_id = ?",
    )
    .bind(limit.amount.micros_i64())
    .bind(counts_from == CountsFrom::Now)
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(limit.id.blob())
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
