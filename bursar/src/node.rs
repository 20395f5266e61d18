//! The one gateway of this process, until it is shut down.

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

    pub(crate) const fn id(&self) -> NodeId {
        self.id
    }

    /// Takes in what the store has committed; whether everything up to `seq` is in force. While it is
    /// shut down, what still runs may spend, and nobody can say.
    pub(crate) async fn take_in(&self, seq: ChangeSeq) -> bool {
        match &*self.gateway.read().await {
            Some(gateway) => gateway.take_in(seq).await,
            None => false,
        }
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
