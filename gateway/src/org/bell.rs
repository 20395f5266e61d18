//! What has a shard synced before its turn: somebody waits, a lease runs low, or something goes back.

use std::collections::BTreeSet;

use ledger::OrgId;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// The bell of one shard.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    reasons: Mutex<Reasons>,
    rung: Notify,
}

/// Why it was rung.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reasons {
    /// Organisations with something to ask for, or to give back.
    pub(crate) orgs: BTreeSet<OrgId>,
    /// There are records to report.
    pub(crate) report: bool,
    /// The store recalls leases of the shard: it has to be heard which.
    pub(crate) recalled: bool,
}

impl Reasons {
    /// Both of them.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.orgs.extend(other.orgs);
        self.report |= other.report;
        self.recalled |= other.recalled;
        self
    }
}

impl Bell {
    pub(crate) fn ring_for(&self, org: OrgId) {
        self.ring(|reasons| {
            reasons.orgs.insert(org);
        });
    }

    pub(crate) fn ring_to_report(&self) {
        self.ring(|reasons| reasons.report = true);
    }

    pub(crate) fn ring_recalled(&self) {
        self.ring(|reasons| reasons.recalled = true);
    }

    /// Waits until it is rung, or has been since the last wait.
    pub(crate) async fn rung(&self) {
        self.rung.notified().await;
    }

    /// Why it was rung since the last call.
    pub(crate) fn take(&self) -> Reasons {
        std::mem::take(&mut *self.reasons.lock())
    }

    fn ring(&self, why: impl FnOnce(&mut Reasons)) {
        why(&mut self.reasons.lock());
        self.rung.notify_one();
    }
}
