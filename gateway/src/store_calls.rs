//! The store as this gateway calls it: each call counted, and made on one runtime.
//!
//! A connection belongs to the runtime that it was opened in, and those of the workers end with the
//! listener. A call that was begun also goes on when whoever waits for it goes away.

use std::sync::Arc;

use ledger::{
    Charge, CountsFrom, Epoch, Grant, HoldId, Instant, Limit, NodeId, OrgId, PeriodOpened,
};
use prometheus::IntCounterVec;
use store::{
    Alive, Change, ChangeSeq, ClaimAnswer, Error, Expired, Heartbeat, IdempotencyClaim,
    KeyIdentity, Member, Nudge, OrgData, Provision, Registered, Registration, Rejoin, Result,
    SecretHash, Stamp, Store, SyncAnswer, SyncRequest, UsageQuery, UsageRow,
};
use tokio::runtime::Handle;
use tokio::sync::broadcast;

/// The operations of a store that a gateway needs.
pub(crate) struct StoreCalls {
    store: Arc<dyn Store>,
    /// By operation.
    calls: IntCounterVec,
    home: Handle,
}

impl StoreCalls {
    /// Calls are made on the runtime of whoever makes this.
    pub(crate) fn new(store: Arc<dyn Store>, calls: IntCounterVec) -> Self {
        Self { store, calls, home: Handle::current() }
    }

    pub(crate) fn serves_many(&self) -> bool {
        self.store.serves_many()
    }

    pub(crate) fn nudges(&self) -> Option<broadcast::Receiver<Nudge>> {
        self.store.nudges()
    }

    pub(crate) async fn register(&self, registration: &Registration) -> Result<Registered> {
        let registration = registration.clone();
        self.call("register", |store| async move { store.register(&registration).await }).await
    }

    pub(crate) async fn recovered(&self, node: NodeId, epoch: Epoch) -> Result<()> {
        self.call("recovered", move |store| async move { store.recovered(node, epoch).await }).await
    }

    pub(crate) async fn rejoin(&self, rejoin: Rejoin) -> Result<Registered> {
        self.call("rejoin", |store| async move { store.rejoin(&rejoin).await }).await
    }

    pub(crate) async fn put_grant(&self, org: OrgId, grant: Grant, now: Instant) -> Result<()> {
        let put = move |store: Arc<dyn Store>| async move {
            store.put_grant(org, &grant, None, now).await.map(|_| ())
        };
        self.call("put_grant", put).await
    }

    pub(crate) async fn put_limit(&self, org: OrgId, limit: Limit, now: Instant) -> Result<()> {
        let put = move |store: Arc<dyn Store>| async move {
            let counts_from = CountsFrom::PeriodStart;
            store.put_limit(org, &limit, counts_from, now).await.map(|_| ())
        };
        self.call("put_limit", put).await
    }

    pub(crate) async fn heartbeat(&self, beat: Heartbeat) -> Result<Alive> {
        self.call("heartbeat", move |store| async move { store.heartbeat(&beat).await }).await
    }

    pub(crate) async fn leave(&self, node: NodeId, epoch: Epoch, now: Instant) -> Result<()> {
        self.call("leave", move |store| async move { store.leave(node, epoch, now).await }).await
    }

    /// Unlike the others it is not copied, since it may be large: whoever goes away has to keep it
    /// and ask again.
    pub(crate) async fn sync(&self, request: &Arc<SyncRequest>) -> Result<SyncAnswer> {
        let request = Arc::clone(request);
        self.call("sync", |store| async move { store.sync(&request).await }).await
    }

    pub(crate) async fn claim_idempotency(&self, claim: &IdempotencyClaim) -> Result<ClaimAnswer> {
        let claim = claim.clone();
        let call = |store: Arc<dyn Store>| async move { store.claim_idempotency(&claim).await };
        self.call("claim_idempotency", call).await
    }

    pub(crate) async fn unclaim_idempotency(&self, org: OrgId, holds: &[HoldId]) -> Result<()> {
        let holds = holds.to_vec();
        let call = move |store: Arc<dyn Store>| async move {
            store.unclaim_idempotency(org, &holds).await
        };
        self.call("unclaim_idempotency", call).await
    }

    pub(crate) async fn stamp(&self) -> Result<Stamp> {
        self.call("stamp", |store| async move { store.stamp().await }).await
    }

    pub(crate) async fn load(&self, org: OrgId) -> Result<Option<OrgData>> {
        self.call("load", move |store| async move { store.load(org).await }).await
    }

    pub(crate) async fn open_periods(&self, org: OrgId, at: Instant) -> Result<Vec<PeriodOpened>> {
        self.call("open_periods", move |store| async move { store.open_periods(org, at).await })
            .await
    }

    pub(crate) async fn identity(&self, secret: &SecretHash) -> Result<Option<KeyIdentity>> {
        let secret = *secret;
        self.call("identity", move |store| async move { store.identity(&secret).await }).await
    }

    pub(crate) async fn provision(&self, provision: &Provision) -> Result<(Member, ChangeSeq)> {
        let provision = provision.clone();
        self.call("provision", |store| async move { store.provision(&provision).await }).await
    }

    pub(crate) async fn secret_hashes(
        &self,
        after: Option<SecretHash>,
        max: usize,
    ) -> Result<Vec<SecretHash>> {
        let page =
            move |store: Arc<dyn Store>| async move { store.secret_hashes(after, max).await };
        self.call("secret_hashes", page).await
    }

    pub(crate) async fn note_used(&self, used: Vec<(SecretHash, Instant)>) -> Result<()> {
        self.call("note_used", |store| async move { store.note_used(&used).await }).await
    }

    pub(crate) async fn changes_since(&self, seq: ChangeSeq, max: usize) -> Result<Vec<Change>> {
        self.call("changes_since", move |store| async move { store.changes_since(seq, max).await })
            .await
    }

    pub(crate) async fn charge(&self, org: OrgId, hold: HoldId) -> Result<Option<Charge>> {
        self.call("charge", move |store| async move { store.charge(org, hold).await }).await
    }

    pub(crate) async fn usage(&self, query: UsageQuery) -> Result<Vec<UsageRow>> {
        self.call("usage", |store| async move { store.usage(&query).await }).await
    }

    pub(crate) async fn expire(&self, now: Instant) -> Result<Vec<Expired>> {
        self.call("expire", move |store| async move { store.expire(now).await }).await
    }

    async fn call<T, F>(
        &self,
        operation: &'static str,
        call: impl FnOnce(Arc<dyn Store>) -> F,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        self.calls.with_label_values(&[operation]).inc();
        let called = self.home.spawn(call(Arc::clone(&self.store)));
        called.await.unwrap_or_else(|broken| Err(Error::Unavailable(broken.to_string())))
    }
}
