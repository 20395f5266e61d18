//! Where this gateway meets the store: leases come in, what was charged goes out.

mod attend;
mod health;
mod heartbeat;
mod keys;
mod leave;
mod rewind;
mod shard;
mod task;
mod uses;
mod wish;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use journal::Journal;
use ledger::{Epoch, Instant, NodeId, OrgId, Shard};
use store::{Applied, ChangeSeq};
use tokio::sync::Notify;
use tracing::debug;

use crate::flights::Landed;
use crate::identity::KnownSecrets;
use crate::org::{Bell, Directory, Org};
use crate::store_calls::StoreCalls;
use crate::time::Clock;
use health::Health;
use keys::UnclaimedKeys;
use shard::ShardSync;
use uses::Uses;

pub(crate) use task::Tasks;
pub(crate) use wish::Wish;

/// The organisations in memory, and the one road between them and the store.
pub(crate) struct Ledger {
    node: NodeId,
    epoch: Epoch,
    /// Where it is told of changes.
    control: Option<String>,
    journal_id: u128,
    /// The life of the store that this gateway knows.
    incarnation: AtomicU64,
    /// It was told everything.
    told: AtomicBool,
    /// The store knows less than it did.
    went_back: Notify,
    store: Arc<StoreCalls>,
    journal: Arc<Journal>,
    clock: Arc<dyn Clock>,
    directory: Directory,
    shards: Vec<ShardSync>,
    unclaimed: UnclaimedKeys,
    uses: Uses,
    health: Health,
    /// The gateways that live, by the store's last word.
    live: AtomicU32,
}

/// What a gateway brings to its store.
pub(crate) struct Membership {
    pub(crate) node: NodeId,
    pub(crate) epoch: Epoch,
    pub(crate) control: Option<String>,
    pub(crate) journal_id: u128,
    pub(crate) applied: Vec<(Shard, Applied)>,
}

impl Ledger {
    pub(crate) async fn new(
        membership: Membership,
        store: Arc<StoreCalls>,
        secrets: Arc<KnownSecrets>,
        journal: Arc<Journal>,
        clock: Arc<dyn Clock>,
    ) -> store::Result<Self> {
        let stamp = store.stamp().await?;
        let clock_of = Arc::clone(&clock);
        let directory = Directory::new(Arc::clone(&store), secrets, clock_of, stamp.seq);
        // After the stamp: what changes from there on is in the feed.
        directory.read_secrets().await?;
        let shards = shards().map(|shard| {
            let applied = membership.applied.iter().find(|(known, _)| *known == shard);
            ShardSync::new(shard, applied.map(|(_, applied)| *applied).unwrap_or_default())
        });
        Ok(Self {
            node: membership.node,
            epoch: membership.epoch,
            control: membership.control,
            journal_id: membership.journal_id,
            incarnation: AtomicU64::new(stamp.incarnation),
            told: AtomicBool::new(false),
            went_back: Notify::new(),
            shards: shards.collect(),
            unclaimed: UnclaimedKeys::default(),
            uses: Uses::default(),
            store,
            journal,
            health: Health::new(membership.epoch, clock.since_boot()),
            clock,
            directory,
            live: AtomicU32::new(1),
        })
    }

    pub(crate) const fn store(&self) -> &Arc<StoreCalls> {
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

    /// Whether nothing may be admitted: a later start of this node has begun, or the store has not
    /// answered for longer than that.
    pub(crate) fn is_cut_off(&self, max_offline: Duration) -> bool {
        self.health.is_fenced() || self.health.is_away_longer(max_offline, self.clock.since_boot())
    }

    fn live(&self) -> u32 {
        self.live.load(Ordering::Relaxed)
    }

    fn bell(&self, shard: Shard) -> &Bell {
        self.directory.bell(shard)
    }

    /// Has the store take back what earlier starts of this node leased.
    pub(crate) async fn give_back_earlier_leases(&self) -> store::Result<()> {
        self.store.recovered(self.node, self.epoch).await
    }

    /// Requests that wait for credits, and streams that wait for more.
    pub(crate) fn waiting(&self) -> usize {
        self.directory.all().iter().map(|org| org.waiting()).sum()
    }

    /// An organisation, with its leases if they are not shared; `None` if there is no such one.
    pub(crate) async fn org(&self, id: OrgId) -> Landed<Option<Arc<Org>>> {
        let Some(org) = self.directory.load(id).await? else { return Ok(None) };
        self.lease_all(&org).await?;
        Ok(Some(org))
    }

    /// Opens what the organisation needs now, and leases it.
    pub(crate) async fn open_periods(&self, org: &Arc<Org>) -> store::Result<()> {
        self.directory.open_periods(org).await?;
        self.lease_all(org).await.map(|_| ())
    }

    /// Takes in the feed up to a change; the last change that is in force, for whoever is told that
    /// it is. A store that went back in time counts changes anew: what was in force before says
    /// nothing of what it means now.
    ///
    /// # Errors
    /// The store's; [`store::Error::Unavailable`] until everything is read again.
    pub(crate) async fn confirm(&self, seq: ChangeSeq) -> store::Result<ChangeSeq> {
        let leased = self.take_in(seq).await;
        let in_force = self.directory.taken_in();
        let stamp = self.store.stamp().await?;
        if self.is_another_life(&stamp, in_force) {
            return Err(store::Error::Unavailable("it has gone back in time".to_owned()));
        }
        leased.map(|_| in_force)
    }

    /// Takes in the feed; whether everything up to `seq` is in force.
    ///
    /// What a change gives somebody to spend is leased before this ends, if nobody else spends of
    /// it: a request that comes right after is not to be told that there is nothing.
    pub(crate) async fn take_in(&self, seq: ChangeSeq) -> store::Result<bool> {
        self.directory.read_feed(seq).await?;
        let mut outcome = Ok(self.directory.taken_in() >= seq);
        for (org, enriched) in self.directory.enriched() {
            let leased = match self.directory.open_periods(&org).await {
                Ok(()) => self.lease_all(&org).await,
                Err(failure) => Err(failure),
            };
            match leased {
                Ok(_) => self.directory.leased(org.id(), enriched),
                // Another one's trouble says nothing of this change.
                Err(failure) if enriched == seq => outcome = Err(failure),
                Err(failure) => debug!(%failure, org = %org.id(), "leases wait for their turn"),
            }
        }
        outcome
    }

    /// Leases everything that the store has of the organisation, unless others spend of it as well.
    /// Whether there was anything.
    async fn lease_all(&self, org: &Arc<Org>) -> store::Result<bool> {
        if org.is_shared() || org.is_quarantined() {
            return Ok(false);
        }
        org.lease(|| self.sync(org.shard(), Wish::of(org))).await
    }
}

fn shards() -> impl Iterator<Item = Shard> {
    (0..Shard::COUNT).filter_map(Shard::new)
}
