//! From segments back to the table: open holds, and what the store has not been told.

use ledger::{Epoch, Shard};

use crate::boot::BootId;
use crate::codec::{Body, Checkpoint};
use crate::error::{Error, Result};
use crate::folder::Written;
use crate::scan::Contents;
use crate::table::{ReadRecord, Table};
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

/// Replays everything that the store may not know of a journal that nobody writes.
pub(crate) fn replay(
    closed: &ClosedJournal,
    applied: &[AppliedUpTo],
    boot: BootId,
) -> Result<Replayed> {
    let reading = Reading { segments: &closed.segments, last: closed.last, current: None };
    let table = reading.table(applied, boot)?;
    let mut sealed = Vec::with_capacity(closed.segments.len());
    for (place, segment) in closed.segments.iter().enumerate() {
        let metadata = std::fs::metadata(&segment.path);
        let bytes = metadata.map_err(Error::io("read", &segment.path))?.len();
        sealed.push(Sealed { path: segment.path.clone(), last: reading.last_of(place), bytes });
    }
    Ok(Replayed { table, sealed })
}

/// Segments in their order, up to a record.
pub(crate) struct Reading<'a> {
    pub(crate) segments: &'a [Written],
    pub(crate) last: Lsn,
    /// The start that still runs.
    pub(crate) current: Option<Epoch>,
}

impl Reading<'_> {
    /// The table of what is in them that the store does not have.
    pub(crate) fn table(&self, applied: &[AppliedUpTo], boot: BootId) -> Result<Table> {
        let known = Known::of(applied);
        let (first, checkpoint) = begin(self.segments, &known)?;
        let mut table = Table::new(boot);
        table.restore(checkpoint);
        for (place, segment) in self.segments.iter().enumerate().skip(first) {
            table.boot = segment.header.boot;
            self.read(segment, self.last_of(place), &known, &mut table)?;
        }
        for applied in applied {
            table.applied(applied.shard, applied.seq, applied.lsn);
        }
        table.boot = boot;
        Ok(table)
    }

    /// The last record of a segment.
    fn last_of(&self, place: usize) -> Lsn {
        let next = self.segments.get(place + 1);
        next.map_or(self.last, |next| Lsn(next.header.first.0 - 1))
    }

    /// Takes a segment's records in up to `last`, all of which have to be there.
    fn read(&self, segment: &Written, last: Lsn, known: &Known, table: &mut Table) -> Result<()> {
        let contents = Contents::read(&segment.path)?;
        let epoch = segment.header.epoch;
        let is_current = self.current == Some(epoch);
        let mut frames = contents.frames(segment.header.first);
        while frames.end().1 <= last {
            let Some(frame) = frames.next() else {
                let (at, lsn) = frames.end();
                return Err(Error::corrupt(&segment.path, at, lsn));
            };
            if let Body::Record(shard, record) = contents.body(&frame)? {
                let read = ReadRecord { lsn: frame.lsn, epoch, is_current };
                table.replay(read, record, known.applied(shard));
            }
        }
        Ok(())
    }
}

/// The newest segment before which the store has everything, and what it opens with.
fn begin(segments: &[Written], known: &Known) -> Result<(usize, Checkpoint)> {
    for (place, segment) in segments.iter().enumerate().rev() {
        let checkpoint = checkpoint(segment)?;
        let has = |checkpoint: &Checkpoint| {
            checkpoint.shards.iter().all(|mark| {
                let applied = known.applied(mark.shard);
                mark.last <= applied.lsn && mark.seq <= applied.seq
            })
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
struct Known([AppliedUpTo; Shard::COUNT as usize]);

impl Known {
    fn of(applied: &[AppliedUpTo]) -> Self {
        let mut known = std::array::from_fn(|number| {
            let shard = u8::try_from(number).ok().and_then(Shard::new);
            let shard = shard.expect("there are so many shards");
            AppliedUpTo { shard, lsn: Lsn(0), seq: 0 }
        });
        for applied in applied {
            if let Some(of_shard) = known.get_mut(usize::from(applied.shard.number())) {
                *of_shard = *applied;
            }
        }
        Self(known)
    }

    fn applied(&self, shard: Shard) -> AppliedUpTo {
        let known = self.0.get(usize::from(shard.number()));
        *known.expect("there are as many as shards")
    }
}
