//! The figures behind the protocol.

use ledger::{Epoch, NodeId, OrgId};
use sqlx::Row;
use sqlx::postgres::PgRow;
use store::{StoredAccount, source_from_name};

use crate::column::{Columns, Id, shard};
use crate::error::Result;
use crate::session::Session;

/// Every account of an organisation, by id, with its leases.
pub(crate) async fn accounts(session: &mut Session, org: OrgId) -> Result<Vec<StoredAccount>> {
    let rows = sqlx::query(
        "SELECT accounts.account_id, accounts.limit_id, accounts.kind, accounts.start_at,
             accounts.end_at, accounts.amount, accounts.spent, accounts.leased, accounts.reserved,
             accounts.opened_with, accounts.refunded, accounts.expired, accounts.written_off,
             accounts.written_back, accounts.closed, leases.node, leases.epoch, leases.amount AS lease, leases.written_off AS lost
         FROM accounts LEFT JOIN leases
             ON leases.shard = accounts.shard AND leases.org_id = accounts.org_id
                AND leases.account_id = accounts.account_id AND leases.amount + leases.written_off > 0
         WHERE accounts.shard = $1 AND accounts.org_id = $2
         ORDER BY accounts.account_id, leases.node, leases.epoch",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .fetch_all(session)
    .await?;
    let mut accounts: Vec<StoredAccount> = Vec::new();
    for row in rows {
        let account = from_row(&row)?;
        if accounts.last().is_none_or(|last| last.id != account.id) {
            accounts.push(account);
        }
        let leased = row.try_get::<Option<i64>, _>("node")?.is_some();
        if let Some(last) = accounts.last_mut().filter(|_| leased) {
            let (node, epoch) = (NodeId(row.small("node")?), Epoch(row.small("epoch")?));
            let (lease, lost) = (row.credits("lease")?, row.credits("lost")?);
            last.leases.extend((!lease.is_zero()).then_some((node, epoch, lease)));
            last.lost.extend((!lost.is_zero()).then_some((node, epoch, lost)));
        }
    }
    Ok(accounts)
}

fn from_row(row: &PgRow) -> Result<StoredAccount> {
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
