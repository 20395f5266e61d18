//! A journal between two starts: where it ends, and what is to be done with it.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use ledger::Epoch;

use crate::disk::sync_folder;
use crate::error::{Error, Result};
use crate::folder::{self, Segments, Written};
use crate::newest::{self, Newest};
use crate::scan::Contents;
use crate::segment::Owner;
use crate::{Lsn, Options};

/// A journal that nobody writes; [`ClosedJournal::start`] goes on with it.
#[derive(Debug)]
pub struct ClosedJournal {
    pub(crate) folder: PathBuf,
    pub(crate) options: Options,
    pub(crate) owner: Owner,
    pub(crate) id: u128,
    pub(crate) segments: Vec<Written>,
    pub(crate) last: Lsn,
    pub(crate) lock: File,
}

impl ClosedJournal {
    /// Opens the journal in a folder, or begins one, whose id is `new_id`, where there is none.
    ///
    /// `expected` is the id of the journal that was here before, so that one that is gone is missed.
    /// What a power loss has left unfinished at the end is cut off.
    ///
    /// # Errors
    /// [`Error`]: it is in use, damaged, another's, or incomplete; or the folder cannot be used.
    pub fn open(
        folder: &Path,
        owner: Owner,
        expected: Option<u128>,
        new_id: u128,
        options: Options,
    ) -> Result<Self> {
        let lock = folder::lock(folder)?;
        let segments = folder::segments(folder, owner, expected)?;
        let (segments, last) = cut(folder, segments)?;
        let id = segments.last().map_or(new_id, |last| last.header.journal);
        let folder = folder.to_owned();
        Ok(Self { folder, options, owner, id, segments, last, lock })
    }

    /// The id of the journal, which the store knows it by.
    #[must_use]
    pub const fn id(&self) -> u128 {
        self.id
    }

    /// The last start that wrote it; 0 for none.
    #[must_use]
    pub fn last_epoch(&self) -> Epoch {
        self.segments.last().map_or(Epoch(0), |last| last.header.epoch)
    }

    /// The last record; 0 for none.
    #[must_use]
    pub const fn last(&self) -> Lsn {
        self.last
    }
}

/// Finds the end of the journal, and cuts off what stands behind it.
///
/// Only what was never known to be on disk may be unreadable: every later frame and header that can
/// be read says what was.
fn cut(folder: &Path, segments: Segments) -> Result<(Vec<Written>, Lsn)> {
    let Segments { mut written, durable, headless } = segments;
    let headers = written.iter().map(|segment| segment.header.durable);
    let known = headers.fold(durable, Lsn::max);
    // Everything before the segment with the last record that a header calls durable is on disk.
    let begin = written.partition_point(|segment| segment.header.first <= known);
    let mut place = begin.saturating_sub(1);
    while let Some(segment) = written.get(place) {
        let contents = Contents::read(&segment.path)?;
        let mut frames = contents.frames(segment.header.first);
        frames.by_ref().for_each(drop);
        let (at, lsn) = frames.end();
        let following = written.get(place + 1);
        if following.is_some_and(|following| following.header.first == lsn) {
            place += 1;
            continue;
        }
        let later = written.get(place + 1..).unwrap_or_default();
        let paths = later.iter().map(|segment| &segment.path).chain(&headless);
        let mut durable = known.max(contents.durable_after(at));
        for path in paths.clone() {
            durable = durable.max(Contents::read(path)?.durable_after(0));
        }
        if lsn <= durable {
            return Err(Error::corrupt(&segment.path, at, lsn));
        }
        if !contents.is_blank(at) || !later.is_empty() {
            tracing::warn!(
                file = %segment.path.display(), offset = at, record = lsn.0,
                "the journal ends in a record that was never finished: it is cut off"
            );
        }
        for path in paths {
            std::fs::remove_file(path).map_err(Error::io("remove", path))?;
        }
        truncate(&segment.path, at)?;
        written.truncate(place + 1);
        return settle_names(folder, written, Lsn(lsn.0 - 1));
    }
    // Not one segment: at most one whose header never was on disk.
    if let Some(path) = &headless {
        std::fs::remove_file(path).map_err(Error::io("remove", path))?;
    }
    settle_names(folder, written, Lsn(0))
}

/// Gives back what was never written to, and has the end be on disk.
fn truncate(path: &Path, at: usize) -> Result<()> {
    let file = OpenOptions::new().write(true).open(path).map_err(Error::io("cut", path))?;
    file.set_len(u64::try_from(at).unwrap_or(u64::MAX)).map_err(Error::io("cut", path))?;
    file.sync_all().map_err(Error::io("sync", path))
}

fn settle_names(folder: &Path, written: Vec<Written>, last: Lsn) -> Result<(Vec<Written>, Lsn)> {
    sync_folder(folder).map_err(Error::io("sync", folder))?;
    if let Some(segment) = written.last() {
        let newest = Newest { index: segment.header.index, durable: last };
        newest::write(folder, newest).map_err(Error::io("write to", folder))?;
    }
    Ok((written, last))
}
