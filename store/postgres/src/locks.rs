//! The locks of those who move money, and the one order in which everybody takes them.
//!
//! 1. The gateway's row in `nodes`: syncs share it, so that a gateway's shards do not wait for each
//!    other, and neither does its heartbeat; a start and a retirement have it alone.
//! 2. The organisation's row in `counters`, several by id. Whoever adds to its ledger has it, or
//!    decides by more than one of its rows: the charges of a sync, grants, limits, periods,
//!    corrections, expiry.
//! 3. The organisation itself, by whoever changes it or those in it, and whoever must not have them
//!    change: grants and limits.
//!    Then the secrets of its keys, by hash. Whoever notes when secrets were used has only these.
//! 4. Accounts, by id. Whoever leases has only these.
//! 5. What hangs on them, with nothing of its own to wait for: leases, events, rollups, entries.
//! 6. Idempotency keys. A request that claims one has nothing of the above but 1.
//! 7. The counter of changes in `meta`, shortly before the commit.
//!
//! Each statement of a transaction sees what was committed before it began (READ COMMITTED), so what
//! is read after a lock is as the lock found it. What was read before is read again.

use ledger::{AccountId, LimitId, OrgId};

use crate::column::{Id, shard, uuids};
use crate::error::Result;
use crate::session::Session;

/// Has the books of an organisation, if there is such a one.
pub(crate) async fn books(tx: &mut Session, org: OrgId) -> Result<()> {
    sqlx::query("SELECT FROM counters WHERE shard = $1 AND org_id = $2 FOR NO KEY UPDATE")
        .bind(shard(org))
        .bind(org.uuid())
        .execute(tx)
        .await?;
    Ok(())
}

/// Has accounts of an organisation; after its books.
pub(crate) async fn accounts(
    tx: &mut Session,
    org: OrgId,
    accounts: impl IntoIterator<Item = AccountId>,
) -> Result<()> {
    sqlx::query(
        "SELECT FROM accounts WHERE shard = $1 AND org_id = $2 AND account_id = ANY ($3)
         ORDER BY account_id FOR NO KEY UPDATE",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(uuids(accounts))
    .execute(tx)
    .await?;
    Ok(())
}

/// Has the accounts of a limit that count; after the books.
pub(crate) async fn accounts_of_limit(tx: &mut Session, org: OrgId, limit: LimitId) -> Result<()> {
    sqlx::query(
        "SELECT FROM accounts WHERE shard = $1 AND org_id = $2 AND limit_id = $3 AND NOT closed
         ORDER BY account_id FOR NO KEY UPDATE",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(limit.uuid())
    .execute(tx)
    .await?;
    Ok(())
}

/// Has the books of several organisations, of any shards.
pub(crate) async fn every_books(tx: &mut Session, orgs: &[OrgId]) -> Result<()> {
    let shards: Vec<i16> = orgs.iter().copied().map(shard).collect();
    sqlx::query(
        "SELECT FROM counters
         WHERE (shard, org_id) IN (SELECT * FROM unnest($1::smallint[], $2::uuid[]))
         ORDER BY shard, org_id FOR NO KEY UPDATE",
    )
    .bind(shards)
    .bind(uuids(orgs.iter().copied()))
    .execute(tx)
    .await?;
    Ok(())
}

/// Has accounts of several organisations; after their books.
pub(crate) async fn every_account(tx: &mut Session, accounts: &[(OrgId, AccountId)]) -> Result<()> {
    let shards: Vec<i16> = accounts.iter().map(|(org, _)| shard(*org)).collect();
    sqlx::query(
        "SELECT FROM accounts
         WHERE (shard, account_id) IN (SELECT * FROM unnest($1::smallint[], $2::uuid[]))
         ORDER BY shard, account_id FOR NO KEY UPDATE",
    )
    .bind(shards)
    .bind(uuids(accounts.iter().map(|(_, account)| *account)))
    .execute(tx)
    .await?;
    Ok(())
}
