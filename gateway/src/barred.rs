//! Whether the caller of a request that was admitted may still spend.

use crate::refusal::Denial;
use crate::running::Running;

/// Why the caller may no longer spend, if anything has changed since that was last asked.
pub(crate) fn barred(running: &mut Running) -> Option<Denial> {
    let standings = running.org.standings();
    let now = running.org.now();
    if running.standings == standings && now < running.runs_out {
        return None;
    }
    let caller = &running.caller;
    if let Err(denial) = caller.check(running.address, Some(&running.quoted.model), now) {
        return Some(denial);
    }
    if let Err(refusal) = running.org.standing(running.path) {
        return Some(caller.refused(&refusal));
    }
    running.standings = standings;
    running.runs_out = caller.runs_out();
    None
}
