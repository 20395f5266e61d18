//! Every gateway that a change has to reach, as the admin API sees them.

use std::sync::Arc;
use std::time::Duration;

use admin_api::{AppliedBy, Nodes};
use async_trait::async_trait;
use store::ChangeSeq;

use crate::neighbours::Neighbours;
use crate::node::ThisNode;

/// How long an admin waits for one gateway: beside the others, not after them.
pub(crate) const WITHIN: Duration = Duration::from_secs(1);

/// The gateway of this process, and those that share its store.
pub(crate) struct Gateways {
    this: Arc<ThisNode>,
    /// None with a store that serves one gateway.
    neighbours: Option<Neighbours>,
}

/// What became of telling one gateway.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) name: String,
    /// Whether the change is known to be in force there.
    pub(crate) in_force: bool,
}

impl Gateways {
    pub(crate) const fn new(this: Arc<ThisNode>, neighbours: Option<Neighbours>) -> Self {
        Self { this, neighbours }
    }

    async fn tell_this(&self, seq: ChangeSeq) -> Told {
        let told = tokio::time::timeout(WITHIN, self.this.take_in(seq)).await;
        Told { name: self.this.id().to_string(), in_force: told.unwrap_or(false) }
    }

    async fn tell_neighbours(&self, seq: ChangeSeq) -> Vec<Told> {
        match &self.neighbours {
            Some(neighbours) => neighbours.tell(seq).await,
            None => Vec::new(),
        }
    }
}

#[async_trait]
impl Nodes for Gateways {
    async fn apply(&self, seq: ChangeSeq) -> AppliedBy {
        let (this, neighbours) = tokio::join!(self.tell_this(seq), self.tell_neighbours(seq));
        let mut applied = AppliedBy { nodes: 0, of: 0, missing: Vec::new() };
        for Told { name, in_force } in std::iter::once(this).chain(neighbours) {
            applied.of += 1;
            if in_force {
                applied.nodes += 1;
            } else {
                applied.missing.push(name);
            }
        }
        applied
    }
}
