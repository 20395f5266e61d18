//! An organisation in memory: its book behind one short lock, and who waits for it.

mod ask;
mod bell;
mod change;
mod directory;
mod lease;
mod reload;
mod revoked;
mod view;
mod wait;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arc_swap::ArcSwap;
use ledger::{
    AccountId, Book, Change, Credits, Decided, Decision, Hold, HoldId, Instant, KeyId, Leases,
    LimitId, OrgId, PathIndex, PathKey, PathView, Quote, Refusal, Settlement, Shard, Ticket,
};
use parking_lot::Mutex;
use store::{Key, OrgData};
use tokio::sync::oneshot;

use crate::lease::Plan;
use crate::rates::RateTable;
use crate::time::Clock;

pub(crate) use bell::{Bell, Reasons};
pub(crate) use directory::Directory;
pub(crate) use revoked::RevokedTokens;
pub(crate) use view::OrgView;
pub(crate) use wait::{Asked, Unmet};

/// One organisation: what every identity of it keeps hold of.
pub(crate) struct Org {
    id: OrgId,
    shard: Shard,
    clock: Arc<dyn Clock>,
    leases: Leases,
    state: Mutex<State>,
    /// How its accounts are spent here; never locked together with the book.
    plan: Mutex<Plan>,
    /// The account of each limit's last period.
    periods: Mutex<HashMap<LimitId, AccountId>>,
    /// Rung when the store is to be asked, and whether it has been.
    bell: Arc<Bell>,
    rung: AtomicBool,
    view: ArcSwap<OrgView>,
    /// Its keys, for what the book does not decide.
    keys: papaya::HashMap<KeyId, Arc<Key>>,
    /// How often it, its members and its keys may call.
    rates: RateTable,
    /// Tokens that are none any more; replaced as a whole when the store went back in time.
    revoked: ArcSwap<RevokedTokens>,
    /// How often the standing of a key or a member has changed.
    standings: AtomicU64,
    /// How often there was more to lease.
    richer: AtomicU64,
    /// Up to which of those everything is leased; one lease at a time.
    leased: tokio::sync::Mutex<u64>,
    /// The store and this gateway disagree about the shard: nothing more may be spent.
    quarantined: AtomicBool,
}

struct State {
    book: Book,
    waiting: HashMap<Ticket, Waiter>,
}

/// Who waits for a decision.
struct Waiter {
    decision: oneshot::Sender<Decision>,
    /// Somebody has said that what it needs is merely held: the book that leases everything, or the
    /// store.
    heard: bool,
}

impl Org {
    /// An organisation as it is stored, with its book.
    pub(crate) fn new(
        data: &OrgData,
        book: Book,
        leases: Leases,
        bell: Arc<Bell>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let id = book.org();
        let keys = data.keys.iter().map(|key| (key.standing.id, Arc::new(key.clone())));
        let revoked = RevokedTokens::of(&data.revoked_tokens, clock.now());
        Self {
            id,
            shard: id.shard(),
            clock,
            leases,
            state: Mutex::new(State { book, waiting: HashMap::new() }),
            plan: Mutex::default(),
            periods: Mutex::default(),
            bell,
            rung: AtomicBool::new(false),
            view: ArcSwap::from_pointee(OrgView::of(data)),
            keys: keys.collect(),
            rates: RateTable::of(data),
            revoked: ArcSwap::from_pointee(revoked),
            standings: AtomicU64::new(0),
            richer: AtomicU64::new(1),
            leased: tokio::sync::Mutex::new(0),
            quarantined: AtomicBool::new(false),
        }
    }

    pub(crate) const fn id(&self) -> OrgId {
        self.id
    }

    pub(crate) const fn shard(&self) -> Shard {
        self.shard
    }

    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    pub(crate) fn view(&self) -> arc_swap::Guard<Arc<OrgView>> {
        self.view.load()
    }

    /// A key as it is now.
    pub(crate) fn key(&self, id: KeyId) -> Option<Arc<Key>> {
        self.keys.pin().get(&id).cloned()
    }

    /// How often it, its members and its keys may call.
    pub(crate) const fn rates(&self) -> &RateTable {
        &self.rates
    }

    /// The tokens that are none any more.
    pub(crate) fn revoked_tokens(&self) -> arc_swap::Guard<Arc<RevokedTokens>> {
        self.revoked.load()
    }

    pub(crate) fn is_quarantined(&self) -> bool {
        self.quarantined.load(Ordering::Relaxed)
    }

    pub(crate) fn quarantine(&self) {
        self.quarantined.store(true, Ordering::Relaxed);
    }

    /// There may be more to lease.
    pub(crate) fn enrich(&self) {
        self.richer.fetch_add(1, Ordering::Release);
        if self.waiting() > 0 {
            self.ring();
        }
    }

    /// Has everything leased that is not yet; whether there was anything. One at a time, since who
    /// comes meanwhile needs it too. What fails is tried again by the next one.
    pub(crate) async fn lease<F>(&self, lease: impl FnOnce() -> F) -> store::Result<bool>
    where
        F: Future<Output = store::Result<()>>,
    {
        let mut leased = self.leased.lock().await;
        let richer = self.richer.load(Ordering::Acquire);
        let any = *leased < richer;
        if any {
            lease().await?;
            *leased = richer;
        }
        Ok(any)
    }

    pub(crate) fn path(&self, key: &PathKey) -> PathIndex {
        self.state.lock().book.path(key)
    }

    /// Gives back what a written-down settlement left over; wakes who waited for it.
    pub(crate) fn close(&self, settlement: Settlement) {
        let now = self.clock.now();
        let mut state = self.state.lock();
        let decided = state.book.close(settlement, now);
        state.deliver(decided, now);
        self.after(state);
    }

    /// Puts a committed change in force.
    pub(crate) fn apply(&self, change: Change) {
        let now = self.clock.now();
        let mut state = self.state.lock();
        let decided = state.book.apply(change, now);
        state.deliver(decided, now);
        self.after(state);
    }

    /// Whether the caller may spend at all on this path, whatever it asks for.
    pub(crate) fn standing(&self, path: PathIndex) -> Result<(), Refusal> {
        self.state.lock().book.standing_of(path, self.clock.now())
    }

    /// How often somebody's standing has changed: for who wants to know whether to ask again.
    pub(crate) fn standings(&self) -> u64 {
        self.standings.load(Ordering::Acquire)
    }

    /// Whether a quote of `least` could ever be met: only a lasting no is an error.
    pub(crate) fn probe(
        &self,
        hold: HoldId,
        path: PathIndex,
        least: Credits,
    ) -> Result<(), Refusal> {
        self.state.lock().book.probe(hold, path, least, self.clock.now())
    }

    pub(crate) fn remaining(&self, path: PathIndex) -> Credits {
        self.state.lock().book.remaining(path, self.clock.now())
    }

    pub(crate) fn path_view(&self, path: PathIndex) -> Result<PathView, Refusal> {
        self.state.lock().book.view(path, self.clock.now())
    }

    pub(crate) fn waiting(&self) -> usize {
        self.state.lock().book.waiting()
    }

    /// What left the lease since the last call.
    pub(crate) fn take_returns(&self) -> Vec<(AccountId, Credits)> {
        self.state.lock().book.take_returns()
    }

    pub(crate) fn has_returns(&self) -> bool {
        self.state.lock().book.has_returns()
    }

    pub(crate) fn open_accounts(&self) -> Vec<AccountId> {
        self.state.lock().book.accounts().map(ledger::Account::id).collect()
    }

    pub(crate) fn has_unopened_periods(&self, at: Instant) -> bool {
        !self.state.lock().book.unopened_periods(at).is_empty()
    }
}

impl State {
    /// Tells waiters what was decided; the hold of one that is gone goes back, which may decide
    /// others.
    fn deliver(&mut self, decided: Decided, now: Instant) {
        let mut undelivered = decided;
        while let Some((ticket, decision)) = undelivered.pop() {
            let kept = match self.waiting.remove(&ticket) {
                Some(waiter) => waiter.decision.send(decision),
                None => Err(decision),
            };
            if let Err(Ok(hold)) = kept {
                undelivered.extend(self.book.close(hold.release(), now));
            }
        }
    }
}

/// What a request asks of the book of its organisation.
#[derive(Clone, Copy)]
pub(crate) struct Claim {
    pub(crate) hold: HoldId,
    pub(crate) path: PathIndex,
    pub(crate) quote: Quote,
}

/// A hold that goes back to its book unless it is taken on.
pub(crate) struct Kept<'a> {
    org: &'a Org,
    hold: Option<Hold>,
}

impl<'a> Kept<'a> {
    pub(crate) const fn new(org: &'a Org, hold: Hold) -> Self {
        Self { org, hold: Some(hold) }
    }

    pub(crate) const fn hold(&self) -> &Hold {
        self.hold.as_ref().expect("a kept hold is there until it is taken")
    }

    pub(crate) fn take(mut self) -> Hold {
        self.hold.take().expect("a kept hold is taken once")
    }
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        if let Some(hold) = self.hold.take() {
            self.org.close(hold.release());
        }
    }
}
