//! A hold that was taken, and how far its answer is.

use std::sync::Arc;

use ledger::{
    AccountId, GroupId, KeyId, MemberId, OrgId, ProjectId, Surface, Tool, Unit, Usage, WrittenPart,
};

use super::{Malformed, Read, Write};
use crate::{Due, Opened};

pub(super) fn write(to: &mut Vec<u8>, opened: &Opened) {
    to.hold(opened.hold);
    to.id(opened.org.as_u128());
    to.id(opened.member.as_u128());
    to.id_or_none(opened.key.map(KeyId::as_u128));
    to.id_or_none(opened.group.map(GroupId::as_u128));
    to.id_or_none(opened.project.map(ProjectId::as_u128));
    to.text(opened.surface.name());
    to.text(opened.tool.name());
    to.text(&opened.provider);
    to.text(&opened.model);
    to.text(&opened.price_book);
    to.extend_from_slice(&opened.body_hash);
    to.byte(u8::from(opened.keyed));
    to.instant(opened.admitted);
    to.credits(opened.held);
    write_parts(to, &opened.parts);
    write_due(to, &opened.due_at_start);
}

pub(super) fn read(from: &mut Read<'_>) -> Result<Opened, Malformed> {
    Ok(Opened {
        hold: from.hold()?,
        org: OrgId::from_u128(from.id()?),
        member: MemberId::from_u128(from.id()?),
        key: from.id_or_none()?.map(KeyId::from_u128),
        group: from.id_or_none()?.map(GroupId::from_u128),
        project: from.id_or_none()?.map(ProjectId::from_u128),
        surface: Surface::from_name(from.text()?).ok_or(Malformed)?,
        tool: Tool::new(from.text()?),
        provider: Arc::from(from.text()?),
        model: Arc::from(from.text()?),
        price_book: Arc::from(from.text()?),
        body_hash: from.array()?,
        keyed: from.flag()?,
        admitted: from.instant()?,
        held: from.credits()?,
        parts: read_parts(from)?,
        due_at_start: read_due(from)?,
    })
}

pub(super) fn write_parts(to: &mut Vec<u8>, parts: &[WrittenPart]) {
    to.length(parts.len());
    for part in parts {
        to.id(part.account.as_u128());
        to.credits(part.amount);
        to.source(part.grant);
        to.instant(part.ends);
    }
}

pub(super) fn read_parts(from: &mut Read<'_>) -> Result<Vec<WrittenPart>, Malformed> {
    from.list(|from| {
        Ok(WrittenPart {
            account: AccountId::from_u128(from.id()?),
            amount: from.credits()?,
            grant: from.source()?,
            ends: from.instant()?,
        })
    })
}

pub(super) fn write_due(to: &mut Vec<u8>, due: &Due) {
    write_usage(to, &due.usage);
    to.credits(due.cost);
}

pub(super) fn read_due(from: &mut Read<'_>) -> Result<Due, Malformed> {
    Ok(Due { usage: read_usage(from)?, cost: from.credits()? })
}

/// Units by their place in the order of storage, so that one that is added later reads as none.
pub(super) fn write_usage(to: &mut Vec<u8>, usage: &Usage) {
    to.length(Unit::ALL.len());
    for unit in Unit::ALL {
        to.whole(usage.get(unit));
    }
}

pub(super) fn read_usage(from: &mut Read<'_>) -> Result<Usage, Malformed> {
    let counts = from.list(Read::whole)?;
    if counts.len() > Unit::ALL.len() {
        return Err(Malformed);
    }
    let counts = Unit::ALL.into_iter().zip(counts);
    Ok(counts.fold(Usage::default(), |usage, (unit, count)| usage.with(unit, count)))
}
