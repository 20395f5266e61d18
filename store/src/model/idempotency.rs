//! Idempotency keys: every one that was ever claimed is remembered, and those whose time is over are
//! passed over.

use ledger::{Charge, Credits, Ending, HoldId, Instant, OrgId};

use super::state::State;
use crate::{ClaimAnswer, IDEMPOTENCY_KEPT_MICROS, IdempotencyClaim, Result, SyncRequest};

/// What a member used a key for.
#[derive(Clone, Debug)]
pub(super) struct KeyUse {
    fingerprint: [u8; 32],
    hold: HoldId,
    /// Status and charge, once there was an answer.
    outcome: Option<(u16, Credits)>,
    expires: Instant,
}

impl State {
    pub(super) fn claim_idempotency(&mut self, claim: &IdempotencyClaim) -> Result<ClaimAnswer> {
        self.journal_of(claim.hold.node, claim.hold.epoch)?;
        let name = (claim.org, claim.member, claim.key.clone());
        let live = self.idempotency.get(&name).filter(|used| used.expires > claim.now);
        let Some(used) = live else {
            let used = KeyUse {
                fingerprint: claim.fingerprint,
                hold: claim.hold,
                outcome: None,
                expires: claim.now.plus_micros(IDEMPOTENCY_KEPT_MICROS),
            };
            self.idempotency.insert(name, used);
            return Ok(ClaimAnswer::Claimed);
        };
        let KeyUse { hold, .. } = *used;
        Ok(match used.outcome {
            _ if used.fingerprint != claim.fingerprint => ClaimAnswer::Mismatch,
            Some((status, charged)) => ClaimAnswer::Finished { hold, status, charged },
            None if hold == claim.hold => ClaimAnswer::Claimed,
            None => ClaimAnswer::Running { hold },
        })
    }

    pub(super) fn unclaim_idempotency(&mut self, org: OrgId, holds: &[HoldId]) {
        self.free_keys(|of, hold| of == org && holds.contains(&hold));
    }

    /// Frees the keys of these holds, unless they are used up.
    pub(super) fn free_keys(&mut self, holds: impl Fn(OrgId, HoldId) -> bool) {
        self.idempotency
            .retain(|(org, _, _), used| used.outcome.is_some() || !holds(*org, used.hold));
    }

    pub(super) fn end_keyed(&mut self, request: &SyncRequest) {
        for charge in request.events.iter().filter(|charge| request.keyed.contains(&charge.hold)) {
            let came_to_nothing = match charge.ending {
                Ending::Released(_) => true,
                Ending::Indeterminate => charge.charged == Credits::ZERO,
                Ending::Settled | Ending::Estimated => false,
            };
            if came_to_nothing {
                self.free_keys(|org, hold| (org, hold) == (charge.org, charge.hold));
            } else {
                self.use_up(charge, request.now);
            }
        }
    }

    fn use_up(&mut self, charge: &Charge, now: Instant) {
        for ((org, _, _), used) in &mut self.idempotency {
            let claimed = (*org, used.hold) == (charge.org, charge.hold);
            if claimed && used.outcome.is_none() && used.expires > now {
                used.outcome = Some((charge.status, charge.charged));
                used.expires = charge.ended.plus_micros(IDEMPOTENCY_KEPT_MICROS);
            }
        }
    }
}
