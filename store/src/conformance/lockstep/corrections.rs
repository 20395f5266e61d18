//! Random corrections: of any charge, often of one that was corrected before, sometimes too much.

use super::super::fixture::{credits, org_id};
use super::op::Op;
use super::world::World;
use crate::AdjustmentRequest;

impl World {
    pub(super) fn some_correction(&mut self) -> Op {
        // The last ones, so that some are met twice.
        let recent: Vec<_> = self.charges.iter().rev().take(12).cloned().collect();
        let Some(charge) = self.one_of(&recent) else { return Op::Expire(self.now) };
        let org = if self.happens(8) { org_id(self.some_org()) } else { charge.org };
        let most = if self.happens(10) { 900 } else { charge.charged.micros() };
        let to = if self.happens(30) { 0 } else { self.pick(0..=most) };
        let name = self.happens(30).then(|| format!("correction {}", self.pick(1..=4)));
        Op::Adjust(AdjustmentRequest {
            org,
            hold: charge.hold,
            charge: credits(to),
            actor: "ada".to_owned(),
            reason: "the answer was cut".to_owned(),
            name,
            now: self.now,
        })
    }
}
