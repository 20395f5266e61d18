//! The store in memory: slow, plain, and what every other store is compared to.
//!
//! One lock around maps. Nothing is summed ahead: usage and openings are added up from the charges
//! whenever they are asked for, and a repeated call is told by comparing whole requests.

mod adjust;
mod entries;
mod expiry;
mod feed;
mod grants;
mod idempotency;
mod limits;
mod people;
mod periods;
mod reconcile;
mod state;
mod sync;
mod thresholds;
mod usage;

use async_trait::async_trait;
use ledger::{
    Charge, CountsFrom, Epoch, Grant, HoldId, Instant, Limit, LimitId, NodeId, OrgId, PeriodOpened,
};
use parking_lot::Mutex;
use uuid::Uuid;

use crate::{
    Adjusted, Adjustment, AdjustmentRequest, Audit, Change, ChangeSeq, ClaimAnswer, Entry, Expired,
    Group, IdempotencyClaim, Indeterminate, Key, KeyIdentity, KeySecret, Member, Org, OrgData,
    Project, Reconciliation, Registered, Registration, Result, SecretHash, Stamp, Store,
    StoredAccount, SyncAnswer, SyncRequest, ThresholdEvent, UsageQuery, UsageRow,
};
use state::State;

/// A store that lives as long as the process.
#[derive(Debug)]
pub struct Model {
    id: u128,
    state: Mutex<State>,
}

impl Default for Model {
    fn default() -> Self {
        Self { id: Uuid::now_v7().as_u128(), state: Mutex::default() }
    }
}

#[async_trait]
impl Store for Model {
    async fn stamp(&self) -> Result<Stamp> {
        let seq = ChangeSeq(self.state.lock().last_change);
        Ok(Stamp { store: self.id, incarnation: 1, seq })
    }

    async fn register(&self, registration: &Registration) -> Result<Registered> {
        self.state.lock().register(registration)
    }

    async fn recovered(&self, node: NodeId, epoch: Epoch) -> Result<()> {
        self.state.lock().recovered(node, epoch)
    }

    async fn sync(&self, request: &SyncRequest) -> Result<SyncAnswer> {
        self.state.lock().sync(request)
    }

    async fn claim_idempotency(&self, claim: &IdempotencyClaim) -> Result<ClaimAnswer> {
        self.state.lock().claim_idempotency(claim)
    }

    async fn unclaim_idempotency(&self, org: OrgId, holds: &[HoldId]) -> Result<()> {
        self.state.lock().unclaim_idempotency(org, holds);
        Ok(())
    }

    async fn load(&self, org: OrgId) -> Result<Option<OrgData>> {
        Ok(self.state.lock().load(org))
    }

    async fn open_periods(&self, org: OrgId, at: Instant) -> Result<Vec<PeriodOpened>> {
        self.state.lock().open_periods(org, at)
    }

    async fn identity(&self, secret: &SecretHash) -> Result<Option<KeyIdentity>> {
        Ok(self.state.lock().identity(secret))
    }

    async fn changes_since(&self, seq: ChangeSeq, max: usize) -> Result<Vec<Change>> {
        Ok(self.state.lock().changes_since(seq, max))
    }

    async fn charge(&self, org: OrgId, hold: HoldId) -> Result<Option<Charge>> {
        let state = self.state.lock();
        Ok(state.charges.get(&hold).filter(|charge| charge.org == org).cloned())
    }

    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageRow>> {
        Ok(self.state.lock().usage(query))
    }

    async fn orgs(&self) -> Result<Vec<Org>> {
        Ok(self.state.lock().orgs.values().map(|people| people.org.clone()).collect())
    }

    async fn put_org(&self, org: &Org) -> Result<ChangeSeq> {
        self.state.lock().put_org(org)
    }

    async fn put_group(&self, group: &Group) -> Result<ChangeSeq> {
        self.state.lock().put_group(group)
    }

    async fn put_project(&self, project: &Project) -> Result<ChangeSeq> {
        self.state.lock().put_project(project)
    }

    async fn put_member(&self, member: &Member) -> Result<ChangeSeq> {
        self.state.lock().put_member(member)
    }

    async fn put_key(&self, key: &Key, secret: Option<&KeySecret>) -> Result<ChangeSeq> {
        self.state.lock().put_key(key, secret)
    }

    async fn put_grant(
        &self,
        org: OrgId,
        grant: &Grant,
        idempotency: Option<&str>,
        now: Instant,
    ) -> Result<(Grant, ChangeSeq)> {
        self.state.lock().put_grant(org, grant, idempotency, now)
    }

    async fn put_limit(
        &self,
        org: OrgId,
        limit: &Limit,
        counts_from: CountsFrom,
        now: Instant,
    ) -> Result<ChangeSeq> {
        self.state.lock().put_limit(org, limit, counts_from, now)
    }

    async fn remove_limit(&self, org: OrgId, limit: LimitId) -> Result<ChangeSeq> {
        self.state.lock().remove_limit(org, limit)
    }

    async fn expire(&self, now: Instant) -> Result<Vec<Expired>> {
        Ok(self.state.lock().expire(now))
    }

    async fn adjust(&self, request: &AdjustmentRequest) -> Result<Adjusted> {
        self.state.lock().adjust(request)
    }

    async fn indeterminate(&self, org: Option<OrgId>) -> Result<Vec<Indeterminate>> {
        Ok(self.state.lock().indeterminate(org))
    }
}

#[async_trait]
impl Audit for Model {
    async fn accounts(&self, org: OrgId) -> Result<Vec<StoredAccount>> {
        Ok(self.state.lock().accounts_of(org))
    }

    async fn entries(&self, org: OrgId) -> Result<Vec<Entry>> {
        Ok(self.state.lock().entries.get(&org).cloned().unwrap_or_default())
    }

    async fn threshold_events(&self, org: OrgId) -> Result<Vec<ThresholdEvent>> {
        Ok(self.state.lock().threshold_events.get(&org).cloned().unwrap_or_default())
    }

    async fn adjustments(&self, org: OrgId) -> Result<Vec<Adjustment>> {
        Ok(self.state.lock().adjustments_of(org))
    }

    async fn charges_after(
        &self,
        org: OrgId,
        after: Option<HoldId>,
        most: usize,
    ) -> Result<Vec<Charge>> {
        let state = self.state.lock();
        let charges = state.charges.values().filter(|charge| charge.org == org);
        let charges = charges.filter(|charge| after.is_none_or(|after| charge.hold > after));
        Ok(charges.take(most).cloned().collect())
    }

    async fn reconcile(&self) -> Result<Reconciliation> {
        Ok(self.state.lock().reconcile())
    }
}

#[cfg(test)]
mod tests {
    use std::future::Ready;

    use super::*;

    fn empty() -> Ready<(Model, ())> {
        std::future::ready((Model::default(), ()))
    }

    crate::conformance!(empty);
}
