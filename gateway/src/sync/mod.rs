//! Where this gateway meets the store: leases come in, what was charged goes out.

mod keys;
mod shard;
mod task;

use std::sync::Arc;

use journal::Journal;
use ledger::{Epoch, Instant, NodeId, OrgId, Shard};
use store::{Applied, ChangeSeq, Refill, Store};

use crate::org::{Directory, Org};
use crate::time::Clock;
use keys::UnclaimedKeys;
use shard::ShardSync;

pub(crate) use task::run;

/// The organisations in memory, and the one road between them and the store.
pub(crate) struct Ledger {
    node: NodeId,
    epoch: Epoch,
    store: Arc<dyn Store>,
    journal: Arc<Journal>,
    clock: Arc<dyn Clock>,
    directory: Directory,
    shards: Vec<ShardSync>,
    unclaimed: UnclaimedKeys,
    health: Health,
}

/// Whether the store answers, for readiness and metrics.
#[derive(Debug, Default)]
pub(crate) struct Health {
    fenced: std::sync::atomic::AtomicBool,
    failing: std::sync::atomic::AtomicBool,
}

impl Health {
    pub(crate) fn is_fenced(&self) -> bool {
        self.fenced.load(std::sync::atomic::Ordering::Relaxed)
    }

    pub(crate) fn is_failing(&self) -> bool {
        self.failing.load(std::sync::atomic::Ordering::Relaxed)
    }
}

/// What a gateway brings to its store.
pub(crate) struct Membership {
    pub(crate) node: NodeId,
    pub(crate) epoch: Epoch,
    pub(crate) applied: Vec<(Shard, Applied)>,
}

impl Ledger {
    pub(crate) async fn new(
        membership: Membership,
        store: Arc<dyn Store>,
        journal: Arc<Journal>,
        clock: Arc<dyn Clock>,
    ) -> store::Result<Self> {
        let directory = Directory::new(Arc::clone(&store), Arc::clone(&clock)).await?;
        let shards = (0..Shard::COUNT).filter_map(Shard::new).map(|shard| {
            let applied = membership.applied.iter().find(|(known, _)| *known == shard);
            ShardSync::new(shard, applied.map(|(_, applied)| *applied).unwrap_or_default())
        });
        Ok(Self {
            node: membership.node,
            epoch: membership.epoch,
            shards: shards.collect(),
            unclaimed: UnclaimedKeys::default(),
            store,
            journal,
            clock,
            directory,
            health: Health::default(),
        })
    }

    pub(crate) const fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }

    pub(crate) const fn health(&self) -> &Health {
        &self.health
    }

    /// The time for money.
    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Has the store take back what earlier starts of this node leased.
    pub(crate) async fn give_back_earlier_leases(&self) -> store::Result<()> {
        self.store.recovered(self.node, self.epoch).await
    }

    /// Requests that wait for credits, and streams that wait for more.
    pub(crate) fn waiting(&self) -> usize {
        self.directory.all().iter().map(|org| org.waiting()).sum()
    }

    /// An organisation with its leases; `None` if there is no such one.
    pub(crate) async fn org(&self, id: OrgId) -> store::Result<Option<Arc<Org>>> {
        let Some(org) = self.directory.load(id).await? else { return Ok(None) };
        self.lease_all(&org).await?;
        Ok(Some(org))
    }

    /// Opens what the organisation needs now, and leases it.
    pub(crate) async fn open_periods(&self, org: &Org) -> store::Result<()> {
        self.directory.open_periods(org).await?;
        self.lease_all(org).await.map(|_| ())
    }

    /// Takes in the feed and leases what it brought; whether everything up to `seq` is in force.
    pub(crate) async fn take_in(&self, seq: ChangeSeq) -> store::Result<bool> {
        self.directory.read_feed().await?;
        // One organisation that cannot be leased for does not keep the others waiting.
        let mut outcome = Ok(self.directory.taken_in() >= seq);
        for org in self.directory.all() {
            if let Err(failure) = self.lease_all(&org).await {
                outcome = Err(failure);
            }
        }
        outcome
    }

    /// Leases everything that the store has of the organisation: a gateway that is alone. Whether
    /// there was anything.
    async fn lease_all(&self, org: &Org) -> store::Result<bool> {
        if org.is_quarantined() {
            return Ok(false);
        }
        org.lease(|| {
            let accounts = org.open_accounts().into_iter();
            let refill = accounts.map(Refill::everything).collect();
            self.sync(org.shard(), refill)
        })
        .await
    }
}
