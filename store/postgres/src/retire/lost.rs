//! What gateways that are given up had.

use std::collections::BTreeSet;

use ledger::{Access, Credits, GrantId, NodeId, OrgId};
use store::WrittenOff;

use crate::column::{Columns, Id, shard};
use crate::error::{Error, Result};
use crate::money;
use crate::session::Session;

/// What a gateway had of an account.
pub(super) struct Lost {
    pub(super) written_off: WrittenOff,
    /// Who may burn the grant; none for a limit.
    access: Option<Access>,
}

impl Lost {
    /// What is to be made up for, and for whom.
    pub(super) fn of_grant(&self) -> Option<(OrgId, Access, Credits)> {
        let WrittenOff { org, amount, .. } = self.written_off;
        Some((org, self.access.clone()?, amount))
    }
}

/// The organisations of which a node has anything.
pub(super) async fn orgs(session: &mut Session, node: NodeId) -> Result<BTreeSet<OrgId>> {
    let rows = sqlx::query("SELECT DISTINCT org_id FROM leases WHERE node = $1 AND amount > 0")
        .bind(i64::from(node.0))
        .fetch_all(session)
        .await?;
    rows.iter().map(|row| row.id("org_id")).collect()
}

/// Has the accounts of which a node had anything, after the books.
pub(super) async fn lock(tx: &mut Session, node: NodeId, org: OrgId) -> Result<()> {
    sqlx::query(
        "SELECT FROM accounts WHERE shard = $1 AND org_id = $2 AND account_id IN (
             SELECT account_id FROM leases WHERE shard = $1 AND org_id = $2 AND node = $3)
         ORDER BY account_id FOR NO KEY UPDATE",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(i64::from(node.0))
    .execute(tx)
    .await?;
    Ok(())
}

/// What all starts of a node have of an organisation, by account.
pub(super) async fn read(tx: &mut Session, node: NodeId, org: OrgId) -> Result<Vec<Lost>> {
    let rows = sqlx::query(
        "SELECT leases.account_id, accounts.limit_id, sum(leases.amount)::bigint AS amount
         FROM leases JOIN accounts USING (shard, org_id, account_id)
         WHERE leases.shard = $1 AND leases.org_id = $2 AND leases.node = $3 AND leases.amount > 0
         GROUP BY leases.account_id, accounts.limit_id ORDER BY leases.account_id",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(i64::from(node.0))
    .fetch_all(&mut *tx)
    .await?;
    let mut lost = Vec::with_capacity(rows.len());
    for row in rows {
        let written_off = WrittenOff {
            org,
            account: row.id("account_id")?,
            limit: row.id_or_none("limit_id")?,
            amount: row.credits("amount")?,
        };
        let access = match written_off.limit {
            Some(_) => None,
            None => Some(access(tx, &written_off).await?),
        };
        lost.push(Lost { written_off, access });
    }
    Ok(lost)
}

async fn access(tx: &mut Session, lost: &WrittenOff) -> Result<Access> {
    let grant = GrantId::from_u128(lost.account.as_u128());
    let stored = money::grant(tx, lost.org, grant).await?;
    let missing = || Error::corrupt(format!("{grant} has an account and is not there"));
    Ok(stored.ok_or_else(missing)?.grant.access)
}

/// Writes off what all starts of a node have of an organisation.
pub(super) async fn write_off(tx: &mut Session, node: NodeId, org: OrgId) -> Result<()> {
    for statement in [
        "UPDATE accounts SET leased = leased - lost.amount,
             written_off = written_off + lost.amount, version = version + 1
         FROM (SELECT account_id, sum(amount)::bigint AS amount FROM leases
               WHERE shard = $1 AND org_id = $2 AND node = $3 AND amount > 0
               GROUP BY account_id) AS lost
         WHERE accounts.shard = $1 AND accounts.org_id = $2
             AND accounts.account_id = lost.account_id",
        "UPDATE leases SET written_off = written_off + amount, amount = 0
         WHERE shard = $1 AND org_id = $2 AND node = $3 AND amount > 0",
    ] {
        sqlx::query(statement)
            .bind(shard(org))
            .bind(org.uuid())
            .bind(i64::from(node.0))
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}
