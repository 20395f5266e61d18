//! A charge: the complete usage event, so that a replay rebuilds the same row.

use std::sync::Arc;

use ledger::{
    AccountId, Cause, Charge, Ending, GroupId, KeyId, Line, LineSource, MemberId, OrgId, ProjectId,
    Surface, Tool,
};
use smallvec::SmallVec;

use super::hold::{read_usage, write_usage};
use super::{Malformed, Read, Write};

pub(super) fn write(to: &mut Vec<u8>, charge: &Charge) {
    to.hold(charge.hold);
    to.id(charge.org.as_u128());
    to.id(charge.member.as_u128());
    to.id_or_none(charge.key.map(KeyId::as_u128));
    to.id_or_none(charge.group.map(GroupId::as_u128));
    to.id_or_none(charge.project.map(ProjectId::as_u128));
    to.text(charge.surface.name());
    to.text(charge.tool.name());
    to.text(&charge.provider);
    to.text(&charge.model);
    to.instant(charge.admitted);
    to.instant(charge.ended);
    write_ending(to, charge.ending);
    write_usage(to, &charge.usage);
    to.whole(charge.outputs);
    to.credits(charge.held);
    to.credits(charge.charged);
    to.credits(charge.overrun);
    to.length(charge.lines.len());
    for line in &charge.lines {
        to.id(line.account.as_u128());
        to.credits(line.amount);
        to.source(match line.source {
            LineSource::Limit => None,
            LineSource::Grant(kind) => Some(kind),
        });
    }
    to.text(&charge.price_book);
    to.extend_from_slice(&charge.body_hash);
    to.whole(charge.status.into());
}

pub(super) fn read(from: &mut Read<'_>) -> Result<Charge, Malformed> {
    Ok(Charge {
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
        admitted: from.instant()?,
        ended: from.instant()?,
        ending: read_ending(from)?,
        usage: read_usage(from)?,
        outputs: from.whole()?,
        held: from.credits()?,
        charged: from.credits()?,
        overrun: from.credits()?,
        lines: SmallVec::from_vec(from.list(read_line)?),
        price_book: Arc::from(from.text()?),
        body_hash: from.array()?,
        status: from.small()?,
    })
}

fn read_line(from: &mut Read<'_>) -> Result<Line, Malformed> {
    let (account, amount) = (AccountId::from_u128(from.id()?), from.credits()?);
    let source = from.source()?.map_or(LineSource::Limit, LineSource::Grant);
    Ok(Line { account, source, amount })
}

const SETTLED: &str = "settled";
const ESTIMATED: &str = "estimated";
const INDETERMINATE: &str = "indeterminate";

fn write_ending(to: &mut Vec<u8>, ending: Ending) {
    to.text(match ending {
        Ending::Settled => SETTLED,
        Ending::Estimated => ESTIMATED,
        Ending::Indeterminate => INDETERMINATE,
        Ending::Released(cause) => cause.name(),
    });
}

fn read_ending(from: &mut Read<'_>) -> Result<Ending, Malformed> {
    Ok(match from.text()? {
        SETTLED => Ending::Settled,
        ESTIMATED => Ending::Estimated,
        INDETERMINATE => Ending::Indeterminate,
        cause => Ending::Released(Cause::from_name(cause).ok_or(Malformed)?),
    })
}
