//! Every organisation that this gateway serves: loaded once, then kept true by the change feed.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;
use ledger::{Book, Leases, OrgId, Shard};
use parking_lot::RwLock;
use store::{Change, ChangeSeq, Changed, Key, OrgData, Stamp};

use super::reload::changes;
use super::{Bell, Org};
use crate::flights::{Flights, Landed};
use crate::identity::KnownSecrets;
use crate::store_calls::StoreCalls;
use crate::time::Clock;

/// The organisations in memory.
pub(crate) struct Directory {
    store: Arc<StoreCalls>,
    /// Of all organisations that there are.
    secrets: Arc<KnownSecrets>,
    clock: Arc<dyn Clock>,
    leases: Leases,
    orgs: DashMap<OrgId, Arc<Org>>,
    shards: Vec<InShard>,
    loading: Flights<OrgId, Option<Arc<Org>>>,
    /// The last change taken in. One reader of the feed at a time; it stands still while an
    /// organisation that was loaded takes its place.
    feed: tokio::sync::RwLock<ChangeSeq>,
    taken_in: AtomicU64,
    enriched: parking_lot::Mutex<HashMap<OrgId, ChangeSeq>>,
}

/// The organisations of one shard.
#[derive(Default)]
struct InShard {
    bell: Arc<Bell>,
    orgs: RwLock<Vec<Arc<Org>>>,
}

/// How many changes are read from the feed at once.
const FEED_PAGE: usize = 500;
/// How many secrets are read at once: half a megabyte.
const SECRETS_PAGE: usize = 16_384;

impl Directory {
    /// The empty directory of a store; every load contains its changes up to `seq`.
    pub(crate) fn new(
        store: Arc<StoreCalls>,
        secrets: Arc<KnownSecrets>,
        clock: Arc<dyn Clock>,
        seq: ChangeSeq,
    ) -> Self {
        let leases = if store.serves_many() { Leases::Shared } else { Leases::Everything };
        Self {
            store,
            secrets,
            clock,
            leases,
            orgs: DashMap::new(),
            shards: (0..Shard::COUNT).map(|_| InShard::default()).collect(),
            loading: Flights::default(),
            feed: tokio::sync::RwLock::new(seq),
            taken_in: AtomicU64::new(seq.0),
            enriched: parking_lot::Mutex::default(),
        }
    }

    pub(crate) fn loaded(&self, org: OrgId) -> Option<Arc<Org>> {
        self.orgs.get(&org).map(|org| Arc::clone(&org))
    }

    pub(crate) fn all(&self) -> Vec<Arc<Org>> {
        self.orgs.iter().map(|org| Arc::clone(&org)).collect()
    }

    /// Whether other gateways spend of the same organisations.
    pub(crate) const fn is_shared(&self) -> bool {
        matches!(self.leases, Leases::Shared)
    }

    pub(crate) fn of_shard(&self, shard: Shard) -> Vec<Arc<Org>> {
        self.shard(shard).orgs.read().clone()
    }

    /// What is rung when a shard has to be synced before its turn.
    pub(crate) fn bell(&self, shard: Shard) -> &Arc<Bell> {
        &self.shard(shard).bell
    }

    fn shard(&self, shard: Shard) -> &InShard {
        let shard = self.shards.get(usize::from(shard.number()));
        shard.expect("there is a place for every shard")
    }

    /// The last change that is in force here.
    pub(crate) fn taken_in(&self) -> ChangeSeq {
        ChangeSeq(self.taken_in.load(Ordering::Acquire))
    }

    /// Loads an organisation, without leases.
    pub(crate) async fn load(&self, id: OrgId) -> Landed<Option<Arc<Org>>> {
        if let Some(org) = self.loaded(id) {
            return Ok(Some(org));
        }
        self.loading.board(id, || self.fetch(id)).await
    }

    async fn fetch(&self, id: OrgId) -> store::Result<Option<Arc<Org>>> {
        if let Some(org) = self.loaded(id) {
            return Ok(Some(org));
        }
        let Some((org, seq)) = self.read(id).await? else { return Ok(None) };
        {
            // The feed went on meanwhile: what it has brought has to be in what was read.
            let last = self.feed.read().await;
            if *last <= seq {
                return Ok(Some(self.enter(org)));
            }
        }
        // It was overtaken: the feed stands still while it is read again.
        let _still = self.feed.read().await;
        let read = self.read(id).await?;
        Ok(read.map(|(org, _)| self.enter(org)))
    }

    /// An organisation as it is stored, and the last change that is in that.
    async fn read(&self, id: OrgId) -> store::Result<Option<(Arc<Org>, ChangeSeq)>> {
        let Some(data) = self.store.load(id).await? else { return Ok(None) };
        let org = Arc::new(self.build(&data));
        self.open_periods(&org).await?;
        Ok(Some((org, data.seq)))
    }

    fn enter(&self, org: Arc<Org>) -> Arc<Org> {
        self.shard(org.shard()).orgs.write().push(Arc::clone(&org));
        self.orgs.insert(org.id(), Arc::clone(&org));
        org
    }

    fn build(&self, data: &OrgData) -> Org {
        let now = self.clock.now();
        let mut book = Book::new(data.org.id, self.leases);
        for change in changes(data) {
            let decided = book.apply(change, now);
            debug_assert!(decided.is_empty(), "nobody waits for a new book");
        }
        let bell = Arc::clone(self.bell(data.org.id.shard()));
        Org::new(data, book, self.leases, bell, Arc::clone(&self.clock))
    }

    /// Opens the periods that an organisation needs now and does not know.
    pub(crate) async fn open_periods(&self, org: &Org) -> store::Result<()> {
        self.open_periods_at(org, self.clock.now()).await
    }

    /// Opens the periods that an organisation will need at an instant.
    pub(crate) async fn open_periods_at(
        &self,
        org: &Org,
        at: ledger::Instant,
    ) -> store::Result<()> {
        if !org.has_unopened_periods(at) {
            return Ok(());
        }
        for period in self.store.open_periods(org.id(), at).await? {
            org.apply(ledger::Change::PeriodOpened(period));
            org.expect(&period);
        }
        org.enrich();
        Ok(())
    }

    /// Puts in force what the store has committed: at least everything up to `seq`. What somebody
    /// else has read meanwhile is not read again.
    ///
    /// Nothing but the feed itself is waited for, so that a key is revoked here however long an
    /// organisation that got more to spend waits for its leases.
    pub(crate) async fn read_feed(&self, seq: ChangeSeq) -> store::Result<()> {
        let mut last = self.feed.write().await;
        if *last >= seq {
            return Ok(());
        }
        loop {
            let changes = self.store.changes_since(*last, FEED_PAGE).await?;
            let full = changes.len() == FEED_PAGE;
            for change in changes {
                *last = change.seq;
                self.put_in_force(change);
            }
            self.taken_in.store(last.0, Ordering::Release);
            if !full {
                return Ok(());
            }
        }
    }

    fn put_in_force(&self, Change { seq, org: id, what }: Change) {
        let org = self.loaded(id);
        let key = if let Changed::Key(key) = &what { Some(key.clone()) } else { None };
        let before = |key: &Key| org.as_ref().and_then(|org| org.key(key.standing.id));
        let before = key.as_ref().and_then(before);
        if let Some(org) = org
            && org.take_in(what)
        {
            org.enrich();
            // What others spend of as well is leased when it is asked for.
            if !self.store.serves_many() {
                self.enriched.lock().insert(id, seq);
            }
        }
        // After the key itself: whoever introduces a caller by it in between sees that it has ended.
        if let Some(key) = key {
            self.secrets.take_in(&key, before.as_ref().map_or(&[][..], |before| &before.secrets));
        }
    }

    /// Reads which secrets there are: at the start, and when the store went back in time.
    pub(crate) async fn read_secrets(&self) -> store::Result<()> {
        let mut secrets = Vec::new();
        loop {
            let page = self.store.secret_hashes(secrets.last().copied(), SECRETS_PAGE).await?;
            let full = page.len() == SECRETS_PAGE;
            secrets.extend(page);
            if !full {
                break;
            }
        }
        self.secrets.replace_all(&secrets);
        Ok(())
    }

    /// Reads everything again, since the store went back in time; the feed goes on from there.
    pub(crate) async fn reload(&self) -> store::Result<Stamp> {
        let mut last = self.feed.write().await;
        let stamp = self.store.stamp().await?;
        for org in self.all() {
            match self.store.load(org.id()).await? {
                Some(data) => {
                    org.reload(&data);
                    self.open_periods(&org).await?;
                }
                None => org.end(),
            }
        }
        self.read_secrets().await?;
        self.secrets.retain(|caller| caller.is_current());
        *last = stamp.seq;
        self.taken_in.store(stamp.seq.0, Ordering::Release);
        Ok(stamp)
    }

    /// The organisations that changes have given more to spend which is not leased yet, each with
    /// the last of those changes.
    pub(crate) fn enriched(&self) -> Vec<(Arc<Org>, ChangeSeq)> {
        let enriched = self.enriched.lock();
        enriched.iter().filter_map(|(org, seq)| Some((self.loaded(*org)?, *seq))).collect()
    }

    /// What a change gave an organisation to spend is leased.
    pub(crate) fn leased(&self, org: OrgId, by: ChangeSeq) {
        let mut enriched = self.enriched.lock();
        if enriched.get(&org).is_some_and(|seq| *seq <= by) {
            enriched.remove(&org);
        }
    }
}
