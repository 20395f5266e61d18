//! From segments back to the table: open holds, and what the store has not been told.

use ledger::Shard;

use crate::boot::BootId;
use crate::codec::{Body, Checkpoint};
use crate::error::{Error, Result};
use crate::folder::Written;
use crate::scan::Contents;
use crate::table::Table;
use crate::tail::Sealed;
use crate::{ClosedJournal, Lsn};

/// Of a shard: the last record that the store has, and the last sync that it acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppliedUpTo {
    /// The shard.
    pub shard: Shard,
    /// The last record.
    pub lsn: Lsn,
    /// The last sync.
    pub seq: u64,
}

/// What a replay has found.
pub(crate) struct Replayed {
    pub(crate) table: Table,
    pub(crate) sealed: Vec<Sealed>,
}

/// Replays everything that the store may not know.
pub(crate) fn replay(
    closed: &ClosedJournal,
    applied: &[AppliedUpTo],
    boot: BootId,
) -> Result<Replayed> {
    let known = Known::of(applied);
    let (first, checkpoint) = begin(&closed.segments, &known)?;
    let mut table = Table::new(boot);
    table.restore(checkpoint);
    let mut sealed = Vec::with_capacity(closed.segments.len());
    for (place, segment) in closed.segments.iter().enumerate() {
        let next = closed.segments.get(place + 1);
        let last = next.map_or(closed.last, |next| Lsn(next.header.first.0 - 1));
        if place >= first {
            table.boot = segment.header.boot;
            read(segment, last, &known, &mut table)?;
        }
        let metadata = std::fs::metadata(&segment.path);
        let bytes = metadata.map_err(Error::io("read", &segment.path))?.len();
        sealed.push(Sealed { path: segment.path.clone(), last, bytes });
    }
    for applied in applied {
        table.applied(applied.shard, applied.seq, applied.lsn);
    }
    table.boot = boot;
    Ok(Replayed { table, sealed })
}

/// Takes a segment's records in; all up to `last` have to be there.
fn read(segment: &Written, last: Lsn, known: &Known, table: &mut Table) -> Result<()> {
    let contents = Contents::read(&segment.path)?;
    let mut frames = contents.frames(segment.header.first);
    for frame in frames.by_ref() {
        if let Body::Record(shard, record) = contents.body(&frame)? {
            table.replay(frame.lsn, shard, record, known.applied(shard));
        }
    }
    let (at, lsn) = frames.end();
    if lsn <= last {
        return Err(Error::corrupt(&segment.path, at, lsn));
    }
    Ok(())
}

/// The newest segment before which the store has everything, and what it opens with.
fn begin(segments: &[Written], known: &Known) -> Result<(usize, Checkpoint)> {
    for (place, segment) in segments.iter().enumerate().rev() {
        let checkpoint = checkpoint(segment)?;
        let has = |checkpoint: &Checkpoint| {
            checkpoint.shards.iter().all(|mark| mark.last <= known.applied(mark.shard))
        };
        if has(&checkpoint) {
            return Ok((place, checkpoint));
        }
        if place == 0 {
            return Err(Error::Missing(format!(
                "{} is the first segment that is left of its journal, and the store has not been \
                 told all of those before it; restore them, or set the whole data folder aside and \
                 retire the node",
                segment.path.display()
            )));
        }
    }
    Ok((0, Checkpoint::default()))
}

fn checkpoint(segment: &Written) -> Result<Checkpoint> {
    let contents = Contents::read(&segment.path)?;
    let first = contents.frames(segment.header.first).next();
    let damaged = || Error::corrupt(&segment.path, crate::segment::HEADER, segment.header.first);
    match contents.body(&first.ok_or_else(damaged)?)? {
        Body::Checkpoint(checkpoint) => Ok(checkpoint),
        Body::Record(..) => Err(damaged()),
    }
}

/// How far the store is with each shard.
struct Known([Lsn; Shard::COUNT as usize]);

impl Known {
    fn of(applied: &[AppliedUpTo]) -> Self {
        let mut known = [Lsn(0); Shard::COUNT as usize];
        for applied in applied {
            if let Some(lsn) = known.get_mut(usize::from(applied.shard.number())) {
                *lsn = applied.lsn;
            }
        }
        Self(known)
    }

    fn applied(&self, shard: Shard) -> Lsn {
        self.0.get(usize::from(shard.number())).copied().unwrap_or_default()
    }
}
