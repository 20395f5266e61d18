//! The keys of somebody who is gone.

use ledger::{KeyStatus, MemberId, OrgId};
use store::{ChangeSeq, Key, OrgData};

use crate::AdminApi;
use crate::anew::{change, load};
use crate::problem::Problem;

/// Revokes every key of a member that is not revoked yet, as things are now; the number of the last
/// change.
///
/// # Errors
/// As the store says. Those before the one that failed are revoked; asked again, the rest is.
pub(crate) async fn end_all(
    api: &AdminApi,
    org: OrgId,
    member: MemberId,
) -> Result<ChangeSeq, Problem> {
    let org = &load(api, org).await?;
    let opens =
        |key: &&Key| key.standing.member == member && key.standing.status != KeyStatus::Revoked;
    let mut last = org.seq;
    for key in org.keys.iter().filter(opens) {
        let revoked = |_: &OrgData, key: &Key| {
            let mut key = key.clone();
            key.standing.status = KeyStatus::Revoked;
            Ok(key)
        };
        let (key, seq) = change(api, org, key.standing.id, revoked).await?;
        tracing::info!(org.id = %key.org, key.id = %key.standing.id, "key ended with its member");
        last = last.max(seq);
    }
    Ok(last)
}
