//! An answer that is one JSON value: relayed as it comes, all but its last chunk, and read at its
//! end.

use std::mem;

use bursar_config::Meter as MeterKind;
use bytes::Bytes;
use ledger::Usage;

use super::dialect::{self, Whole};
use super::{Outcome, Relayed};

/// A JSON answer on its way.
#[derive(Debug)]
pub(super) struct Json {
    kind: MeterKind,
    content_length: Option<u64>,
    /// Bytes that came.
    seen: u64,
    /// Bytes that went out.
    relayed: u64,
    /// The last chunk so far.
    withheld: Vec<Bytes>,
    /// All chunks, to be read at the end; `None` once they are too many bytes.
    kept: Option<Vec<Bytes>>,
    answer_bytes: usize,
    whole: Option<Whole>,
    released: bool,
}

impl Json {
    pub(super) fn new(kind: MeterKind, content_length: Option<u64>, answer_bytes: usize) -> Self {
        Self {
            kind,
            content_length,
            seen: 0,
            relayed: 0,
            withheld: Vec::new(),
            kept: Some(Vec::new()),
            answer_bytes,
            whole: None,
            released: false,
        }
    }

    pub(super) fn observe(&mut self, chunk: Bytes, end: bool) -> Bytes {
        if self.released {
            return self.out(chunk);
        }
        let mut out = Bytes::new();
        if !chunk.is_empty() {
            self.keep(&chunk);
            out = self.hold_back(chunk);
        }
        if self.whole.is_none() && (end || self.is_complete()) {
            self.whole = Some(self.read());
        }
        self.out(out)
    }

    fn keep(&mut self, chunk: &Bytes) {
        self.seen = self.seen.saturating_add(chunk.len() as u64);
        if usize::try_from(self.seen).is_ok_and(|seen| seen <= self.answer_bytes) {
            self.kept.get_or_insert_default().push(chunk.clone());
        } else {
            self.kept = None;
        }
    }

    /// Withholds the chunk if it can be the last, and gives back what cannot.
    fn hold_back(&mut self, chunk: Bytes) -> Bytes {
        if self.whole.is_some() {
            self.withheld.push(chunk);
            return Bytes::new();
        }
        if self.content_length.is_some() && !self.is_complete() {
            return chunk;
        }
        joined(mem::replace(&mut self.withheld, vec![chunk]))
    }

    fn is_complete(&self) -> bool {
        self.content_length.is_some_and(|length| length <= self.seen)
    }

    fn read(&mut self) -> Whole {
        let Some(kept) = self.kept.take() else { return Whole::unread(self.kind, self.seen) };
        let json = joined(kept);
        dialect::read_answer(self.kind, &json)
            .unwrap_or_else(|| Whole::unread(self.kind, self.seen))
    }

    fn out(&mut self, bytes: Bytes) -> Bytes {
        self.relayed = self.relayed.saturating_add(bytes.len() as u64);
        bytes
    }

    pub(super) fn release(&mut self) -> Bytes {
        self.released = true;
        let withheld = joined(mem::take(&mut self.withheld));
        self.out(withheld)
    }

    pub(super) fn outcome(&self) -> Option<&Outcome> {
        self.whole.as_ref().map(|whole| &whole.outcome)
    }

    pub(super) fn relayed(&self) -> Relayed {
        let started = self.relayed > 0;
        match &self.whole {
            Some(whole) => {
                Relayed { text_bytes: whole.text_bytes, outputs: whole.outcome.outputs, started }
            }
            None => Relayed {
                text_bytes: dialect::text_bytes_unread(self.kind, self.relayed),
                outputs: 0,
                started,
            },
        }
    }

    pub(super) fn reported(&self) -> Option<Usage> {
        self.whole.as_ref()?.outcome.usage.usage()
    }
}

/// Chunks as one; a single one is not copied.
fn joined(mut chunks: Vec<Bytes>) -> Bytes {
    match chunks.len() {
        0 => Bytes::new(),
        1 => chunks.remove(0),
        _ => Bytes::from(chunks.concat()),
    }
}
