//! Random idempotency keys: few members with few texts, so that requests meet.

use ledger::HoldId;

use super::super::fixture::{member_id, org_id};
use super::op::Op;
use super::world::World;
use crate::IdempotencyClaim;

const TEXTS: [&str; 2] = ["a", "b"];

/// A claim that was made, and the number of its organisation.
pub(super) type LastClaim = (u128, IdempotencyClaim);

impl World {
    /// A claim for a request that a node has just been sent, often of the key before; sometimes the
    /// claim before, again.
    pub(super) fn some_claim(&mut self) -> Op {
        if let Some((number, last)) = self.last_claim.clone()
            && self.happens(60)
        {
            let again = self.happens(20);
            let hold = if again { last.hold } else { self.some_new_hold(number) };
            let fingerprint = if self.happens(25) { [9; 32] } else { last.fingerprint };
            let claim = IdempotencyClaim { fingerprint, hold, now: self.now, ..last };
            return Op::ClaimIdempotency(claim);
        }
        let number = self.some_org();
        let claim = IdempotencyClaim {
            org: org_id(number),
            member: member_id(number * 10 + u128::from(self.happens(20))),
            key: self.one_of(&TEXTS).unwrap_or_default().to_owned(),
            fingerprint: [1; 32],
            hold: self.some_new_hold(number),
            now: self.now,
        };
        self.last_claim = Some((number, claim.clone()));
        Op::ClaimIdempotency(claim)
    }

    fn some_new_hold(&mut self, number: u128) -> HoldId {
        let place = self.some_place();
        let node = self.nodes.get_mut(place).expect("there is such a node");
        let hold = node.charge_of(number, []).hold;
        self.claimed.push((number, hold));
        hold
    }

    pub(super) fn some_unclaiming(&mut self) -> Op {
        let mut holds = Vec::new();
        let number = self.some_org();
        for _ in 0..self.pick(0..=2) {
            holds.extend(self.one_of(&self.claimed.clone()).map(|(_, hold)| hold));
        }
        Op::UnclaimIdempotency(org_id(number), holds)
    }

    /// A request of the node that has claimed a key and not been charged.
    pub(super) fn some_claimed(&mut self, number: u128, place: usize) -> Option<HoldId> {
        let node = self.nodes.get(place)?.id;
        let of_node = |(org, hold): &(u128, HoldId)| *org == number && hold.node == node;
        let found = self.claimed.iter().position(of_node)?;
        self.happens(60).then(|| self.claimed.remove(found).1)
    }
}
