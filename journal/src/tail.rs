//! The end of the journal, under one short lock: where the next record goes, and what it changes.
//!
//! A record gets its number and is written before the lock is let go, so what is written has no
//! holes; nothing is buffered in user space.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger::{Epoch, Shard};
use smallvec::SmallVec;

use crate::codec;
use crate::disk::Disk;
use crate::frame::Draft;
use crate::room::Class;
use crate::segment::{self, Header, Segment};
use crate::table::Table;
use crate::{Lsn, Record};

/// Why a record was not written.
#[derive(Debug)]
pub(crate) enum Refused {
    /// There is no room for it.
    Full,
    /// The disk refused what should have fitted.
    Disk(io::Error),
}

/// A segment that nothing is added to any more.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) path: PathBuf,
    pub(crate) last: Lsn,
    /// Of the file, in bytes.
    pub(crate) bytes: u64,
}

/// The segment that is written to, and the table of what is in it.
#[derive(Debug)]
pub(crate) struct Tail {
    pub(crate) table: Table,
    /// The header of the segment; that of the next differs in its place only.
    header: Header,
    segment: Arc<Segment>,
    offset: u64,
    written: Lsn,
    /// Zeros, ready to be the next segment.
    next: Option<Segment>,
    /// Segments that were left since the last sync.
    left: SmallVec<[Arc<Segment>; 2]>,
    sealed: Vec<Sealed>,
    scratch: Vec<u8>,
}

/// What has to be synced for everything that was written to be durable.
pub(crate) struct Unsynced {
    pub(crate) segments: SmallVec<[Arc<Segment>; 3]>,
    pub(crate) until: Lsn,
    /// The index of the last segment.
    pub(crate) index: u64,
}

impl Tail {
    /// Begins the first segment of a start in a file of zeros.
    ///
    /// # Errors
    /// As the disk says.
    pub(crate) fn begin(
        disk: &dyn Disk,
        header: Header,
        segment: Segment,
        table: Table,
        sealed: Vec<Sealed>,
    ) -> io::Result<Self> {
        let written = Lsn(header.first.0 - 1);
        let mut tail = Self {
            table,
            header,
            segment: Arc::new(segment),
            offset: 0,
            written,
            next: None,
            left: SmallVec::new(),
            sealed,
            scratch: Vec::new(),
        };
        tail.write_opening(disk, written)?;
        Ok(tail)
    }

    pub(crate) const fn written(&self) -> Lsn {
        self.written
    }

    /// Writes a record, and takes it into the table.
    pub(crate) fn append(
        &mut self,
        disk: &dyn Disk,
        durable: Lsn,
        shard: Shard,
        record: Record,
        mut draft: Draft<'_>,
    ) -> Result<Lsn, Refused> {
        let class = Class::of(&record, |hold| self.table.has_started(hold));
        self.make_room(disk, durable, draft.len(), class)?;
        let lsn = self.written.next();
        disk.write(&self.segment.file, draft.seal(lsn, durable), self.offset)
            .map_err(Refused::Disk)?;
        self.offset += draft.len();
        self.written = lsn;
        self.table.add(lsn, shard, record);
        Ok(lsn)
    }

    /// Has room for a record in the segment, or goes on to the next.
    fn make_room(
        &mut self,
        disk: &dyn Disk,
        durable: Lsn,
        bytes: u64,
        class: Class,
    ) -> Result<(), Refused> {
        // With the next segment at hand nothing has to be kept free in this one.
        let leaves = if self.has_next() { 0 } else { self.leaves(class) };
        if bytes.saturating_add(leaves) <= self.left() {
            return Ok(());
        }
        // One that has become too small is left to the endings that were promised room in it.
        let usable = class == Class::Ends || self.has_next();
        let next = self.next.take_if(|_| usable).ok_or(Refused::Full)?;
        self.roll(disk, durable, next).map_err(Refused::Disk)?;
        if bytes.saturating_add(self.leaves(class)) <= self.left() {
            return Ok(());
        }
        Err(Refused::Full)
    }

    /// Whether there is a next segment, and all that is open now, and one hold more, would fit into
    /// it: so that what was promised room in it finds it there.
    pub(crate) fn has_next(&self) -> bool {
        self.next.as_ref().is_some_and(|next| next.bytes >= self.next_bytes(next.bytes))
    }

    /// How large a next segment of about this size has to be: its checkpoint, and the endings of
    /// what is in that.
    fn next_bytes(&self, about: u64) -> u64 {
        let header = u64::try_from(segment::HEADER).unwrap_or(u64::MAX);
        let open = Class::Opens.leaves(self.table.reserved(), about);
        open.saturating_mul(4).saturating_add(header)
    }

    fn leaves(&self, class: Class) -> u64 {
        class.leaves(self.table.reserved(), self.segment.bytes)
    }

    fn left(&self) -> u64 {
        self.segment.bytes.saturating_sub(self.offset)
    }

    /// Leaves the segment for the next one, which opens with all that is open now.
    fn roll(&mut self, disk: &dyn Disk, durable: Lsn, next: Segment) -> io::Result<()> {
        let old = std::mem::replace(&mut self.segment, Arc::new(next));
        self.sealed.push(Sealed { path: old.path.clone(), last: self.written, bytes: old.bytes });
        self.left.push(old);
        self.header.index = self.segment.index;
        self.header.first = self.written.next();
        self.header.durable = durable;
        self.write_opening(disk, durable)
    }

    /// Writes the header and the checkpoint, then gives the file the name of a segment.
    fn write_opening(&mut self, disk: &dyn Disk, durable: Lsn) -> io::Result<()> {
        let Self { table, segment, scratch, .. } = self;
        disk.write(&segment.file, &self.header.write(), 0)?;
        let checkpoint = table.checkpoint();
        let mut draft = Draft::new(scratch, |to| codec::write_checkpoint(to, &checkpoint));
        let at = u64::try_from(segment::HEADER).unwrap_or(u64::MAX);
        let end = at.saturating_add(draft.len());
        if end > segment.bytes {
            return Err(io::Error::new(
                io::ErrorKind::StorageFull,
                "a segment is too small for the holds that are open",
            ));
        }
        let lsn = self.header.first;
        disk.write(&segment.file, draft.seal(lsn, durable), at)?;
        let folder = segment.path.parent().map(PathBuf::from).unwrap_or_default();
        std::fs::rename(prepared(&segment.path), segment::path(&folder, segment.index))?;
        (self.offset, self.written) = (end, lsn);
        Ok(())
    }

    /// Takes a file of zeros as the next segment, in the place of one that has become too small;
    /// until then that one serves. A file that comes too late is removed.
    ///
    /// # Errors
    /// As the file system says.
    pub(crate) fn offer(&mut self, made: &Path, next: Segment) -> io::Result<()> {
        if next.index != self.segment.index + 1 {
            return std::fs::remove_file(made);
        }
        std::fs::rename(made, prepared(&next.path))?;
        self.next = Some(next);
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn forget_next(&mut self) {
        self.next = None;
    }

    /// The index of the segment that has to be prepared, and how large it has to be at least.
    pub(crate) fn wants(&self) -> Option<(u64, u64)> {
        let wanted = (self.segment.index + 1, self.next_bytes(self.segment.bytes));
        (!self.has_next()).then_some(wanted)
    }

    /// Whether a hold would find no room now.
    pub(crate) fn is_full(&self) -> bool {
        !self.has_next() && self.left() < self.leaves(Class::Opens)
    }

    /// Bytes of all segments.
    pub(crate) fn bytes(&self) -> u64 {
        let sealed: u64 = self.sealed.iter().map(|sealed| sealed.bytes).sum();
        let next = self.next.as_ref().map_or(0, |next| next.bytes);
        sealed + self.segment.bytes + next
    }

    /// What a sync has to reach.
    pub(crate) fn unsynced(&mut self) -> Unsynced {
        let mut segments: SmallVec<[_; 3]> = self.left.drain(..).collect();
        segments.push(Arc::clone(&self.segment));
        Unsynced { segments, until: self.written, index: self.segment.index }
    }

    /// Where all segments stand, oldest first, the one that is written to included.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        let sealed = self.sealed.iter().map(|sealed| sealed.path.clone());
        sealed.chain([self.segment.path.clone()]).collect()
    }

    /// The start that writes.
    pub(crate) const fn epoch(&self) -> Epoch {
        self.header.epoch
    }

    /// The sealed segments, oldest first, of which the store has everything.
    pub(crate) fn reported(&self) -> impl Iterator<Item = &Sealed> {
        let first = self.table.first_unreported().unwrap_or(Lsn(u64::MAX));
        self.sealed.iter().take_while(move |sealed| sealed.last < first)
    }

    /// Forgets the oldest sealed segment.
    pub(crate) fn forget_oldest(&mut self) -> Option<Sealed> {
        (!self.sealed.is_empty()).then(|| self.sealed.remove(0))
    }
}

/// The name of a segment before it is begun.
pub(crate) fn prepared(path: &Path) -> PathBuf {
    path.with_extension("zeros")
}
