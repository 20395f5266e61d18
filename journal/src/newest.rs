//! How far the journal is known to be on disk, beside the segments themselves: so that what is gone
//! is missed, and damage in what was written last is told from a torn tail.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::Lsn;
use crate::disk::sync_folder;

const NAME: &str = "newest";

/// The newest segment and the last record that are known to be on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Newest {
    /// The index of the segment; 0 for none.
    pub(crate) index: u64,
    pub(crate) durable: Lsn,
}

/// Writes it down, all of it or, whatever happens, nothing.
pub(crate) fn write(folder: &Path, newest: Newest) -> io::Result<()> {
    let new = folder.join("newest.new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&new)?;
    writeln!(file, "{} {}", newest.index, newest.durable.0)?;
    file.sync_all()?;
    std::fs::rename(&new, folder.join(NAME))?;
    sync_folder(folder)
}

/// What was written down last.
pub(crate) fn read(folder: &Path) -> io::Result<Newest> {
    let text = match File::open(folder.join(NAME)).and_then(io::read_to_string) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Newest::default()),
        read => read?,
    };
    let number = |text: &str| text.parse().map_err(io::Error::other);
    let (index, durable) = text.trim().split_once(' ').ok_or(io::ErrorKind::InvalidData)?;
    Ok(Newest { index: number(index)?, durable: Lsn(number(durable)?) })
}
