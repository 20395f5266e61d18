//! Random syncs: what a gateway with these leases could report, sometimes bent out of shape.

use std::collections::BTreeMap;

use ledger::{
    AccountId, Cause, Charge, Credits, Ending, Epoch, GrantKind, HoldId, Instant, LineSource,
    NodeId, Surface,
};

use super::super::fixture::{HOUR, credits, group_id, key_id, org_id, project_id};
use super::op::Op;
use super::world::World;
use crate::{Audit, Model, StoredAccount, SyncRequest};

/// What a node has of each account, by the start that leased it.
type Leases = BTreeMap<(AccountId, Epoch), Credits>;

impl World {
    pub(super) async fn some_call(&mut self, model: &Model) -> Op {
        let number = self.some_org();
        let org = org_id(number);
        let accounts = model.accounts(org).await.unwrap_or_default();
        let place = self.some_place();
        let now = self.now;
        let node = self.nodes.get_mut(place).expect("there is such a node");
        (node.now, node.lsn) = (now, node.lsn + 3);
        let seq = node.seqs.get(&org.shard()).copied().unwrap_or(0);
        let mut call = node.call(org);
        node.seqs.insert(org.shard(), seq);
        let (id, epoch) = (node.id, node.epoch);
        if let Some(last) = self.last_calls.get(&(id, org.shard())).cloned()
            && self.happens(10)
        {
            return Op::Sync(Box::new(if self.happens(60) { last } else { self.bent(last) }));
        }
        let mut leases = leases_of(&accounts, id);
        let (mut charges, mut keyed) = (Vec::new(), Vec::new());
        for _ in 0..self.pick(0..=3) {
            let claimed = self.some_claimed(number, place);
            let charge = self.some_charge(number, place, claimed, &accounts, &mut leases);
            keyed.extend(claimed.filter(|_| self.happens(90)));
            charges.push(charge);
        }
        call = call.charging(charges).keyed(keyed);
        for account in &accounts {
            // What has ended mostly goes back whole, as from a gateway that knows of it.
            let ended = account.end <= now && self.happens(70);
            if let Some(lease) = leases.get(&(account.id, epoch))
                && (ended || self.happens(15))
            {
                let amount = if ended { lease.micros() } else { self.chance_up_to(*lease) };
                call = call.giving_back(account.id, amount);
            }
            if self.happens(30) {
                let wanted = credits(self.pick(0..=1_500));
                let wanted = if self.happens(20) { Credits::MAX } else { wanted };
                call = call.wishing(account.id, wanted);
            }
        }
        call = self.sharing(call, place, &accounts);
        Op::Sync(Box::new(if self.happens(15) { self.bent(call) } else { call }))
    }

    fn chance_up_to(&mut self, most: Credits) -> u64 {
        self.pick(0..=most.micros())
    }

    /// A request that what is left of the leases can pay; perhaps one that claimed a key.
    fn some_charge(
        &mut self,
        org: u128,
        place: usize,
        claimed: Option<HoldId>,
        accounts: &[StoredAccount],
        leases: &mut Leases,
    ) -> Charge {
        let node = self.nodes.get(place).map_or(Epoch(0), |node| node.epoch);
        // Starts are counted from 1.
        let last = Epoch(node.0.saturating_sub(1).max(1));
        // Of which something is left, or was lost.
        let known = leases.iter().filter(|((_, of), amount)| *of < node && !amount.is_zero());
        let known: Vec<Epoch> = known.map(|((_, of), _)| *of).collect();
        let earlier = self.one_of(&known).unwrap_or(last);
        let epoch = if self.happens(25) { earlier } else { node };
        // A claim of a node that had not begun comes to nothing.
        let claimed = claimed.filter(|hold| hold.epoch > Epoch(0));
        let epoch = claimed.map_or(epoch, |hold| hold.epoch);
        let lines = self.some_lines(epoch, accounts, leases);
        let (hour, tool) = (self.pick(0..=30), self.some_tool());
        let (grouped, tagged, keyed) = (self.happens(50), self.happens(50), self.happens(70));
        let who = u128::from(self.pick(1..=3)) + org * 10;
        let surface = self.one_of(&Surface::ALL).unwrap_or(Surface::Api);
        let member = super::super::fixture::member_id(who);
        let ending = if lines.is_empty() { self.some_free_ending() } else { Ending::Settled };
        let ending = if self.happens(15) { Ending::Indeterminate } else { ending };
        let overrun = if self.happens(15) { credits(self.pick(1..=90)) } else { Credits::ZERO };
        let hours = i64::try_from(hour).unwrap_or(0);
        let node = self.nodes.get_mut(place).expect("there is such a node");
        let mut charge = node.charge_of(org, lines);
        charge.hold.epoch = epoch;
        charge.hold = claimed.unwrap_or(charge.hold);
        charge.admitted = Instant::from_micros(charge.admitted.micros() - hours * HOUR / 3);
        (charge.member, charge.tool, charge.surface) = (member, tool, surface);
        charge.key = keyed.then_some(key_id(who));
        charge.group = grouped.then_some(group_id(who));
        charge.project = tagged.then_some(project_id(who));
        (charge.ending, charge.overrun) = (ending, overrun);
        charge
    }

    fn some_free_ending(&mut self) -> Ending {
        let endings =
            [Ending::Estimated, Ending::Indeterminate, Ending::Released(Cause::ProviderError)];
        self.one_of(&endings).unwrap_or(Ending::Estimated)
    }

    /// One or two grants, and a limit where its lease has the whole.
    fn some_lines(
        &mut self,
        epoch: Epoch,
        accounts: &[StoredAccount],
        leases: &mut Leases,
    ) -> Vec<(LineSource, AccountId, u64)> {
        let mut lines = Vec::new();
        let mut charged = Credits::ZERO;
        let grants = accounts.iter().filter(|account| account.source != LineSource::Limit);
        let limits = accounts.iter().filter(|account| account.source == LineSource::Limit);
        for account in grants {
            let lease = leases.entry((account.id, epoch)).or_default();
            let some = self.pick(0..=lease.micros().min(400));
            let amount = if self.happens(35) { *lease } else { credits(some) };
            if lines.len() < 2 && !amount.is_zero() && self.happens(60) {
                *lease = lease.saturating_sub(amount);
                charged = charged.saturating_add(amount);
                lines.push((account.source, account.id, amount.micros()));
            }
        }
        for account in limits {
            let lease = leases.entry((account.id, epoch)).or_default();
            if !charged.is_zero() && *lease >= charged && self.happens(50) {
                *lease = lease.saturating_sub(charged);
                lines.push((account.source, account.id, charged.micros()));
            }
        }
        lines
    }

    /// The call with one thing wrong, or merely other.
    fn bent(&mut self, mut call: SyncRequest) -> SyncRequest {
        let old = self.one_of(&self.charges.clone());
        match self.pick(0..=11) {
            0 => call.seq += 1,
            1 => call.seq = call.seq.saturating_sub(1),
            2 => call.epoch.0 = call.epoch.0.saturating_sub(1),
            3 => call.report.clear(),
            4 => call = call.giving_back(super::super::fixture::grant_id(11), 2_000),
            5 => call.lsn = call.lsn.saturating_sub(5),
            6 => call.events.extend(old),
            7 => call = call.charging(old),
            8 => {
                for line in call.events.iter_mut().flat_map(|charge| &mut charge.lines) {
                    line.amount = line.amount.saturating_add(credits(1));
                }
                call = call.charging([]);
            }
            9 => {
                for line in call.events.iter_mut().flat_map(|charge| &mut charge.lines) {
                    line.source = LineSource::Grant(GrantKind::Promo);
                }
            }
            10 => call = call.keyed(old.map(|charge| charge.hold)),
            _ => call.events.truncate(1),
        }
        call
    }
}

fn leases_of(accounts: &[StoredAccount], node: NodeId) -> Leases {
    let mut leases = Leases::new();
    for account in accounts {
        // What was written off can be spent as well.
        for (of, epoch, amount) in account.leases.iter().chain(&account.lost) {
            if *of == node {
                let all = leases.entry((account.id, *epoch)).or_default();
                *all = all.saturating_add(*amount);
            }
        }
    }
    leases
}
