//! Idempotency keys: by them a client says that two requests are one, and the second is told of the
//! first instead of being charged again.

use ledger::{Charge, Credits, Ending, HoldId, Instant, MemberId, OrgId};

use crate::{Error, Result, SyncRequest};

/// How long a key is kept, in microseconds: 24 hours from the claim, and from the end of its request
/// once that is finished. From then on it is as good as gone.
pub const IDEMPOTENCY_KEPT_MICROS: i64 = 24 * 3_600 * 1_000_000;

/// A request that wants to be the only one of its key. The key is the member's own: the same text of
/// another member is another key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyClaim {
    /// The organisation.
    pub org: OrgId,
    /// The member that called.
    pub member: MemberId,
    /// The key's text, as the client chose it.
    pub key: String,
    /// Equal for requests that ask for the same: of method, path and body.
    pub fingerprint: [u8; 32],
    /// The request, and the hold that it is about to take.
    pub hold: HoldId,
    /// The time.
    pub now: Instant,
}

/// What the key of a claim stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimAnswer {
    /// This request: it may run.
    Claimed,
    /// An earlier request, of which no end has been reported.
    Running {
        /// The earlier request.
        hold: HoldId,
    },
    /// An earlier request that was answered, and what became of it.
    Finished {
        /// The earlier request.
        hold: HoldId,
        /// The provider's status, or 0 where there was no answer.
        status: u16,
        /// What the customer paid.
        charged: Credits,
    },
    /// A request that asked for something else.
    Mismatch,
}

impl SyncRequest {
    /// The charges of requests that bore an idempotency key.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when `keyed` names anything but charges of this call, in their order.
    pub fn keyed_charges(&self) -> Result<Vec<&Charge>> {
        let mut keyed = self.keyed.iter().peekable();
        let named = |charge: &&Charge| keyed.next_if_eq(&&charge.hold).is_some();
        let charges = self.events.iter().filter(named).collect();
        match keyed.next() {
            Some(hold) => Err(Error::Corrupt(format!("{hold} is keyed and not charged"))),
            None => Ok(charges),
        }
    }
}

/// Whether a request that ended so has used its key up. One that nothing came of, and that cost
/// nothing, leaves the key free: the same request may run again.
#[must_use]
pub fn uses_key_up(charge: &Charge) -> bool {
    match charge.ending {
        Ending::Settled | Ending::Estimated => true,
        Ending::Indeterminate => !charge.charged.is_zero(),
        Ending::Released(_) => false,
    }
}
