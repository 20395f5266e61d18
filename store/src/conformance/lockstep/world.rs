//! What happens next: chance, with enough sense to meet every rule often.

use std::collections::{BTreeMap, VecDeque};

use ledger::{Charge, Epoch, HoldId, Instant, NodeId, OrgId, Shard};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::super::fixture::{HOUR, NOW, org_id};
use super::super::node::Node;
use super::examples::{ALL, examples};
use super::keys::LastClaim;
use super::op::{Answer, Op};
use super::people::settling_in;
use crate::{ChangeSeq, Model, Registration, Result, RevokedToken, SyncRequest, UsageQuery};

/// Who is there, and what the last calls were.
pub(super) struct World {
    pub(super) chance: StdRng,
    pub(super) now: Instant,
    pub(super) nodes: Vec<Node>,
    /// The last call of each node's shards that was answered.
    pub(super) last_calls: BTreeMap<(NodeId, Shard), SyncRequest>,
    /// Charges that were taken in.
    pub(super) charges: Vec<Charge>,
    /// Requests that claimed a key, whether or not they got it, and have not been charged.
    pub(super) claimed: Vec<(u128, HoldId)>,
    pub(super) last_claim: Option<LastClaim>,
    /// Tokens that were revoked, and when they end.
    revoked: BTreeMap<(OrgId, u128), Instant>,
    /// What comes before chance: somebody must be there for anything to happen.
    first: VecDeque<Op>,
    /// The epoch that was begun for nobody when a node was given up last.
    retired: BTreeMap<NodeId, Epoch>,
    happened: BTreeMap<&'static str, u32>,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let nodes = vec![Node::new(7), Node::new(8), Node::new(9)];
        let starts: Vec<_> = nodes.iter().map(|node| Op::Register(node.registration())).collect();
        Self {
            chance: StdRng::seed_from_u64(seed),
            now: NOW,
            nodes,
            last_calls: BTreeMap::new(),
            charges: Vec::new(),
            claimed: Vec::new(),
            last_claim: None,
            revoked: BTreeMap::new(),
            retired: BTreeMap::new(),
            first: starts.into_iter().chain((1..=3).flat_map(settling_in)).collect(),
            happened: BTreeMap::new(),
        }
    }

    /// Whether a thing happens that happens so many times out of a hundred.
    pub(super) fn happens(&mut self, percent: u32) -> bool {
        self.chance.random_ratio(percent, 100)
    }

    pub(super) fn pick(&mut self, range: std::ops::RangeInclusive<u64>) -> u64 {
        self.chance.random_range(range)
    }

    pub(super) fn one_of<T: Clone>(&mut self, choices: &[T]) -> Option<T> {
        if choices.is_empty() {
            return None;
        }
        choices.get(self.chance.random_range(0..choices.len())).cloned()
    }

    /// The number of an organisation: mostly the first, so that one has much to do.
    pub(super) fn some_org(&mut self) -> u128 {
        u128::from(self.pick(1..=6)).checked_sub(3).unwrap_or(1).max(1)
    }

    pub(super) async fn next(&mut self, model: &Model) -> Op {
        self.pass_time();
        let op = match self.pick(0..=109) {
            0..=33 => self.some_call(model).await,
            34..=40 => self.some_beat(),
            41..=47 => self.some_claim(),
            48 => self.some_unclaiming(),
            49..=55 => self.some_correction(),
            56..=58 => self.some_start(),
            59..=61 => self.some_recovery(),
            62..=66 => self.some_opening(),
            67..=70 => self.some_question(),
            71..=72 => Op::Indeterminate(self.happens(50).then(|| org_id(self.some_org()))),
            73..=75 => Op::Expire(self.now),
            76..=80 => self.some_change_of_people(model).await,
            81..=90 => self.some_grant(model).await,
            91..=99 => self.some_limit(model).await,
            _ => self.some_entry(model).await,
        };
        self.first.pop_front().unwrap_or(op)
    }

    /// Often little, so that those who were heard of are not all silent; in all as much as before.
    fn pass_time(&mut self) {
        let span = match self.pick(0..=9) {
            0..=3 => 0,
            4..=6 => self.pick(0..=8_000_000),
            _ => self.pick(0..=120) * 60_000_000,
        };
        self.now = self.now.plus_micros(i64::try_from(span).unwrap_or(0));
    }

    /// The place of a node: mostly the first, so that one has much to do.
    pub(super) fn some_place(&mut self) -> usize {
        // One that has just come back after it was given up has something to tell.
        let is_back = |node: &Node| {
            self.retired.get(&node.id).is_some_and(|retired| retired.0 + 1 == node.epoch.0)
        };
        if let Some(back) = self.nodes.iter().position(is_back)
            && self.happens(50)
        {
            return back;
        }
        match self.pick(0..=9) {
            0..=5 => 0,
            6..=7 => 1,
            _ => 2,
        }
    }

    fn some_start(&mut self) -> Op {
        let mut place = self.chance.random_range(0..self.nodes.len());
        let retired = |node: &Node| self.retired.get(&node.id).is_some_and(|it| *it > node.epoch);
        if let Some(found) = self.nodes.iter().position(retired) {
            place = found;
        }
        let fresh = self.happens(10);
        let old = self.happens(15);
        let Some(node) = self.nodes.get_mut(place) else { return self.some_question() };
        if fresh {
            (node.journal, node.lsn) = (node.journal + 0x100, 0);
        }
        node.now = self.now;
        let registration = node.registration();
        let last_lsn = if old { registration.last_lsn.saturating_sub(1) } else { node.lsn };
        Op::Register(Registration { last_lsn, ..registration })
    }

    fn some_recovery(&mut self) -> Op {
        let earlier = self.happens(15);
        let nodes: Vec<_> = self.nodes.iter().map(|node| (node.id, node.epoch)).collect();
        let Some((node, mut epoch)) = self.one_of(&nodes) else { return self.some_question() };
        if earlier {
            epoch.0 = epoch.0.saturating_sub(1);
        }
        Op::Recovered(node, epoch)
    }

    fn some_opening(&mut self) -> Op {
        let ahead = if self.happens(20) { 20 * HOUR } else { 0 };
        let back = if self.happens(10) { 50 * HOUR } else { 0 };
        Op::OpenPeriods(org_id(self.some_org()), self.now.plus_micros(ahead - back))
    }

    fn some_question(&mut self) -> Op {
        match self.pick(0..=4) {
            4 => Op::Nodes(self.now),
            0 => Op::ChangesSince(ChangeSeq(self.pick(0..=60)), 20),
            1 => Op::Identity(self.some_secret().hash),
            2 => {
                let holds: Vec<(OrgId, HoldId)> =
                    self.charges.iter().map(|charge| (charge.org, charge.hold)).collect();
                match self.one_of(&holds) {
                    Some((org, hold)) => Op::Charge(org, hold),
                    None => Op::ChangesSince(ChangeSeq(0), 3),
                }
            }
            _ => {
                let org = self.some_org();
                let from =
                    self.now.plus_micros(-(i64::try_from(self.pick(0..=90)).unwrap_or(0) * HOUR));
                let member = self.happens(50).then(|| self.some_member(org));
                Op::Usage(UsageQuery { org: org_id(org), member, from, until: self.now })
            }
        }
    }

    /// Takes in what the model answered.
    pub(super) fn learn(&mut self, op: &Op, answer: &Result<Answer>) {
        for met in examples(op, answer) {
            *self.happened.entry(met).or_default() += 1;
        }
        match (op, answer) {
            (Op::Register(registration), Ok(Answer::Registered(registered))) => {
                let mut nodes = self.nodes.iter_mut();
                if let Some(node) = nodes.find(|node| node.id == registration.node) {
                    node.registered(registered);
                    self.last_calls.retain(|(id, _), _| *id != node.id);
                }
            }
            (Op::Sync(request), Ok(_)) => self.synced(request),
            (Op::Retire(retirement), Ok(Answer::Retired(retired))) => {
                self.retired.insert(retirement.node, retired.epoch);
            }
            (Op::RevokeToken(org, token, now), Ok(_)) => self.revoked(*org, token, *now),
            _ => {}
        }
    }

    fn synced(&mut self, request: &SyncRequest) {
        let call = (request.node, request.shard);
        if self.last_calls.get(&call).is_some_and(|last| last.seq == request.seq) {
            return;
        }
        let retired = self.retired.get(&request.node).copied().unwrap_or(Epoch(0));
        let lost = |charge: &Charge| charge.hold.epoch < retired && !charge.lines.is_empty();
        if request.events.iter().any(lost) {
            *self.happened.entry("found a loss spent").or_default() += 1;
        }
        self.last_calls.insert(call, request.clone());
        self.charges.extend(request.events.iter().cloned());
        if let Some(node) = self.nodes.iter_mut().find(|node| node.id == request.node) {
            node.seqs.insert(request.shard, request.seq);
            node.lsn = node.lsn.max(request.lsn);
        }
    }

    fn revoked(&mut self, org: OrgId, token: &RevokedToken, now: Instant) {
        let known = self.revoked.len();
        self.revoked.retain(|(of, _), until| *of != org || *until > now);
        if self.revoked.len() < known {
            *self.happened.entry("forgot a token").or_default() += 1;
        }
        let until = self.revoked.entry((org, token.id())).or_insert(token.until);
        *until = (*until).max(token.until);
    }

    /// A run must have met what it was made for, or it proves nothing.
    pub(super) fn check_that_everything_happened(&self) {
        for met in ALL {
            assert!(self.happened.contains_key(met), "no step {met}: {:?}", self.happened);
        }
    }
}
