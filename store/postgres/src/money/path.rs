//! No path may become longer than a request can be asked to pass.

use ledger::{Instant, OrgId};
use store::{MAX_PATH, longest_path};

use super::{grants, limits};
use crate::error::{Error, Result};
use crate::people::{Which, keys, members};
use crate::session::Session;

/// Refuses what was just written if some path has too many accounts by it.
pub(crate) async fn require_short_paths(tx: &mut Session, org: OrgId, now: Instant) -> Result<()> {
    let limits = limits(tx, org).await?;
    let grants = grants(tx, org, Which::All).await?;
    let grants = grants.into_iter().map(|stored| stored.grant).filter(|grant| grant.end > now);
    let grants: Vec<_> = grants.collect();
    if limits.len() + grants.len() <= MAX_PATH {
        // Not even all of them together: nobody needs to be looked at.
        return Ok(());
    }
    let members = members(tx, org, Which::All).await?;
    let keys = keys(tx, org, Which::All).await?;
    let longest = longest_path(&limits, &grants, &members, &keys);
    if longest > MAX_PATH {
        return Err(Error::conflict(format!(
            "some request would have to pass {longest} limits and grants; at most {MAX_PATH} may \
             apply to one"
        )));
    }
    Ok(())
}
