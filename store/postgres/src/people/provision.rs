//! Members that come with their first tokens.

use ledger::CountsFrom;
use store::{ChangeSeq, Member, Provision};

use super::subject::owner;
use super::{member as find, require, write_member};
use crate::changes::{Entity, record, stamp};
use crate::error::{Error, Result};
use crate::session::Session;
use crate::{PostgresStore, locks, money};

/// Of those that come with one subject at once the first makes the member: the others wait for the
/// organisation, and then see whom it has.
pub(crate) async fn provision(
    store: &PostgresStore,
    provision: &Provision,
) -> Result<(Member, ChangeSeq)> {
    let Provision { member, limit, now } = provision;
    let mut tx = store.write().await?;
    if limit.is_some() {
        locks::books(&mut tx, member.org).await?;
    }
    require(&mut tx, member.org).await?;
    if let Some(known) = known(&mut tx, member).await? {
        return Ok((known, stamp(&mut tx).await?.seq));
    }
    if find(&mut tx, member.org, member.standing.id).await?.is_some() {
        return Err(Error::conflict(format!("there is a {} already", member.standing.id)));
    }
    write_member(&mut tx, member).await?;
    if let Some(limit) = limit {
        money::write_limit(&mut tx, member.org, limit, CountsFrom::PeriodStart, *now).await?;
    }
    let mut seq = record(&mut tx, member.org, Entity::Member(member.standing.id)).await?;
    if let Some(limit) = limit {
        record(&mut tx, member.org, Entity::Limit(limit.id)).await?;
        // Told once more: nobody hears of the member before its limit.
        seq = record(&mut tx, member.org, Entity::Member(member.standing.id)).await?;
    }
    tx.commit().await?;
    Ok((member.clone(), seq))
}

/// The member that has one of the subjects, whatever its status.
async fn known(tx: &mut Session, member: &Member) -> Result<Option<Member>> {
    let Some(id) = owner(tx, member).await? else { return Ok(None) };
    let known = find(tx, member.org, id).await?;
    known.map(Some).ok_or_else(|| Error::corrupt(format!("a subject is of {id}, which is missing")))
}
