//! A segment: a file of zeros that fills up with frames behind a header that says whose it is.

use std::fs::File;
use std::path::{Path, PathBuf};

use ledger::{Epoch, NodeId};

use crate::Lsn;
use crate::boot::BootId;
use crate::codec::{Malformed, Read, Write};

/// Bytes before the first frame: a page, so that no frame shares it with the header.
pub(crate) const HEADER: usize = 4_096;
/// The format that this version writes, and the only one that it reads.
pub(crate) const FORMAT: u32 = 1;
const MAGIC: [u8; 8] = *b"BURSAR\x00J";
const ENDING: &str = ".journal";

/// Whose a journal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The store that its charges are for.
    pub store: u128,
    /// The gateway that writes it.
    pub node: NodeId,
}

/// The header of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) owner: Owner,
    /// Made with the journal; the same in all of its segments.
    pub(crate) journal: u128,
    /// Counted up by one from segment to segment.
    pub(crate) index: u64,
    /// Its first record, a checkpoint.
    pub(crate) first: Lsn,
    /// What was on disk when it was begun.
    pub(crate) durable: Lsn,
    /// The start of the gateway that wrote it.
    pub(crate) epoch: Epoch,
    /// The start of the machine that it was written in.
    pub(crate) boot: BootId,
}

/// What stands where a header should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadHeader {
    /// Nothing that could be one.
    Damaged,
    /// One of another format.
    Format(u32),
}

impl Header {
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&FORMAT.to_le_bytes());
        bytes.id(self.owner.store);
        bytes.whole(self.owner.node.0.into());
        bytes.id(self.journal);
        bytes.whole(self.index);
        bytes.whole(self.first.0);
        bytes.whole(self.durable.0);
        bytes.whole(self.epoch.0.into());
        bytes.id(self.boot.0);
        bytes.resize(HEADER - 4, 0);
        let crc = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        bytes
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Self, BadHeader> {
        let header = bytes.get(..HEADER).ok_or(BadHeader::Damaged)?;
        let (content, crc) = header.split_at(HEADER - 4);
        if crc32c::crc32c(content).to_le_bytes() != *crc {
            return Err(BadHeader::Damaged);
        }
        let mut from = Read::new(content);
        let format = |from: &mut Read<'_>| {
            let magic = from.array::<8>()?;
            let format = u32::from_le_bytes(from.array()?);
            if magic == MAGIC { Ok(format) } else { Err(Malformed) }
        };
        match format(&mut from).map_err(|Malformed| BadHeader::Damaged)? {
            FORMAT => Self::fields(&mut from).map_err(|Malformed| BadHeader::Damaged),
            other => Err(BadHeader::Format(other)),
        }
    }

    fn fields(from: &mut Read<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            owner: Owner { store: from.id()?, node: NodeId(from.small()?) },
            journal: from.id()?,
            index: from.whole()?,
            first: Lsn(from.whole()?),
            durable: Lsn(from.whole()?),
            epoch: Epoch(from.small()?),
            boot: BootId(from.id()?),
        })
    }
}

/// A segment that is written to.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
    pub(crate) index: u64,
    /// Its size, zeros included.
    pub(crate) bytes: u64,
}

/// Where the segment of an index stands.
pub(crate) fn path(folder: &Path, index: u64) -> PathBuf {
    folder.join(format!("{index:08}{ENDING}"))
}

/// The index in the name of a segment; `None` for other files.
pub(crate) fn index(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_suffix(ENDING)?.parse().ok()
}
