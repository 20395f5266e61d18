//! What is left of grants that have ended.

use std::collections::BTreeSet;

use ledger::{AccountId, Credits, GrantId, Instant, OrgId};
use store::{EntryBook, EntryCause, EntryKind, Expired, Level};

use crate::PostgresStore;
use crate::column::{Columns, Id, shard};
use crate::entries::{Transfer, enter};
use crate::error::Result;
use crate::nodes::{frozen_since, surely_frozen_since};
use crate::session::Session;
use crate::{locks, thresholds};

pub(crate) async fn expire(store: &PostgresStore, now: Instant) -> Result<Vec<Expired>> {
    let mut expired = Vec::new();
    for org in orgs(&mut store.plain().await?, now).await? {
        expired.extend(expire_of(store, org, now).await?);
    }
    Ok(expired)
}

/// The organisations of which something has ended; usually there is none. While gateways may have
/// something that the store has forgotten, nobody can say what is left.
async fn orgs(session: &mut Session, now: Instant) -> Result<BTreeSet<OrgId>> {
    let rows = sqlx::query(
        "SELECT org_id FROM accounts
         WHERE unexpired AND end_at <= $1 AND leased = 0 AND reserved = 0 AND NOT EXISTS (
             SELECT FROM meta
             WHERE incarnation > 1 AND incarnation_at > $2
                 AND (incarnation_at > $3 OR EXISTS (
                     SELECT FROM nodes
                     WHERE state = 'running' AND nodes.incarnation < meta.incarnation)))",
    )
    .bind(now.micros())
    .bind(frozen_since(now))
    .bind(surely_frozen_since(now))
    .fetch_all(session)
    .await?;
    rows.iter().map(|row| row.id("org_id")).collect()
}

async fn expire_of(store: &PostgresStore, org: OrgId, now: Instant) -> Result<Vec<Expired>> {
    let mut tx = store.write().await?;
    locks::books(&mut tx, org).await?;
    let ended = ended(&mut tx, org, now).await?;
    for Ended { expired, amount } in &ended {
        end(&mut tx, expired, *amount, now).await?;
    }
    tx.commit().await?;
    Ok(ended.into_iter().map(|ended| ended.expired).collect())
}

struct Ended {
    expired: Expired,
    /// What was granted.
    amount: Credits,
}

/// The grants that have ended, of which something is left, and nobody has anything: nobody can get
/// any of them now.
async fn ended(tx: &mut Session, org: OrgId, now: Instant) -> Result<Vec<Ended>> {
    let rows = sqlx::query(
        "SELECT account_id, amount, amount - spent - expired - written_off AS remaining
         FROM accounts
         WHERE shard = $1 AND org_id = $2 AND limit_id IS NULL AND unexpired AND end_at <= $3
             AND leased = 0 AND reserved = 0
         ORDER BY account_id FOR NO KEY UPDATE",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(now.micros())
    .fetch_all(tx)
    .await?;
    let mut ended = Vec::with_capacity(rows.len());
    for row in rows {
        let grant = row.id::<GrantId>("account_id")?;
        let expired = Expired { org, grant, amount: row.credits("remaining")? };
        ended.push(Ended { expired, amount: row.credits("amount")? });
    }
    Ok(ended)
}

async fn end(tx: &mut Session, expired: &Expired, granted: Credits, now: Instant) -> Result<()> {
    let Expired { org, grant, amount } = *expired;
    let account = AccountId::from(grant);
    // As if the end had not come: what it takes from the organisation is told.
    let gone = granted.saturating_sub(amount);
    let before = thresholds::level(tx, org, now).await?.and(Level::new(granted, gone));
    sqlx::query(
        "UPDATE accounts SET expired = expired + $1, version = version + 1
         WHERE shard = $2 AND org_id = $3 AND account_id = $4",
    )
    .bind(amount.micros_i64())
    .bind(shard(org))
    .bind(org.uuid())
    .bind(account.uuid())
    .execute(&mut *tx)
    .await?;
    let (kind, cause) = (EntryKind::Expiry, EntryCause::Grant);
    let (from, to) = (EntryBook::Grant(account), EntryBook::Expired);
    enter(tx, org, now, &Transfer { kind, from, to, amount, cause }).await?;
    thresholds::record_credits(tx, org, account, before, now).await
}
