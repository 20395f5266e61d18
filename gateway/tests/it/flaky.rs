//! A store that can be away: the real one behind a switch.

use std::sync::Arc;

use async_trait::async_trait;
use ledger::{
    Charge, CountsFrom, Epoch, Grant, HoldId, Instant, Limit, LimitId, NodeId, OrgId, PeriodOpened,
    Shard,
};
use parking_lot::Mutex;
use store::{
    Adjusted, AdjustmentRequest, Alive, Change, ChangeSeq, ClaimAnswer, Error, Expired, Group,
    Heartbeat, IdempotencyClaim, Indeterminate, Key, KeyIdentity, Member, Nudge, Org, OrgData,
    Project, Provision, Registered, Registration, Rejoin, Result, RevokedToken, SecretHash, Stamp,
    Store, StoredNode, SyncAnswer, SyncRequest, UsageQuery, UsageRow,
};
use tokio::sync::broadcast;

/// What of a store answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    All,
    /// Everything but syncs: nothing is leased, nothing is reported, no key is freed.
    NoSync,
    /// Everything, but nobody hears that a sync has been applied.
    NoAcknowledgement,
    /// Everything but the answer of the next claim of a key, which is made and then waited for in vain.
    NoAnswer,
    /// Everything, but what is told of this shard cannot be true.
    Poisoned(Shard),
    Nothing,
}

/// A store as a gateway reaches it.
pub(crate) struct FlakyStore {
    store: Arc<dyn Store>,
    reach: Arc<Mutex<Reach>>,
}

impl FlakyStore {
    pub(crate) fn new(store: Arc<dyn Store>, reach: Arc<Mutex<Reach>>) -> Self {
        Self { store, reach }
    }

    fn reached(&self) -> Result<&dyn Store> {
        match *self.reach.lock() {
            Reach::All
            | Reach::NoSync
            | Reach::NoAnswer
            | Reach::NoAcknowledgement
            | Reach::Poisoned(_) => Ok(&*self.store),
            Reach::Nothing => Err(Error::Unavailable("switched off".to_owned())),
        }
    }

    /// The same for what a gateway has to tell.
    fn told(&self) -> Result<&dyn Store> {
        match *self.reach.lock() {
            Reach::All | Reach::NoAnswer | Reach::NoAcknowledgement | Reach::Poisoned(_) => {
                Ok(&*self.store)
            }
            Reach::NoSync | Reach::Nothing => Err(Error::Unavailable("switched off".to_owned())),
        }
    }
}

#[async_trait]
impl Store for FlakyStore {
    fn nudges(&self) -> Option<broadcast::Receiver<Nudge>> {
        self.store.nudges()
    }

    fn serves_many(&self) -> bool {
        self.store.serves_many()
    }

    async fn heartbeat(&self, beat: &Heartbeat) -> Result<Alive> {
        self.reached()?.heartbeat(beat).await
    }

    async fn rejoin(&self, rejoin: &Rejoin) -> Result<Registered> {
        self.reached()?.rejoin(rejoin).await
    }

    async fn retire(&self, retirement: &store::Retirement) -> Result<store::Retired> {
        self.reached()?.retire(retirement).await
    }

    async fn leave(&self, node: NodeId, epoch: Epoch, now: Instant) -> Result<()> {
        self.told()?.leave(node, epoch, now).await
    }

    async fn nodes(&self, now: Instant) -> Result<Vec<StoredNode>> {
        self.reached()?.nodes(now).await
    }

    async fn sync(&self, request: &SyncRequest) -> Result<SyncAnswer> {
        if *self.reach.lock() == Reach::Poisoned(request.shard) {
            return Err(Error::Corrupt("it was never leased".to_owned()));
        }
        let answer = self.told()?.sync(request).await?;
        match *self.reach.lock() {
            Reach::NoAcknowledgement => Err(Error::Unavailable("the answer was lost".to_owned())),
            _ => Ok(answer),
        }
    }

    async fn claim_idempotency(&self, claim: &IdempotencyClaim) -> Result<ClaimAnswer> {
        let answer = self.reached()?.claim_idempotency(claim).await;
        if *self.reach.lock() == Reach::NoAnswer {
            *self.reach.lock() = Reach::All;
            std::future::pending::<()>().await;
        }
        answer
    }

    async fn unclaim_idempotency(&self, org: OrgId, holds: &[HoldId]) -> Result<()> {
        self.told()?.unclaim_idempotency(org, holds).await
    }

    async fn stamp(&self) -> Result<Stamp> {
        self.reached()?.stamp().await
    }

    async fn register(&self, registration: &Registration) -> Result<Registered> {
        self.reached()?.register(registration).await
    }

    async fn recovered(&self, node: NodeId, epoch: Epoch) -> Result<()> {
        self.reached()?.recovered(node, epoch).await
    }

    async fn load(&self, org: OrgId) -> Result<Option<OrgData>> {
        self.reached()?.load(org).await
    }

    async fn open_periods(&self, org: OrgId, at: Instant) -> Result<Vec<PeriodOpened>> {
        self.reached()?.open_periods(org, at).await
    }

    async fn secret_hashes(
        &self,
        after: Option<SecretHash>,
        max: usize,
    ) -> Result<Vec<SecretHash>> {
        self.reached()?.secret_hashes(after, max).await
    }

    async fn note_used(&self, used: &[(SecretHash, Instant)]) -> Result<()> {
        self.reached()?.note_used(used).await
    }

    async fn identity(&self, secret: &SecretHash) -> Result<Option<KeyIdentity>> {
        self.reached()?.identity(secret).await
    }

    async fn changes_since(&self, seq: ChangeSeq, max: usize) -> Result<Vec<Change>> {
        self.reached()?.changes_since(seq, max).await
    }

    async fn charge(&self, org: OrgId, hold: HoldId) -> Result<Option<Charge>> {
        self.reached()?.charge(org, hold).await
    }

    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageRow>> {
        self.reached()?.usage(query).await
    }

    async fn orgs(&self) -> Result<Vec<Org>> {
        self.reached()?.orgs().await
    }

    async fn put_org(&self, org: &Org) -> Result<ChangeSeq> {
        self.reached()?.put_org(org).await
    }

    async fn change_org(&self, read: &Org, org: &Org) -> Result<ChangeSeq> {
        self.reached()?.change_org(read, org).await
    }

    async fn put_group(&self, group: &Group) -> Result<ChangeSeq> {
        self.reached()?.put_group(group).await
    }

    async fn put_project(&self, project: &Project) -> Result<ChangeSeq> {
        self.reached()?.put_project(project).await
    }

    async fn put_member(&self, member: &Member) -> Result<ChangeSeq> {
        self.reached()?.put_member(member).await
    }

    async fn change_member(&self, read: &Member, member: &Member) -> Result<ChangeSeq> {
        self.reached()?.change_member(read, member).await
    }

    async fn provision(&self, provision: &Provision) -> Result<(Member, ChangeSeq)> {
        self.reached()?.provision(provision).await
    }

    async fn make_key(&self, key: &Key, limits: &[Limit], now: Instant) -> Result<ChangeSeq> {
        self.reached()?.make_key(key, limits, now).await
    }

    async fn put_key(&self, key: &Key, expected: Option<u64>) -> Result<ChangeSeq> {
        self.reached()?.put_key(key, expected).await
    }

    async fn revoke_token(
        &self,
        org: OrgId,
        token: &RevokedToken,
        now: Instant,
    ) -> Result<ChangeSeq> {
        self.reached()?.revoke_token(org, token, now).await
    }

    async fn put_grant(
        &self,
        org: OrgId,
        grant: &Grant,
        idempotency: Option<&str>,
        now: Instant,
    ) -> Result<(Grant, ChangeSeq)> {
        self.reached()?.put_grant(org, grant, idempotency, now).await
    }

    async fn put_limit(
        &self,
        org: OrgId,
        limit: &Limit,
        counts_from: CountsFrom,
        now: Instant,
    ) -> Result<ChangeSeq> {
        self.reached()?.put_limit(org, limit, counts_from, now).await
    }

    async fn remove_limit(&self, org: OrgId, limit: LimitId) -> Result<ChangeSeq> {
        self.reached()?.remove_limit(org, limit).await
    }

    async fn expire(&self, now: Instant) -> Result<Vec<Expired>> {
        self.reached()?.expire(now).await
    }

    async fn adjust(&self, request: &AdjustmentRequest) -> Result<Adjusted> {
        self.reached()?.adjust(request).await
    }

    async fn indeterminate(&self, org: Option<OrgId>) -> Result<Vec<Indeterminate>> {
        self.reached()?.indeterminate(org).await
    }
}
