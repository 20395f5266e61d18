//! A store in which somebody else changes a key or a member just before it is changed.

use async_trait::async_trait;
use ledger::{
    Charge, CountsFrom, Epoch, Grant, HoldId, Instant, Limit, LimitId, NodeId, OrgId, PeriodOpened,
};
use store::{
    Adjusted, AdjustmentRequest, Alive, Change, ChangeSeq, ClaimAnswer, Expired, Group, Heartbeat,
    IdempotencyClaim, Indeterminate, Key, KeyIdentity, Member, Model, Org, OrgData, Project,
    Provision, Registered, Registration, Rejoin, Result, RevokedToken, SecretHash, Stamp, Store,
    StoredNode, SyncAnswer, SyncRequest, UsageQuery, UsageRow,
};

/// What somebody else makes of a key, if anything.
type Meddle = dyn Fn(Key) -> Option<Key> + Send + Sync;

/// The same of a member.
type MeddleWithMember = dyn Fn(Member) -> Option<Member> + Send + Sync;

pub(crate) struct Meddled {
    store: Model,
    meddle: Box<Meddle>,
    meddle_with_member: Box<MeddleWithMember>,
}

impl Meddled {
    pub(crate) fn with(
        store: Model,
        meddle: impl Fn(Key) -> Option<Key> + Send + Sync + 'static,
    ) -> Self {
        Self { store, meddle: Box::new(meddle), meddle_with_member: Box::new(|_| None) }
    }

    pub(crate) fn with_member(
        store: Model,
        meddle: impl Fn(Member) -> Option<Member> + Send + Sync + 'static,
    ) -> Self {
        Self { store, meddle: Box::new(|_| None), meddle_with_member: Box::new(meddle) }
    }
}

#[async_trait]
impl Store for Meddled {
    async fn stamp(&self) -> Result<Stamp> {
        self.store.stamp().await
    }
    async fn register(&self, registration: &Registration) -> Result<Registered> {
        self.store.register(registration).await
    }
    async fn recovered(&self, node: NodeId, epoch: Epoch) -> Result<()> {
        self.store.recovered(node, epoch).await
    }
    async fn heartbeat(&self, heartbeat: &Heartbeat) -> Result<Alive> {
        self.store.heartbeat(heartbeat).await
    }
    async fn rejoin(&self, rejoin: &Rejoin) -> Result<Registered> {
        self.store.rejoin(rejoin).await
    }
    async fn retire(&self, retirement: &store::Retirement) -> Result<store::Retired> {
        self.store.retire(retirement).await
    }
    async fn leave(&self, node: NodeId, epoch: Epoch, now: Instant) -> Result<()> {
        self.store.leave(node, epoch, now).await
    }
    async fn nodes(&self, now: Instant) -> Result<Vec<StoredNode>> {
        self.store.nodes(now).await
    }
    async fn sync(&self, sync_request: &SyncRequest) -> Result<SyncAnswer> {
        self.store.sync(sync_request).await
    }
    async fn claim_idempotency(&self, idempotency_claim: &IdempotencyClaim) -> Result<ClaimAnswer> {
        self.store.claim_idempotency(idempotency_claim).await
    }
    async fn unclaim_idempotency(&self, org: OrgId, holds: &[HoldId]) -> Result<()> {
        self.store.unclaim_idempotency(org, holds).await
    }
    async fn load(&self, org: OrgId) -> Result<Option<OrgData>> {
        self.store.load(org).await
    }
    async fn open_periods(&self, org: OrgId, now: Instant) -> Result<Vec<PeriodOpened>> {
        self.store.open_periods(org, now).await
    }
    async fn secret_hashes(
        &self,
        after: Option<SecretHash>,
        max: usize,
    ) -> Result<Vec<SecretHash>> {
        self.store.secret_hashes(after, max).await
    }
    async fn note_used(&self, used: &[(SecretHash, Instant)]) -> Result<()> {
        self.store.note_used(used).await
    }
    async fn identity(&self, secret: &SecretHash) -> Result<Option<KeyIdentity>> {
        self.store.identity(secret).await
    }
    async fn changes_since(&self, seq: ChangeSeq, max: usize) -> Result<Vec<Change>> {
        self.store.changes_since(seq, max).await
    }
    async fn charge(&self, org: OrgId, hold: HoldId) -> Result<Option<Charge>> {
        self.store.charge(org, hold).await
    }
    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageRow>> {
        self.store.usage(query).await
    }
    async fn orgs(&self) -> Result<Vec<Org>> {
        self.store.orgs().await
    }
    async fn put_org(&self, org: &Org) -> Result<ChangeSeq> {
        self.store.put_org(org).await
    }
    async fn change_org(&self, read: &Org, org: &Org) -> Result<ChangeSeq> {
        self.store.change_org(read, org).await
    }
    async fn put_group(&self, group: &Group) -> Result<ChangeSeq> {
        self.store.put_group(group).await
    }
    async fn put_project(&self, project: &Project) -> Result<ChangeSeq> {
        self.store.put_project(project).await
    }
    async fn put_member(&self, member: &Member) -> Result<ChangeSeq> {
        self.store.put_member(member).await
    }
    async fn change_member(&self, read: &Member, member: &Member) -> Result<ChangeSeq> {
        let org = self.store.load(member.org).await?;
        let known = org.into_iter().flat_map(|org| org.members);
        let known = known.into_iter().find(|known| known.standing.id == member.standing.id);
        if let Some(other) = known.and_then(&*self.meddle_with_member) {
            self.store.put_member(&other).await?;
        }
        self.store.change_member(read, member).await
    }
    async fn provision(&self, provision: &Provision) -> Result<(Member, ChangeSeq)> {
        self.store.provision(provision).await
    }
    async fn make_key(&self, key: &Key, limits: &[Limit], now: Instant) -> Result<ChangeSeq> {
        self.store.make_key(key, limits, now).await
    }
    async fn put_key(&self, key: &Key, expected: Option<u64>) -> Result<ChangeSeq> {
        let org = self.store.load(key.org).await?;
        let known = org.into_iter().flat_map(|org| org.keys);
        let known = known.into_iter().find(|known| known.standing.id == key.standing.id);
        if let Some(other) = known.and_then(&*self.meddle) {
            self.store.put_key(&other, None).await?;
        }
        self.store.put_key(key, expected).await
    }
    async fn revoke_token(
        &self,
        org: OrgId,
        token: &RevokedToken,
        now: Instant,
    ) -> Result<ChangeSeq> {
        self.store.revoke_token(org, token, now).await
    }
    async fn put_grant(
        &self,
        org: OrgId,
        grant: &Grant,
        name: Option<&str>,
        now: Instant,
    ) -> Result<(Grant, ChangeSeq)> {
        self.store.put_grant(org, grant, name, now).await
    }
    async fn put_limit(
        &self,
        org: OrgId,
        limit: &Limit,
        counts_from: CountsFrom,
        now: Instant,
    ) -> Result<ChangeSeq> {
        self.store.put_limit(org, limit, counts_from, now).await
    }
    async fn expire(&self, now: Instant) -> Result<Vec<Expired>> {
        self.store.expire(now).await
    }
    async fn adjust(&self, adjustment_request: &AdjustmentRequest) -> Result<Adjusted> {
        self.store.adjust(adjustment_request).await
    }
    async fn indeterminate(&self, org: Option<OrgId>) -> Result<Vec<Indeterminate>> {
        self.store.indeterminate(org).await
    }
    async fn remove_limit(&self, org: OrgId, limit: LimitId) -> Result<ChangeSeq> {
        self.store.remove_limit(org, limit).await
    }
}
