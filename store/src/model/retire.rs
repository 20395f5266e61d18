//! Gateways that are given up, and what is made good when their journals turn up after all.

use std::collections::BTreeMap;

use ledger::{
    Access, AccountId, Credits, Epoch, Grant, GrantId, Instant, LineSource, NodeId, OrgId,
};

use super::entries::Transfer;
use super::feed::Entity;
use super::state::{Account, State};
use crate::{
    Compensation, EntryBook, EntryCause, EntryKind, Error, LastStart, NodeState, Result, Retired,
    Retirement, WrittenOff, compensations, taken_back,
};

/// A grant at the platform's cost, until it is taken back.
#[derive(Clone, Debug)]
pub(super) struct Compensated {
    pub(super) org: OrgId,
    pub(super) node: NodeId,
    pub(super) grant: GrantId,
    pub(super) amount: Credits,
}

impl State {
    pub(super) fn retire(&mut self, retirement: &Retirement) -> Result<Retired> {
        let Retirement { node: id, assume_spent, now } = *retirement;
        let missing = || Error::Conflict(format!("there is no {id}"));
        let node = self.nodes.get_mut(&id).ok_or_else(missing)?;
        match NodeState::of(node.last, node.heard, now) {
            NodeState::Retired => return Ok(Retired::before(node.epoch)),
            NodeState::Live => return Err(Error::Conflict(format!("{id} was just heard of"))),
            NodeState::Suspect | NodeState::Stopped => {}
        }
        (node.epoch, node.last) = (Epoch(node.epoch.0 + 1), LastStart::Retired);
        let epoch = node.epoch;
        let levels: BTreeMap<_, _> =
            self.orgs.keys().map(|org| (*org, self.money.credit(*org, now))).collect();
        let written_off = self.write_off(id);
        let cause = EntryCause::Retirement { node: id, epoch };
        let mut touched: BTreeMap<OrgId, AccountId> = BTreeMap::new();
        for lost in written_off.iter().filter(|lost| lost.limit.is_none()) {
            let (from, to) = (EntryBook::Grant(lost.account), EntryBook::Consumed);
            self.enter_loss(lost.org, now, (from, to), lost.amount, &cause);
            touched.insert(lost.org, lost.account);
        }
        let made = if assume_spent {
            Vec::new()
        } else {
            let lost = written_off.iter().filter_map(|lost| self.lost_by_grant(lost));
            compensations(retirement, epoch, lost.collect::<Vec<_>>())
        };
        for Compensation { org, grant } in &made {
            self.compensate(*org, id, grant);
            let books = (EntryBook::Platform, EntryBook::Grant(grant.id.into()));
            self.enter_loss(*org, now, books, grant.amount, &cause);
            self.record(*org, Entity::Grant(grant.id));
            touched.insert(*org, grant.id.into());
        }
        for (org, account) in touched {
            self.reach_credits(org, account, levels[&org], now);
        }
        Ok(Retired { epoch, written_off, compensations: made })
    }

    /// Writes off what all starts of a node have, by organisation and account.
    fn write_off(&mut self, node: NodeId) -> Vec<WrittenOff> {
        let mut lost: BTreeMap<(OrgId, AccountId), WrittenOff> = BTreeMap::new();
        let leases = self.money.leases.iter_mut().filter(|((_, of, _), _)| *of == node);
        for (lease, leased) in leases.filter(|(_, leased)| !leased.is_zero()) {
            let amount = std::mem::take(leased);
            let of_lease = self.money.lost.entry(*lease).or_default();
            *of_lease = of_lease.saturating_add(amount);
            let Some(account) = self.money.accounts.get_mut(&lease.0) else { continue };
            account.written_off = account.written_off.saturating_add(amount);
            let (id, org, limit) = (lease.0, account.org, account.limit);
            let nothing = WrittenOff { org, account: id, limit, amount: Credits::ZERO };
            let sum = lost.entry((org, id)).or_insert(nothing);
            sum.amount = sum.amount.saturating_add(amount);
        }
        lost.into_values().collect()
    }

    fn lost_by_grant(&self, lost: &WrittenOff) -> Option<(OrgId, Access, Credits)> {
        let grants = &self.orgs.get(&lost.org)?.grants;
        let grant = grants.values().find(|grant| AccountId::from(grant.id) == lost.account)?;
        Some((lost.org, grant.access.clone(), lost.amount))
    }

    fn compensate(&mut self, org: OrgId, node: NodeId, grant: &Grant) {
        let account = Account::new(org, LineSource::Grant(grant.kind), grant.start, grant.end);
        self.money.accounts.insert(grant.id.into(), Account { amount: grant.amount, ..account });
        if let Some(people) = self.orgs.get_mut(&org) {
            people.grants.insert(grant.id, grant.clone());
        }
        let (grant, amount) = (grant.id, grant.amount);
        self.compensated.push(Compensated { org, node, grant, amount });
    }

    fn enter_loss(
        &mut self,
        org: OrgId,
        at: Instant,
        (from, to): (EntryBook, EntryBook),
        amount: Credits,
        cause: &EntryCause,
    ) {
        let (kind, cause) = (EntryKind::WriteOff, cause.clone());
        self.transfer(org, at, Transfer { kind, from, to, amount, cause });
    }

    /// What was lost with a node's earlier starts is no loss any more: their journal has turned up.
    pub(super) fn turn_up(&mut self, node: NodeId, epoch: Epoch) {
        let Some(at) = self.nodes.get(&node).map(|node| node.registered) else { return };
        let levels: BTreeMap<_, _> =
            self.orgs.keys().map(|org| (*org, self.money.credit(*org, at))).collect();
        let cause = EntryCause::Retirement { node, epoch };
        let mut touched: BTreeMap<OrgId, AccountId> = BTreeMap::new();
        for ((org, id), amount) in self.take_lost(node, epoch) {
            let Some(account) = self.money.accounts.get_mut(&id) else { continue };
            account.written_off = account.written_off.saturating_sub(amount);
            account.written_back = account.written_back.saturating_add(amount);
            if account.source != LineSource::Limit {
                let books = (EntryBook::Consumed, EntryBook::Grant(id));
                self.enter_loss(org, at, books, amount, &cause);
                touched.insert(org, id);
            }
            self.record(org, Entity::Refund(id));
        }
        let (mut back, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.compensated)
            .into_iter()
            .partition(|compensated| compensated.node == node);
        self.compensated = kept;
        back.sort_by_key(|compensated| (compensated.org, compensated.grant));
        for compensated in back {
            self.take_back(&compensated, at, &cause);
            touched.insert(compensated.org, compensated.grant.into());
        }
        for (org, account) in touched {
            self.reach_credits(org, account, levels[&org], at);
        }
    }

    /// What is lost of each account with a node's starts before an epoch: it is so no more.
    fn take_lost(&mut self, node: NodeId, epoch: Epoch) -> BTreeMap<(OrgId, AccountId), Credits> {
        let mut found: BTreeMap<(OrgId, AccountId), Credits> = BTreeMap::new();
        let Self { money, .. } = self;
        money.lost.retain(|(id, of, earlier), amount| {
            let meant = *of == node && *earlier < epoch;
            if let Some(account) = money.accounts.get(id).filter(|_| meant && !amount.is_zero()) {
                let sum = found.entry((account.org, *id)).or_default();
                *sum = sum.saturating_add(*amount);
            }
            !meant
        });
        found
    }

    fn take_back(&mut self, compensated: &Compensated, at: Instant, cause: &EntryCause) {
        let id = AccountId::from(compensated.grant);
        let Some(account) = self.money.accounts.get_mut(&id) else { return };
        let gone = account.amount.saturating_sub(account.left());
        let amount = taken_back(account.amount, compensated.amount, gone);
        let less = account.amount.saturating_sub(amount);
        account.amount = amount;
        if let Some(people) = self.orgs.get_mut(&compensated.org)
            && let Some(grant) = people.grants.get_mut(&compensated.grant)
        {
            grant.amount = amount;
        }
        let books = (EntryBook::Grant(id), EntryBook::Platform);
        self.enter_loss(compensated.org, at, books, less, cause);
        self.record(compensated.org, Entity::Grant(compensated.grant));
    }
}
