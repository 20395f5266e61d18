//! A change of a member, which nobody else changes meanwhile.

use ledger::{MemberId, OrgId};
use store::{ChangeSeq, Member, OrgData};

use super::find;
use crate::AdminApi;
use crate::problem::Problem;

/// Changes a member as it is when its turn has come. The organisation as it was then, the member as
/// it is, and the number of a change from which on it is; nothing is put when nothing changes.
///
/// # Errors
/// As `to` says, and the store.
pub(super) async fn change(
    api: &AdminApi,
    org: OrgId,
    id: MemberId,
    to: impl FnOnce(&OrgData, &Member) -> Result<Member, Problem>,
) -> Result<(OrgData, Member, ChangeSeq), Problem> {
    let _turn = api.turns.take().await;
    let missing = || Problem::not_found(format!("there is no organisation {org}"));
    let org = api.store.load(org).await?.ok_or_else(missing)?;
    let member = find(&org, id)?;
    let changed = to(&org, member)?;
    let seq = if changed == *member { org.seq } else { api.store.put_member(&changed).await? };
    Ok((org, changed, seq))
}
