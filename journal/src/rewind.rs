//! A store that went back in time is told again what it has forgotten.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::folder::{self, Written};
use crate::replay::Reading;
use crate::{AppliedUpTo, Journal};

impl Journal {
    /// The store knows of the shards only what `applied` says, and of others nothing: everything that
    /// came after is to be reported again, with the leases that it gave.
    ///
    /// Reads the segments, so it takes its time; what is appended meanwhile is reported after it. No
    /// report of before may be acknowledged while it runs.
    ///
    /// # Errors
    /// [`Error`]: a segment that the store needs is gone, or cannot be read.
    pub fn rewind(&self, applied: &[AppliedUpTo]) -> Result<()> {
        let _still = self.shared.caretaker.pause();
        let (paths, last, epoch, boot) = {
            let tail = self.shared.tail.lock();
            (tail.paths(), tail.written(), tail.epoch(), tail.table.boot)
        };
        let segments: Vec<_> = paths.into_iter().map(written).collect::<Result<_>>()?;
        let reading = Reading { segments: &segments, last, current: Some(epoch) };
        let read = reading.table(applied, boot)?;
        self.shared.tail.lock().table.tell_again(read, last);
        Ok(())
    }
}

fn written(path: PathBuf) -> Result<Written> {
    let header = folder::header(&path)?;
    let header = header.map_err(|_| Error::corrupt(&path, 0, crate::Lsn(0)))?;
    Ok(Written { path, header })
}
