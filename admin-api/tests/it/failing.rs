//! A store that does nothing but fail.

use async_trait::async_trait;
use ledger::{
    Charge, CountsFrom, Epoch, Grant, HoldId, Instant, Limit, LimitId, NodeId, OrgId, PeriodOpened,
};
use store::{
    Adjusted, AdjustmentRequest, Alive, Change, ChangeSeq, ClaimAnswer, Error, Expired, Group,
    Heartbeat, IdempotencyClaim, Indeterminate, Key, KeyIdentity, Member, Org, OrgData, Project,
    Provision, Registered, Registration, Rejoin, Result, RevokedToken, SecretHash, Stamp, Store,
    StoredNode, SyncAnswer, SyncRequest, UsageQuery, UsageRow,
};

/// A store that answers everything with this error.
pub(crate) struct Failing(pub(crate) fn(String) -> Error);

/// Why, in words that no client is to see.
pub(crate) const REASON: &str = "connection to db-7.internal refused";

impl Failing {
    fn fail<T>(&self) -> Result<T> {
        Err((self.0)(REASON.to_owned()))
    }
}

#[async_trait]
impl Store for Failing {
    async fn stamp(&self) -> Result<Stamp> {
        self.fail()
    }
    async fn register(&self, _: &Registration) -> Result<Registered> {
        self.fail()
    }
    async fn recovered(&self, _: NodeId, _: Epoch) -> Result<()> {
        self.fail()
    }
    async fn heartbeat(&self, _: &Heartbeat) -> Result<Alive> {
        self.fail()
    }
    async fn rejoin(&self, _: &Rejoin) -> Result<Registered> {
        self.fail()
    }
    async fn retire(&self, _: &store::Retirement) -> Result<store::Retired> {
        self.fail()
    }
    async fn leave(&self, _: NodeId, _: Epoch, _: Instant) -> Result<()> {
        self.fail()
    }
    async fn nodes(&self, _: Instant) -> Result<Vec<StoredNode>> {
        self.fail()
    }
    async fn sync(&self, _: &SyncRequest) -> Result<SyncAnswer> {
        self.fail()
    }
    async fn claim_idempotency(&self, _: &IdempotencyClaim) -> Result<ClaimAnswer> {
        self.fail()
    }
    async fn unclaim_idempotency(&self, _: OrgId, _: &[HoldId]) -> Result<()> {
        self.fail()
    }
    async fn load(&self, _: OrgId) -> Result<Option<OrgData>> {
        self.fail()
    }
    async fn open_periods(&self, _: OrgId, _: Instant) -> Result<Vec<PeriodOpened>> {
        self.fail()
    }
    async fn secret_hashes(&self, _: Option<SecretHash>, _: usize) -> Result<Vec<SecretHash>> {
        self.fail()
    }
    async fn note_used(&self, _: &[(SecretHash, Instant)]) -> Result<()> {
        self.fail()
    }
    async fn identity(&self, _: &SecretHash) -> Result<Option<KeyIdentity>> {
        self.fail()
    }
    async fn changes_since(&self, _: ChangeSeq, _: usize) -> Result<Vec<Change>> {
        self.fail()
    }
    async fn charge(&self, _: OrgId, _: HoldId) -> Result<Option<Charge>> {
        self.fail()
    }
    async fn usage(&self, _: &UsageQuery) -> Result<Vec<UsageRow>> {
        self.fail()
    }
    async fn orgs(&self) -> Result<Vec<Org>> {
        self.fail()
    }
    async fn put_org(&self, _: &Org) -> Result<ChangeSeq> {
        self.fail()
    }
    async fn change_org(&self, _: &Org, _: &Org) -> Result<ChangeSeq> {
        self.fail()
    }
    async fn put_group(&self, _: &Group) -> Result<ChangeSeq> {
        self.fail()
    }
    async fn put_project(&self, _: &Project) -> Result<ChangeSeq> {
        self.fail()
    }
    async fn put_member(&self, _: &Member) -> Result<ChangeSeq> {
        self.fail()
    }
    async fn change_member(&self, _: &Member, _: &Member) -> Result<ChangeSeq> {
        self.fail()
    }
    async fn provision(&self, _: &Provision) -> Result<(Member, ChangeSeq)> {
        self.fail()
    }
    async fn make_key(&self, _: &Key, _: &[Limit], _: Instant) -> Result<ChangeSeq> {
        self.fail()
    }
    async fn put_key(&self, _: &Key, _: Option<u64>) -> Result<ChangeSeq> {
        self.fail()
    }
    async fn revoke_token(&self, _: OrgId, _: &RevokedToken, _: Instant) -> Result<ChangeSeq> {
        self.fail()
    }
    async fn put_grant(
        &self,
        _: OrgId,
        _: &Grant,
        _: Option<&str>,
        _: Instant,
    ) -> Result<(Grant, ChangeSeq)> {
        self.fail()
    }
    async fn put_limit(&self, _: OrgId, _: &Limit, _: CountsFrom, _: Instant) -> Result<ChangeSeq> {
        self.fail()
    }
    async fn expire(&self, _: Instant) -> Result<Vec<Expired>> {
        self.fail()
    }
    async fn adjust(&self, _: &AdjustmentRequest) -> Result<Adjusted> {
        self.fail()
    }
    async fn indeterminate(&self, _: Option<OrgId>) -> Result<Vec<Indeterminate>> {
        self.fail()
    }
    async fn remove_limit(&self, _: OrgId, _: LimitId) -> Result<ChangeSeq> {
        self.fail()
    }
}
