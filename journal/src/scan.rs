//! Reading a segment from its front to the first thing in it that is no record.

use std::path::Path;

use crate::Lsn;
use crate::codec::{self, Body};
use crate::error::{Error, Result};
use crate::frame::{self, Frame};
use crate::segment;

/// A segment as it is on disk.
pub(crate) struct Contents<'a> {
    pub(crate) path: &'a Path,
    bytes: Vec<u8>,
}

impl<'a> Contents<'a> {
    pub(crate) fn read(path: &'a Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
        Ok(Self { path, bytes })
    }

    /// The frames in their order, from the one with this number on.
    pub(crate) fn frames(&self, first: Lsn) -> Frames<'_> {
        Frames { bytes: &self.bytes, at: segment::HEADER, next: first }
    }

    /// What a frame says.
    ///
    /// # Errors
    /// It is whole, and says nothing that this version would.
    pub(crate) fn body(&self, frame: &Frame<'_>) -> Result<Body> {
        let at = self.bytes.len().min(frame.end.saturating_sub(frame.body.len()));
        codec::read(frame.body).map_err(|_| Error::corrupt(self.path, at, frame.lsn))
    }

    /// Whether anything but zeros stands from an offset on.
    pub(crate) fn is_blank(&self, from: usize) -> bool {
        self.bytes.get(from..).is_none_or(|rest| rest.chunks(BLANK.len()).all(is_blank))
    }

    /// The last record that any whole frame from an offset on, whatever stands between, says was on
    /// disk when it was written.
    pub(crate) fn durable_after(&self, from: usize) -> Lsn {
        let from = from.next_multiple_of(frame::ALIGN);
        let starts = (from..self.bytes.len()).step_by(BLANK.len());
        // Most of a segment was never written, and a frame does not begin in zeros.
        let written = starts.filter_map(|start| {
            let end = self.bytes.len().min(start + BLANK.len());
            let page = self.bytes.get(start..end)?;
            (!is_blank(page)).then(|| (start..end).step_by(frame::ALIGN))
        });
        let frames = written.flatten().filter_map(|at| frame::read(&self.bytes, at));
        frames.map(|frame| frame.durable).max().unwrap_or_default()
    }
}

const BLANK: [u8; 4_096] = [0; 4_096];

fn is_blank(page: &[u8]) -> bool {
    BLANK.get(..page.len()).is_some_and(|blank| blank == page)
}

/// Frames with rising numbers, without a gap.
pub(crate) struct Frames<'a> {
    bytes: &'a [u8],
    at: usize,
    next: Lsn,
}

impl Frames<'_> {
    /// Where the first thing stands that is no record in order, and the number that it should have.
    pub(crate) const fn end(&self) -> (usize, Lsn) {
        (self.at, self.next)
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Frame<'a>;

    fn next(&mut self) -> Option<Frame<'a>> {
        let frame = frame::read(self.bytes, self.at).filter(|frame| frame.lsn == self.next)?;
        (self.at, self.next) = (frame.end, frame.lsn.next());
        Some(frame)
    }
}
