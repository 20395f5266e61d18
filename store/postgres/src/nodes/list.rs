//! Every gateway that ever was, and how it stands with it.

use ledger::{Epoch, Instant, NodeId};
use sqlx::postgres::PgRow;
use store::{LastStart, NodeState, StoredNode};

use crate::column::Columns;
use crate::error::Result;
use crate::session::Session;

pub(crate) async fn nodes(session: &mut Session, now: Instant) -> Result<Vec<StoredNode>> {
    let rows = sqlx::query(
        "SELECT nodes.node, nodes.epoch, registered_at, heard_at, control, state,
             least(coalesce(sum(leases.amount), 0), 9223372036854775807)::bigint AS leased
         FROM nodes
         LEFT JOIN (leases JOIN accounts ON accounts.shard = leases.shard
                 AND accounts.org_id = leases.org_id AND accounts.account_id = leases.account_id
                 AND accounts.limit_id IS NULL)
             ON leases.node = nodes.node
         GROUP BY nodes.node ORDER BY nodes.node",
    )
    .fetch_all(session)
    .await?;
    let stored = |row: &PgRow| {
        let heard = row.instant("heard_at")?;
        Ok(StoredNode {
            node: NodeId(row.small("node")?),
            epoch: Epoch(row.small("epoch")?),
            state: NodeState::of(row.named("state", LastStart::from_name)?, heard, now),
            registered: row.instant("registered_at")?,
            heard,
            control: row.text_or_none("control")?,
            leased: row.credits("leased")?,
        })
    };
    rows.iter().map(stored).collect()
}
