//! What a segment opens with: all that a replay which begins there has to know.

use std::sync::Arc;

use ledger::{Shard, WrittenPart};

use super::{Malformed, Read, Write, hold};
use crate::boot::BootId;
use crate::{Due, Lsn, Opened};

/// Every open hold, and how far each shard was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    /// The shards that have ever had something to report.
    pub(crate) shards: Vec<ShardMark>,
    /// The holds that have not ended.
    pub(crate) holds: Vec<OpenHold>,
}

/// How far a shard was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShardMark {
    pub(crate) shard: Shard,
    /// The last record that had to be reported.
    pub(crate) last: Lsn,
    /// The last sync that was acknowledged.
    pub(crate) seq: u64,
}

/// A hold that has not ended: its record, and what came after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpenHold {
    pub(crate) shard: Shard,
    pub(crate) opened: Arc<Opened>,
    /// Extensions included.
    pub(crate) parts: Vec<WrittenPart>,
    /// The last that is known of its answer.
    pub(crate) progress: Option<Due>,
    /// The boot in which it was taken.
    pub(crate) boot: BootId,
}

pub(super) fn write(to: &mut Vec<u8>, checkpoint: &Checkpoint) {
    to.length(checkpoint.shards.len());
    for mark in &checkpoint.shards {
        to.byte(mark.shard.number());
        to.whole(mark.last.0);
        to.whole(mark.seq);
    }
    to.length(checkpoint.holds.len());
    for open in &checkpoint.holds {
        to.byte(open.shard.number());
        hold::write(to, &open.opened);
        hold::write_parts(to, &open.parts);
        to.byte(u8::from(open.progress.is_some()));
        if let Some(due) = &open.progress {
            hold::write_due(to, due);
        }
        to.id(open.boot.0);
    }
}

pub(super) fn read(from: &mut Read<'_>) -> Result<Checkpoint, Malformed> {
    let shard = |number| Shard::new(number).ok_or(Malformed);
    let shards = from.list(|from| {
        let shard = shard(from.byte()?)?;
        Ok(ShardMark { shard, last: Lsn(from.whole()?), seq: from.whole()? })
    })?;
    let holds = from.list(|from| {
        Ok(OpenHold {
            shard: shard(from.byte()?)?,
            opened: Arc::new(hold::read(from)?),
            parts: hold::read_parts(from)?,
            progress: if from.flag()? { Some(hold::read_due(from)?) } else { None },
            boot: BootId(from.id()?),
        })
    })?;
    Ok(Checkpoint { shards, holds })
}
