//! The figures behind the protocol.

use ledger::{Credits, Epoch, NodeId, OrgId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use store::{StoredAccount, source_from_name};

use crate::column::{Columns, Id};
use crate::error::Result;

/// Every account of an organisation, by id, with its leases.
pub(crate) async fn accounts(
    connection: &mut SqliteConnection,
    org: OrgId,
) -> Result<Vec<StoredAccount>> {
    let rows = sqlx::query(
        "SELECT accounts.*, leases.node, leases.epoch, leases.amount AS lease,
             leases.written_off AS lost
         FROM accounts LEFT JOIN leases
             ON leases.shard = accounts.shard AND leases.org_id = accounts.org_id
                AND leases.account_id = accounts.account_id
                AND leases.amount + leases.written_off > 0
         WHERE accounts.shard = ? AND accounts.org_id = ?
         ORDER BY accounts.account_id, leases.node, leases.epoch",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .fetch_all(connection)
    .await?;
    let mut accounts: Vec<StoredAccount> = Vec::new();
    for row in rows {
        let account = from_row(&row)?;
        if accounts.last().is_none_or(|last| last.id != account.id) {
            accounts.push(account);
        }
        if let (Some(node), Some(last)) = (row.try_get("node")?, accounts.last_mut()) {
            let (node, epoch) = (NodeId(node), Epoch(row.small("epoch")?));
            let of_start = |amount: Credits| (!amount.is_zero()).then_some((node, epoch, amount));
            last.leases.extend(of_start(row.credits("lease")?));
            last.lost.extend(of_start(row.credits("lost")?));
        }
    }
    Ok(accounts)
}

fn from_row(row: &SqliteRow) -> Result<StoredAccount> {
    Ok(StoredAccount {
        id: row.id("account_id")?,
        limit: row.id_or_none("limit_id")?,
        source: row.named("kind", source_from_name)?,
        start: row.instant("start_at")?,
        end: row.instant("end_at")?,
        amount: row.credits("amount")?,
        spent: row.credits("spent")?,
        leased: row.credits("leased")?,
        reserved: row.credits("reserved")?,
        opened_with: row.credits("opened_with")?,
        refunded: row.credits("refunded")?,
        expired: row.credits("expired")?,
        written_off: row.credits("written_off")?,
        written_back: row.credits("written_back")?,
        closed: row.flag("closed")?,
        leases: Vec::new(),
        lost: Vec::new(),
    })
}
