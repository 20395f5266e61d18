//! Random asks and wishes for shares, and the signs of life that decide who is silent.

use std::num::NonZeroU32;

use ledger::{AccountId, Credits, Epoch, LineSource, NodeId};

use super::super::fixture::{credits, grant_id};
use super::op::Op;
use super::world::World;
use crate::{Ask, Asked, Heartbeat, Refill, Regranted, Retirement, StoredAccount, SyncRequest};

impl World {
    /// The call with what a gateway that shares its accounts asks and wishes.
    pub(super) fn sharing(
        &mut self,
        mut call: SyncRequest,
        place: usize,
        accounts: &[StoredAccount],
    ) -> SyncRequest {
        for _ in 0..self.pick(0..=2) {
            call.ask.extend(self.some_ask(place, accounts));
        }
        if self.happens(40) {
            call.refill.push(self.some_share(accounts));
        }
        if self.happens(4) {
            call.regranted.extend(self.some_lost_lease(call.epoch, accounts));
        }
        call
    }

    /// A request of one or two limits and of some grants; sometimes of a hold that has part of it.
    fn some_ask(&mut self, place: usize, accounts: &[StoredAccount]) -> Option<Ask> {
        let (mut limits, mut grants) = (Vec::new(), Vec::new());
        for account in accounts {
            let asked = Asked { account: account.id, own: self.some_own(account) };
            match account.source {
                LineSource::Limit if limits.len() < 2 && self.happens(25) => limits.push(asked),
                LineSource::Grant(_) if grants.len() < 3 && self.happens(60) => grants.push(asked),
                LineSource::Limit | LineSource::Grant(_) => {}
            }
        }
        if self.happens(4) {
            let (account, own) = (grant_id(99).into(), Credits::ZERO);
            grants.push(Asked { account, own });
        }
        let most = if self.happens(70) { 120 } else { 900 };
        let least = self.pick(1..=most);
        let most = least + self.pick(0..=300);
        let mut ask = self.nodes.get_mut(place)?.ask((&[], &[]), (least, most));
        (ask.limits, ask.grants) = (limits, grants);
        Some(ask)
    }

    fn some_own(&mut self, account: &StoredAccount) -> Credits {
        let some = self.happens(10);
        account.leases.first().map_or(Credits::ZERO, |(_, _, amount)| {
            if some { credits(self.pick(0..=amount.micros().min(200))) } else { Credits::ZERO }
        })
    }

    fn some_share(&mut self, accounts: &[StoredAccount]) -> Refill {
        let grants = accounts.iter().filter(|account| account.source != LineSource::Limit);
        let mut named: Vec<AccountId> = grants.map(|account| account.id).collect();
        if self.happens(40) {
            let all: Vec<_> = accounts.iter().map(|account| account.id).collect();
            named = self.one_of(&all).into_iter().collect();
        }
        let divisor = u32::try_from(self.pick(1..=6)).ok().and_then(NonZeroU32::new);
        Refill {
            accounts: named,
            wanted: credits(self.pick(0..=600)),
            quote: credits(self.pick(0..=150)),
            divisor: divisor.unwrap_or(NonZeroU32::MIN),
        }
    }

    fn some_lost_lease(&mut self, epoch: Epoch, accounts: &[StoredAccount]) -> Option<Regranted> {
        let earlier = self.happens(30);
        let epoch = if earlier { Epoch(epoch.0.saturating_sub(1).max(1)) } else { epoch };
        let all: Vec<_> = accounts.iter().map(|account| account.id).collect();
        let account = self.one_of(&all)?;
        Some(Regranted { epoch, account, amount: credits(self.pick(0..=40)) })
    }

    /// A gateway is given up, if it is silent: often enough that its journal may turn up again.
    fn some_retirement(&mut self) -> Op {
        let nodes: Vec<_> = self.nodes.iter().map(|node| node.id).collect();
        let unknown = self.happens(5);
        let node = self.one_of(&nodes).filter(|_| !unknown).unwrap_or(NodeId(99));
        let assume_spent = self.happens(30);
        Op::Retire(Retirement { node, assume_spent, now: self.now })
    }

    /// A sign of life, mostly of a last start; sometimes the last one of a gateway that ends.
    pub(super) fn some_beat(&mut self) -> Op {
        match self.pick(0..=9) {
            0 | 1 => return self.some_retirement(),
            2 => return Op::Nodes(self.now),
            _ => {}
        }
        let (earlier, last) = (self.happens(10), self.happens(25));
        let beats: Vec<_> = self.nodes.iter().map(super::super::node::Node::beat).collect();
        let Some(beat) = self.one_of(&beats) else { return Op::Nodes(self.now) };
        let epoch = Epoch(beat.epoch.0.saturating_sub(u32::from(earlier)));
        let beat = Heartbeat { epoch, now: self.now, ..beat };
        if last { Op::Leave(beat.node, beat.epoch, self.now) } else { Op::Heartbeat(beat) }
    }
}
