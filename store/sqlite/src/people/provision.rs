//! Members that come with their first token.

use ledger::CountsFrom;
use store::{ChangeSeq, Member, Provision};

use super::member::{member as find, require_no_member, set_member};
use super::{require, subject};
use crate::SqliteStore;
use crate::changes::{Entity, record, stamp};
use crate::error::{Error, Result};
use crate::money::set_limit;

pub(crate) async fn provision(
    store: &SqliteStore,
    provision: &Provision,
) -> Result<(Member, ChangeSeq)> {
    let Provision { member, limit, now } = provision;
    let mut turn = store.writer.turn().await?;
    let mut tx = turn.begin().await?;
    require(&mut tx, member.org).await?;
    if let Some(id) = subject::owner(&mut tx, member).await? {
        let known = find(&mut tx, member.org, id).await?;
        let known = known.ok_or_else(|| Error::corrupt(format!("{id} of a subject is missing")))?;
        return Ok((known, stamp(&mut tx).await?.seq));
    }
    require_no_member(&mut tx, member.org, member.standing.id).await?;
    let mut seq = set_member(&mut tx, member).await?;
    if let Some(limit) = limit {
        set_limit(&mut tx, member.org, limit, CountsFrom::PeriodStart, *now).await?;
        // Told once more: nobody hears of the member before its limit.
        seq = record(&mut tx, member.org, Entity::Member(member.standing.id)).await?;
    }
    tx.commit().await?;
    Ok((member.clone(), seq))
}
