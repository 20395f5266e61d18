//! Gateways that live, fall silent, leave, and come back knowing more than the store.

mod heartbeat;
mod leave;
mod list;
mod rejoin;

use ledger::Instant;
use store::{FROZEN_AT_LEAST_MICROS, FROZEN_AT_MOST_MICROS, SILENT_AFTER_MICROS};

pub(crate) use heartbeat::heartbeat;
pub(crate) use leave::leave;
pub(crate) use list::nodes;
pub(crate) use rejoin::rejoin;

/// A gateway that was last heard of before then is silent.
pub(crate) fn heard_since(now: Instant) -> i64 {
    now.micros().saturating_sub(SILENT_AFTER_MICROS)
}

/// An incarnation that began later has everything frozen, whoever is known.
pub(crate) fn surely_frozen_since(now: Instant) -> i64 {
    now.micros().saturating_sub(FROZEN_AT_LEAST_MICROS)
}

/// An incarnation that began then or earlier has nothing frozen any more.
pub(crate) fn frozen_since(now: Instant) -> i64 {
    now.micros().saturating_sub(FROZEN_AT_MOST_MICROS)
}
