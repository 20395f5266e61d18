//! The one gateway of this process, as the admin API sees it.

use admin_api::{AppliedBy, Nodes};
use async_trait::async_trait;
use gateway::Gateway;
use ledger::NodeId;
use store::ChangeSeq;
use tokio::sync::RwLock;

/// The gateway of this process, until it is shut down.
pub(crate) struct ThisNode {
    id: NodeId,
    gateway: RwLock<Option<Gateway>>,
}

impl ThisNode {
    pub(crate) fn new(id: NodeId, gateway: Gateway) -> Self {
        Self { id, gateway: RwLock::new(Some(gateway)) }
    }

    /// Shuts the gateway down, once; changes that it is taking in go first.
    ///
    /// # Errors
    /// The last sync was not acknowledged.
    pub(crate) async fn shutdown(&self) -> anyhow::Result<()> {
        let gateway = self.gateway.write().await.take();
        match gateway {
            Some(gateway) => Ok(gateway.shutdown().await?),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Nodes for ThisNode {
    async fn apply(&self, seq: ChangeSeq) -> AppliedBy {
        match &*self.gateway.read().await {
            Some(gateway) if gateway.take_in(seq).await => {
                AppliedBy { nodes: 1, of: 1, missing: Vec::new() }
            }
            Some(_) => AppliedBy { nodes: 0, of: 1, missing: vec![self.id.to_string()] },
            // It spends nothing any more, so there is nothing to be late with.
            None => AppliedBy { nodes: 0, of: 0, missing: Vec::new() },
        }
    }
}
