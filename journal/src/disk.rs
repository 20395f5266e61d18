//! The few things that a journal asks of a file system. Tests stand one in that is full or broken.

use std::fmt::Debug;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

/// Where a journal's bytes go.
pub trait Disk: Debug + Send + Sync + 'static {
    /// Makes a file of so many zeros, on disk when this returns: its blocks are allocated and
    /// written, so that no later write into it can find the disk full.
    ///
    /// # Errors
    /// As the file system says: the disk is full, or read-only.
    fn zeroed(&self, path: &Path, bytes: u64) -> io::Result<File>;

    /// Writes into a file that [`Disk::zeroed`] made.
    ///
    /// # Errors
    /// As the file system says.
    fn write(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Has what was written survive a power loss.
    ///
    /// # Errors
    /// As the file system says. What was not synced then may be lost, whatever a second try says.
    fn sync(&self, file: &File) -> io::Result<()>;
}

/// The machine's own file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalDisk;

const CHUNK: usize = 1 << 20;

impl Disk for LocalDisk {
    fn zeroed(&self, path: &Path, bytes: u64) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true).mode(0o600);
        let file = options.open(path)?;
        let zeros = vec![0; CHUNK];
        let mut offset = 0;
        while offset < bytes {
            let left = usize::try_from(bytes - offset).unwrap_or(CHUNK).min(CHUNK);
            file.write_all_at(zeros.get(..left).unwrap_or(&zeros), offset)?;
            offset += u64::try_from(left).unwrap_or(u64::MAX);
        }
        file.sync_all()?;
        Ok(file)
    }

    fn write(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        file.write_all_at(bytes, offset)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }
}

/// Has the names in a folder survive a power loss.
///
/// # Errors
/// As the file system says.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
