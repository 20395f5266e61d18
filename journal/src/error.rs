//! Why a journal cannot be opened, or can no longer be written to; each says what to do.

use std::io;
use std::path::{Path, PathBuf};

use crate::Lsn;

/// No room for a record that opens or extends a hold; endings of open holds still fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal is full")]
pub struct Full;

/// The disk failed: what was written last may be lost, and the process has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal's disk has failed")]
pub struct Failed;

/// Why a journal cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process writes it.
    #[error(
        "the journal {0} belongs to another bursar that is running; stop that one, or give this one \
         a data folder of its own"
    )]
    InUse(PathBuf),
    /// The folder or a file in it cannot be used.
    #[error("cannot {what} {path}: {source}; {advice}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
        /// What to do.
        advice: &'static str,
    },
    /// A record that was on disk is damaged.
    #[error(
        "{path} is damaged at byte {offset}: record {lsn} was on disk and cannot be read, so charges \
         may be missing; restore the file from a backup of this very folder, or set the whole data \
         folder aside and retire the node"
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Where in it.
        offset: u64,
        /// The first record that cannot be read.
        lsn: u64,
    },
    /// Records that the store does not have yet are gone.
    #[error("{0}")]
    Missing(String),
    /// The folder is another one's.
    #[error("{path} {whose}; point data_dir at this gateway's own folder")]
    NotOurs {
        /// The file that says so.
        path: PathBuf,
        /// Whose it is.
        whose: String,
    },
    /// A newer version wrote it.
    #[error(
        "{path} has format {found}, and this version knows {known}; start the version that wrote it"
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// Ours.
        known: u32,
    },
}

impl Error {
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| {
            let advice = match source.kind() {
                io::ErrorKind::StorageFull => "make room on the disk",
                io::ErrorKind::ReadOnlyFilesystem => "the data folder has to be writable",
                io::ErrorKind::PermissionDenied => "the folder has to be its user's own",
                _ => "look at the disk",
            };
            Self::Io { what, path, source, advice }
        }
    }

    pub(crate) fn corrupt(path: &Path, offset: usize, lsn: Lsn) -> Self {
        let offset = u64::try_from(offset).unwrap_or(u64::MAX);
        Self::Corrupt { path: path.to_owned(), offset, lsn: lsn.0 }
    }
}

/// The result of opening a journal.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;
