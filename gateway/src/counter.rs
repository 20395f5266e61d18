//! The requests of an epoch, counted at arrival.

use std::sync::atomic::{AtomicU64, Ordering};

use ledger::{Epoch, HoldId, NodeId};

/// Counts the requests of an epoch: a hold's name is its request's.
#[derive(Debug)]
pub(crate) struct RequestCounter {
    node: NodeId,
    epoch: Epoch,
    next: AtomicU64,
}

impl RequestCounter {
    pub(crate) const fn new(node: NodeId, epoch: Epoch) -> Self {
        Self { node, epoch, next: AtomicU64::new(1) }
    }

    pub(crate) fn next(&self) -> HoldId {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        HoldId { node: self.node, epoch: self.epoch, n }
    }
}
