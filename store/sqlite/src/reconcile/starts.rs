//! The gateways and their starts, and how much of their journals is applied.

use std::collections::HashMap;

use ledger::{Epoch, HoldId, NodeId};
use sqlx::SqliteConnection;
use store::{Check, Difference};

use super::books::Books;
use super::events::Event;
use super::owners::Owner;
use crate::column::Columns;
use crate::error::Result;

/// The last start of each gateway, and how far each shard is with the journal of it.
pub(super) struct Starts {
    last: HashMap<NodeId, Epoch>,
    applied: HashMap<(i64, NodeId), u64>,
}

impl Starts {
    pub(super) async fn read(connection: &mut SqliteConnection, books: &mut Books) -> Result<Self> {
        let mut starts = Self { last: HashMap::new(), applied: HashMap::new() };
        for row in sqlx::query("SELECT node, epoch FROM nodes").fetch_all(&mut *connection).await? {
            starts.last.insert(NodeId(row.small("node")?), Epoch(row.small("epoch")?));
        }
        // A handful of journals, each with a row for a shard.
        let rows = sqlx::query(
            "SELECT applied.shard, applied.node, applied.seq, nodes.node IS NOT NULL AS known,
                 applied.journal IS nodes.journal AS current
             FROM applied LEFT JOIN nodes USING (node)",
        )
        .fetch_all(connection)
        .await?;
        for row in rows {
            let (shard, node) = (row.integer("shard")?, NodeId(row.small("node")?));
            if row.flag("current")? {
                starts.applied.insert((shard, node), row.count("seq")?);
            }
            let unknown = (!row.flag("known")?).then(|| Difference {
                about: format!("what shard {shard} has applied"),
                expected: "a gateway that has started".to_owned(),
                found: node.to_string(),
            });
            books.of(Check::Sequence).count(unknown);
        }
        Ok(starts)
    }

    /// Whether a gateway has had this start.
    pub(super) fn has(&self, node: NodeId, epoch: Epoch) -> bool {
        epoch.0 > 0 && self.last.get(&node).is_some_and(|last| epoch <= *last)
    }

    /// Whether it is the gateway's last.
    pub(super) fn is_last(&self, node: NodeId, epoch: Epoch) -> bool {
        self.last.get(&node) == Some(&epoch)
    }

    /// Counts an event as reported by a sync that was applied.
    ///
    /// What a gateway's last start charged can only have been reported from the journal of that
    /// start; which journals earlier ones had is not on record.
    pub(super) fn check(&self, event: &Event, owner: &Owner, books: &mut Books) {
        let HoldId { node, epoch, .. } = event.hold;
        let unreported = self.is_last(node, epoch) && self.applied(owner.shard, node) == 0;
        books.of(Check::Sequence).count(unreported.then(|| Difference {
            about: format!("{} of {}", event.hold, owner.org),
            expected: "a sync that reported it".to_owned(),
            found: format!("none of shard {} by {node}", owner.shard),
        }));
    }

    /// The last sync of a shard that is applied of the journal of a gateway's last start; 0 for none.
    pub(super) fn applied(&self, shard: i64, node: NodeId) -> u64 {
        self.applied.get(&(shard, node)).copied().unwrap_or(0)
    }
}
