//! Gateways that start, live, fall silent and leave.

use std::collections::BTreeSet;

use ledger::{Credits, Epoch, Instant, LineSource, NodeId, Shard};

use super::state::{Incarnation, Node, State};
use crate::{
    Alive, Applied, ChangeSeq, Error, FROZEN_AT_LEAST_MICROS, FROZEN_AT_MOST_MICROS, Heartbeat,
    LastStart, NodeState, Registered, Registration, Rejoin, Result, Stamp, StoredNode, SyncRequest,
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
        let start = Node {
            epoch,
            journal,
            registered: now,
            heard: now,
            control,
            last: LastStart::Running,
            incarnation: 0,
        };
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
            node.last = LastStart::Running;
            node.incarnation = node.incarnation.max(beat.incarnation);
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
            frozen: self.is_frozen(beat.now),
        })
    }

    pub(super) fn stamp(&self, store: u128) -> Stamp {
        Stamp { store, incarnation: self.incarnation.number, seq: ChangeSeq(self.last_change) }
    }

    pub(super) fn rejoin(&mut self, rejoin: &Rejoin) -> Result<Registered> {
        let Rejoin { node, epoch, journal, now, .. } = *rejoin;
        let current = self.nodes.get(&node).map_or(Epoch(0), |last| last.epoch);
        if current > epoch {
            return Err(Error::Fenced { current });
        }
        let applied = |shard: Shard| {
            let last = self.applied.get(&(node, journal, shard));
            last.map_or(Applied::default(), |(last, _)| Applied { seq: last.seq, lsn: last.lsn })
        };
        let behind =
            rejoin.acknowledged.iter().any(|(shard, known)| applied(*shard).seq < known.seq);
        if current == epoch && !behind && rejoin.incarnation == self.incarnation.number {
            return Err(Error::Conflict("the store knows all that this gateway does".to_owned()));
        }
        let shards = (0..Shard::COUNT).filter_map(Shard::new);
        let applied = shards.map(|shard| (shard, applied(shard)));
        let applied = applied.filter(|(_, applied)| applied.seq > 0).collect();
        if rejoin.incarnation >= self.incarnation.number {
            self.incarnation = Incarnation { number: rejoin.incarnation + 1, since: now };
        }
        let known = self.nodes.get(&node).map(|last| last.registered);
        let start = Node {
            epoch,
            journal,
            registered: known.unwrap_or(now),
            heard: now,
            control: rejoin.control.clone(),
            last: LastStart::Running,
            incarnation: 0,
        };
        self.nodes.insert(node, start);
        Ok(Registered { epoch, applied })
    }

    /// Whether a gateway may still have something that the store has forgotten.
    pub(super) fn is_frozen(&self, now: Instant) -> bool {
        let Incarnation { number, since } = self.incarnation;
        let untold = |node: &Node| node.last == LastStart::Running && node.incarnation < number;
        let began = now < since.plus_micros(FROZEN_AT_LEAST_MICROS);
        now < since.plus_micros(FROZEN_AT_MOST_MICROS) && (began || self.nodes.values().any(untold))
    }

    pub(super) fn leave(&mut self, node: NodeId, epoch: Epoch, now: Instant) -> Result<()> {
        self.journal_of(node, epoch)?;
        if let Some(node) = self.nodes.get_mut(&node) {
            node.heard = node.heard.max(now);
            node.last = LastStart::Stopped;
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
        NodeState::of(self.last, self.heard, now)
    }
}
