//! That no call has to pass more accounts than a path may have.

use ledger::Instant;
use store::{MAX_PATH, Member, OrgData, longest_path};

use crate::problem::Problem;

/// # Errors
/// That some call would, were the member this.
pub(super) fn require_short(org: &OrgData, changed: &Member, now: Instant) -> Result<(), Problem> {
    let mut members = org.members.clone();
    for member in &mut members {
        if member.standing.id == changed.standing.id {
            *member = changed.clone();
        }
    }
    let grants = org.grants.iter().map(|of| &of.grant).filter(|grant| grant.end > now);
    let grants: Vec<_> = grants.cloned().collect();
    let longest = longest_path(&org.limits, &grants, &members, &org.keys);
    if longest <= MAX_PATH {
        return Ok(());
    }
    let path = format!("a path would have {longest} accounts, more than {MAX_PATH}");
    Err(Problem::conflict(path))
}
