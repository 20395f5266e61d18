//! Gateways that start, live, fall silent and leave.

use std::collections::BTreeSet;

use ledger::{Credits, Epoch, Instant, LineSource, NodeId, Shard};

use super::state::{Node, State};
use crate::{
    Alive, Applied, ChangeSeq, Error, Heartbeat, NodeState, Registered, Registration, Result,
    SILENT_AFTER_MICROS, Stamp, StoredNode, SyncRequest,
};

impl State {
    pub(super) fn register(&mut self, registration: &Registration) -> Result<Registered> {
        let Registration { node, journal, last_lsn, now, .. } = *registration;
        let of_journal =
            |((of, journal_of, shard), (request, _)): (&(_, _, _), &(SyncRequest, _))| {
                let applied = Applied { seq: request.seq, lsn: request.lsn };
                ((*of, *journal_of) == (node, journal)).then_some((*shard, applied))
            };
        let applied: Vec<_> = self.applied.iter().filter_map(of_journal).collect();
        if let Some((_, ahead)) = applied.iter().find(|(_, applied)| applied.lsn > last_lsn) {
            return Err(Error::OldCopy { applied: ahead.lsn, held: last_lsn });
        }
        let epoch = Epoch(self.nodes.get(&node).map_or(0, |last| last.epoch.0) + 1);
        let control = registration.control.clone();
        let start = Node { epoch, journal, registered: now, heard: now, control, stopped: false };
        self.nodes.insert(node, start);
        Ok(Registered { epoch, applied })
    }

    /// The journal of a node's last start.
    pub(super) fn journal_of(&self, node: NodeId, epoch: Epoch) -> Result<u128> {
        match self.nodes.get(&node) {
            Some(last) if last.epoch == epoch => Ok(last.journal),
            Some(last) => Err(Error::Fenced { current: last.epoch }),
            None => Err(Error::Fenced { current: Epoch(0) }),
        }
    }

    pub(super) fn heartbeat(&mut self, beat: &Heartbeat, store: u128) -> Result<Alive> {
        self.journal_of(beat.node, beat.epoch)?;
        if let Some(node) = self.nodes.get_mut(&beat.node) {
            node.heard = node.heard.max(beat.now);
            node.stopped = false;
        }
        let live = self.nodes.values().filter(|node| node.state(beat.now) == NodeState::Live);
        let live = u32::try_from(live.count()).unwrap_or(u32::MAX);
        let leases = self.money.leases.iter().filter(|((_, node, epoch), amount)| {
            (*node, *epoch) == (beat.node, beat.epoch) && !amount.is_zero()
        });
        let accounts = leases.filter_map(|((id, _, _), _)| self.money.accounts.get(id));
        let recalled = accounts.filter(|account| account.recalled);
        let recalled: BTreeSet<Shard> = recalled.map(|account| account.org.shard()).collect();
        Ok(Alive {
            now: beat.now,
            stamp: self.stamp(store),
            live,
            recalled: recalled.into_iter().collect(),
            frozen: false,
        })
    }

    pub(super) fn stamp(&self, store: u128) -> Stamp {
        Stamp { store, incarnation: 1, seq: ChangeSeq(self.last_change) }
    }

    pub(super) fn leave(&mut self, node: NodeId, epoch: Epoch, now: Instant) -> Result<()> {
        self.journal_of(node, epoch)?;
        if let Some(node) = self.nodes.get_mut(&node) {
            node.heard = node.heard.max(now);
            node.stopped = true;
        }
        Ok(())
    }

    pub(super) fn nodes(&self, now: Instant) -> Vec<StoredNode> {
        let stored = |(id, node): (&NodeId, &Node)| {
            let leases = self.money.leases.iter().filter(|((account, of, _), _)| {
                let account = self.money.accounts.get(account);
                of == id && account.is_some_and(|account| account.source != LineSource::Limit)
            });
            let leased = leases.fold(Credits::ZERO, |sum, (_, it)| sum.saturating_add(*it));
            let Node { epoch, registered, heard, ref control, .. } = *node;
            let (node, state, control) = (*id, node.state(now), control.clone());
            StoredNode { node, epoch, state, registered, heard, control, leased }
        };
        self.nodes.iter().map(stored).collect()
    }

    /// The gateways of which nothing was heard for too long.
    pub(super) fn silent_nodes(&self, now: Instant) -> BTreeSet<NodeId> {
        let silent = self.nodes.iter().filter(|(_, node)| node.state(now) == NodeState::Suspect);
        silent.map(|(id, _)| *id).collect()
    }
}

impl Node {
    fn state(&self, now: Instant) -> NodeState {
        if self.stopped {
            NodeState::Stopped
        } else if now > self.heard.plus_micros(SILENT_AFTER_MICROS) {
            NodeState::Suspect
        } else {
            NodeState::Live
        }
    }
}
