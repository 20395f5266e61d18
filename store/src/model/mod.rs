//! The store in memory: slow, plain, and what every other store is compared to.
//!
//! One lock around maps. Nothing is summed ahead: usage and openings are added up from the charges
//! whenever they are asked for, and a repeated call is told by comparing whole requests.

mod adjust;
mod backup;
mod entries;
mod expiry;
mod feed;
mod grants;
mod idempotency;
mod keys;
mod leases;
mod limits;
mod nodes;
mod people;
mod periods;
mod reconcile;
mod retire;
mod state;
mod sync;
mod thresholds;
mod tokens;
mod usage;

use async_trait::async_trait;
use ledger::{
    Charge, CountsFrom, Epoch, Grant, HoldId, Instant, Limit, LimitId, NodeId, OrgId, PeriodOpened,
};
use parking_lot::Mutex;
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::{
    Adjusted, Adjustment, AdjustmentRequest, Alive, Audit, Change, ChangeSeq, ClaimAnswer, Entry,
    Expired, Group, Heartbeat, IdempotencyClaim, Indeterminate, Key, KeyIdentity, Member, Nudge,
    Org, OrgData, Project, Provision, Reconciliation, Registered, Registration, Rejoin, Result,
    Retired, Retirement, RevokedToken, SecretHash, Stamp, Store, StoredAccount, StoredNode,
    SyncAnswer, SyncRequest, ThresholdEvent, UsageQuery, UsageRow, Verdict,
};
use state::State;

pub use backup::Backup;

/// A store that lives as long as the process.
#[derive(Debug)]
pub struct Model {
    id: u128,
    state: Mutex<State>,
    shared: Option<broadcast::Sender<Nudge>>,
}

impl Default for Model {
    fn default() -> Self {
        Self { id: Uuid::now_v7().as_u128(), state: Mutex::default(), shared: None }
    }
}

/// Who is further behind has to poll.
const NUDGES_KEPT: usize = 1_024;

impl Model {
    /// A model for any number of gateways, which are nudged.
    #[must_use]
    pub fn shared() -> Self {
        let (sender, _) = broadcast::channel(NUDGES_KEPT);
        Self { shared: Some(sender), ..Self::default() }
    }

    fn nudge(&self, nudge: Nudge) {
        if let Some(sender) = &self.shared {
            // Nobody may listen yet.
            let _ = sender.send(nudge);
        }
    }

    fn changed(&self, seq: ChangeSeq) -> ChangeSeq {
        self.nudge(Nudge::Changed(seq));
        seq
    }
}

#[async_trait]
impl Store for Model {
    async fn stamp(&self) -> Result<Stamp> {
        Ok(self.state.lock().stamp(self.id))
    }

    async fn register(&self, registration: &Registration) -> Result<Registered> {
        self.state.lock().register(registration)
    }

    async fn recovered(&self, node: NodeId, epoch: Epoch) -> Result<()> {
        self.state.lock().recovered(node, epoch)
    }

    async fn heartbeat(&self, beat: &Heartbeat) -> Result<Alive> {
        self.state.lock().heartbeat(beat, self.id)
    }

    async fn rejoin(&self, rejoin: &Rejoin) -> Result<Registered> {
        self.state.lock().rejoin(rejoin)
    }

    async fn retire(&self, retirement: &Retirement) -> Result<Retired> {
        self.state.lock().retire(retirement)
    }

    async fn leave(&self, node: NodeId, epoch: Epoch, now: Instant) -> Result<()> {
        self.state.lock().leave(node, epoch, now)
    }

    async fn nodes(&self, now: Instant) -> Result<Vec<StoredNode>> {
        Ok(self.state.lock().nodes(now))
    }

    fn nudges(&self) -> Option<broadcast::Receiver<Nudge>> {
        self.shared.as_ref().map(broadcast::Sender::subscribe)
    }

    fn serves_many(&self) -> bool {
        self.shared.is_some()
    }

    async fn sync(&self, request: &SyncRequest) -> Result<SyncAnswer> {
        let answer = self.state.lock().sync(request)?;
        if answer.verdicts.iter().any(|it| matches!(it, Verdict::Held | Verdict::InDoubt)) {
            self.nudge(Nudge::Recalled(request.shard));
        }
        Ok(answer)
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

    async fn secret_hashes(
        &self,
        after: Option<SecretHash>,
        max: usize,
    ) -> Result<Vec<SecretHash>> {
        Ok(self.state.lock().secret_hashes(after, max))
    }

    async fn note_used(&self, used: &[(SecretHash, Instant)]) -> Result<()> {
        self.state.lock().note_used(used);
        Ok(())
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
        self.state.lock().put_org(org).map(|seq| self.changed(seq))
    }

    async fn change_org(&self, read: &Org, org: &Org) -> Result<ChangeSeq> {
        self.state.lock().change_org(read, org).map(|seq| self.changed(seq))
    }

    async fn put_group(&self, group: &Group) -> Result<ChangeSeq> {
        self.state.lock().put_group(group).map(|seq| self.changed(seq))
    }

    async fn put_project(&self, project: &Project) -> Result<ChangeSeq> {
        self.state.lock().put_project(project).map(|seq| self.changed(seq))
    }

    async fn put_member(&self, member: &Member) -> Result<ChangeSeq> {
        self.state.lock().put_member(member).map(|seq| self.changed(seq))
    }

    async fn change_member(&self, read: &Member, member: &Member) -> Result<ChangeSeq> {
        self.state.lock().change_member(read, member).map(|seq| self.changed(seq))
    }

    async fn provision(&self, provision: &Provision) -> Result<(Member, ChangeSeq)> {
        let (member, seq) = self.state.lock().provision(provision)?;
        Ok((member, self.changed(seq)))
    }

    async fn make_key(&self, key: &Key, limits: &[Limit], now: Instant) -> Result<ChangeSeq> {
        self.state.lock().make_key(key, limits, now).map(|seq| self.changed(seq))
    }

    async fn put_key(&self, key: &Key, expected: Option<u64>) -> Result<ChangeSeq> {
        self.state.lock().put_key(key, expected).map(|seq| self.changed(seq))
    }

    async fn revoke_token(
        &self,
        org: OrgId,
        token: &RevokedToken,
        now: Instant,
    ) -> Result<ChangeSeq> {
        self.state.lock().revoke_token(org, token, now).map(|seq| self.changed(seq))
    }

    async fn put_grant(
        &self,
        org: OrgId,
        grant: &Grant,
        idempotency: Option<&str>,
        now: Instant,
    ) -> Result<(Grant, ChangeSeq)> {
        let (grant, seq) = self.state.lock().put_grant(org, grant, idempotency, now)?;
        Ok((grant, self.changed(seq)))
    }

    async fn put_limit(
        &self,
        org: OrgId,
        limit: &Limit,
        counts_from: CountsFrom,
        now: Instant,
    ) -> Result<ChangeSeq> {
        self.state.lock().put_limit(org, limit, counts_from, now).map(|seq| self.changed(seq))
    }

    async fn remove_limit(&self, org: OrgId, limit: LimitId) -> Result<ChangeSeq> {
        self.state.lock().remove_limit(org, limit).map(|seq| self.changed(seq))
    }

    async fn expire(&self, now: Instant) -> Result<Vec<Expired>> {
        Ok(self.state.lock().expire(now))
    }

    async fn adjust(&self, request: &AdjustmentRequest) -> Result<Adjusted> {
        let mut state = self.state.lock();
        let adjusted = state.adjust(request)?;
        self.changed(ChangeSeq(state.last_change));
        Ok(adjusted)
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
    crate::conformance!(@many empty);
}
