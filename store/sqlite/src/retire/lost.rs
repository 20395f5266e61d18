//! What gateways that are given up had.

use ledger::{Access, Credits, GrantId, NodeId, OrgId};
use sqlx::SqliteConnection;
use store::WrittenOff;

use crate::column::{Columns, Id};
use crate::error::{Error, Result};
use crate::money;

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

/// What all starts of a node have, by organisation and account.
pub(super) async fn read(tx: &mut SqliteConnection, node: NodeId) -> Result<Vec<Lost>> {
    let rows = sqlx::query(
        "SELECT leases.org_id, leases.account_id, accounts.limit_id, sum(leases.amount) AS amount
         FROM leases CROSS JOIN accounts
             ON accounts.shard = leases.shard AND accounts.org_id = leases.org_id
                AND accounts.account_id = leases.account_id
         WHERE leases.node = ? AND leases.amount > 0
         GROUP BY leases.org_id, leases.account_id ORDER BY leases.org_id, leases.account_id",
    )
    .bind(node.0)
    .fetch_all(&mut *tx)
    .await?;
    let mut lost = Vec::with_capacity(rows.len());
    for row in rows {
        let written_off = WrittenOff {
            org: row.id("org_id")?,
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

async fn access(tx: &mut SqliteConnection, lost: &WrittenOff) -> Result<Access> {
    let grant = GrantId::from_bits(lost.account.bits());
    let stored = money::grant(tx, lost.org, grant).await?;
    let missing = || Error::corrupt(format!("{grant} has an account and is not there"));
    Ok(stored.ok_or_else(missing)?.grant.access)
}

/// Writes off what all starts of a node have.
pub(super) async fn write_off(tx: &mut SqliteConnection, node: NodeId) -> Result<()> {
    sqlx::query(
        "UPDATE accounts SET leased = leased - lost.amount, written_off = written_off + lost.amount,
             version = version + 1
         FROM (SELECT shard, org_id, account_id, sum(amount) AS amount FROM leases
               WHERE node = ? AND amount > 0 GROUP BY shard, org_id, account_id) AS lost
         WHERE accounts.shard = lost.shard AND accounts.org_id = lost.org_id
             AND accounts.account_id = lost.account_id",
    )
    .bind(node.0)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "UPDATE leases SET written_off = written_off + amount, amount = 0
         WHERE node = ? AND amount > 0",
    )
    .bind(node.0)
    .execute(tx)
    .await?;
    Ok(())
}
