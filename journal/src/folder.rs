//! The folder of a journal: its lock, and the segments that are in it.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::Lsn;
use crate::error::{Error, Result};
use crate::newest::{self, Newest};
use crate::segment::{self, BadHeader, FORMAT, Header, Owner};

/// A segment that an earlier start has written.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) path: PathBuf,
    pub(crate) header: Header,
}

/// The segments of a folder, in order, each with its header.
#[derive(Debug)]
pub(crate) struct Segments {
    pub(crate) written: Vec<Written>,
    /// The last record that is known to be on disk, whatever can be read.
    pub(crate) durable: Lsn,
    /// After the last one: begun when the machine went down, before its header was on disk.
    pub(crate) headless: Option<PathBuf>,
}

/// Makes the folder where there is none, for its owner only, and takes its lock.
pub(crate) fn lock(folder: &Path) -> Result<File> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(folder).map_err(Error::io("make the journal's folder", folder))?;
    let path = folder.join("lock");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(&path).map_err(Error::io("lock", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::InUse(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(Error::io("lock", &path)(error)),
    }
}

/// Reads every header, and sees that no segment is missing between the first and the newest.
pub(crate) fn segments(folder: &Path, owner: Owner, expected: Option<u128>) -> Result<Segments> {
    let paths = paths(folder)?;
    let newest = newest::read(folder).map_err(Error::io("read", &folder.join("newest")))?;
    let Newest { index: newest, durable } = newest;
    let mut segments = Segments { written: Vec::new(), durable, headless: None };
    let last = paths.last().and_then(|path| segment::index(path));
    for path in paths {
        match header(&path)? {
            Ok(header) => {
                check(&path, &header, segments.written.last(), owner, expected)?;
                segments.written.push(Written { path, header });
            }
            Err(BadHeader::Format(found)) => {
                return Err(Error::Format { path, found, known: FORMAT });
            }
            Err(BadHeader::Damaged) if segment::index(&path) == last && last > Some(newest) => {
                segments.headless = Some(path);
            }
            Err(BadHeader::Damaged) => {
                let first = segments.written.last().map_or(Lsn(1), |last| last.header.first.next());
                return Err(Error::corrupt(&path, 0, first));
            }
        }
    }
    let found = segments.written.last().map_or(0, |last| last.header.index);
    if found < newest || (expected.is_some() && segments.written.is_empty()) {
        return Err(missing(folder, found, newest));
    }
    Ok(segments)
}

fn missing(folder: &Path, found: u64, newest: u64) -> Error {
    let folder = folder.display();
    Error::Missing(format!(
        "{folder} has lost segments of its journal (the last one is {found}, and there was {newest}), \
         so charges may be missing; restore them, or set the whole data folder aside and retire the \
         node"
    ))
}

/// The segments by their index; what was prepared and never begun is removed.
fn paths(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::io("read", folder))? {
        let path = entry.map_err(Error::io("read", folder))?.path();
        if path.extension().is_some_and(|it| it == "zeros" || it == "making") {
            std::fs::remove_file(&path).map_err(Error::io("remove", &path))?;
        } else if segment::index(&path).is_some() {
            paths.push(path);
        }
    }
    paths.sort_by_key(|path| segment::index(path));
    Ok(paths)
}

pub(crate) fn header(path: &Path) -> Result<Result<Header, BadHeader>> {
    let file = File::open(path).map_err(Error::io("read", path))?;
    let mut bytes = vec![0; segment::HEADER];
    match file.read_exact_at(&mut bytes, 0) {
        Ok(()) => Ok(Header::read(&bytes)),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(Err(BadHeader::Damaged)),
        Err(error) => Err(Error::io("read", path)(error)),
    }
}

/// Whether a segment is ours, and the one that follows the one before it.
fn check(
    path: &Path,
    header: &Header,
    before: Option<&Written>,
    owner: Owner,
    expected: Option<u128>,
) -> Result<()> {
    let not_ours = |whose: String| Err(Error::NotOurs { path: path.to_owned(), whose });
    if header.owner.node != owner.node {
        return not_ours(format!("is the journal of {}, not of {}", header.owner.node, owner.node));
    }
    if header.owner.store != owner.store {
        return not_ours("is for another store than the one this gateway is given".to_owned());
    }
    let journal = before.map(|before| before.header.journal).or(expected);
    if journal.is_some_and(|journal| journal != header.journal) {
        return not_ours("belongs to another journal than the files around it".to_owned());
    }
    if segment::index(path) != Some(header.index) {
        return Err(Error::Missing(format!(
            "{} holds segment {} under another's name; give the files back the names that they had",
            path.display(),
            header.index
        )));
    }
    match before {
        Some(before) if before.header.index + 1 != header.index => {
            Err(missing(path.parent().unwrap_or(path), before.header.index, header.index))
        }
        _ => Ok(()),
    }
}
