//! An answer that is a stream of events: each is read, then relayed; from the usage on, all wait.

use std::mem;
use std::ops::Range;

use bursar_config::Meter as MeterKind;
use bytes::Bytes;
use ledger::Usage;

use super::dialect::{Dialect, Place, Seen};
use super::event::Event;
use super::outgoing::Outgoing;
use super::splitter::Splitter;
use super::withheld::Withheld;
use super::{Outcome, Relayed, Reported};

/// The largest event that is read, in bytes. A larger one passes, and counts as text in full.
const EVENT_BYTES: usize = 1 << 20;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A stream on its way.
#[derive(Debug)]
pub(super) struct Stream {
    dialect: Dialect,
    hide_usage: bool,
    splitter: Splitter,
    /// The beginning of an event of which the rest is yet to come.
    begun: Vec<u8>,
    /// The present event is too large to be read, and its beginning has passed.
    is_too_large: bool,
    is_first: bool,
    progress: Relayed,
    /// The last usage told that is complete.
    usage: Reported,
    outcome: Option<Outcome>,
    withheld: Withheld,
}

impl Stream {
    pub(super) fn new(kind: MeterKind, hide_usage: bool) -> Self {
        Self {
            dialect: Dialect::of(kind),
            hide_usage,
            splitter: Splitter::new(),
            begun: Vec::new(),
            is_too_large: false,
            is_first: true,
            progress: Relayed::default(),
            usage: Reported::Missing,
            outcome: None,
            withheld: Withheld::new(),
        }
    }

    pub(super) fn observe(&mut self, chunk: &Bytes, end: bool) -> Bytes {
        let mut out = Outgoing::of(chunk);
        let mut at = 0;
        while let Some(length) = self.splitter.end_of_event(&chunk[at..]) {
            self.end_event(at..at + length, &mut out);
            at += length;
        }
        self.begin_event(at..chunk.len(), &mut out);
        if end {
            self.end(&mut out);
        }
        self.out(out.into_bytes())
    }

    /// Takes in the beginning of an event, or more of it.
    fn begin_event(&mut self, part: Range<usize>, out: &mut Outgoing<'_>) {
        if !self.is_too_large && self.begun.len() + part.len() <= EVENT_BYTES {
            self.begun.extend_from_slice(&out.chunk()[part]);
            return;
        }
        self.is_too_large = true;
        self.pass_unread(part, out);
    }

    /// Takes in the last part of an event.
    fn end_event(&mut self, part: Range<usize>, out: &mut Outgoing<'_>) {
        if self.is_too_large || self.begun.len() + part.len() > EVENT_BYTES {
            self.is_too_large = false;
            self.pass_unread(part, out);
        } else if self.begun.is_empty() {
            let seen = self.read(&out.chunk()[part.clone()]);
            if self.admits(seen, out) {
                self.withheld.pass_slice(part, out);
            }
        } else {
            self.begun.extend_from_slice(&out.chunk()[part]);
            self.pass_begun(out);
        }
    }

    fn pass_begun(&mut self, out: &mut Outgoing<'_>) {
        let event = mem::take(&mut self.begun);
        let seen = self.read(&event);
        if self.admits(seen, out) {
            self.withheld.pass(&event, out);
        }
    }

    fn pass_unread(&mut self, part: Range<usize>, out: &mut Outgoing<'_>) {
        let begun = mem::take(&mut self.begun);
        self.add_text((begun.len() + part.len()) as u64);
        self.is_first = false;
        if !begun.is_empty() {
            self.withheld.pass(&begun, out);
        }
        self.withheld.pass_slice(part, out);
    }

    /// The stream is over: what has begun by now is its last event.
    fn end(&mut self, out: &mut Outgoing<'_>) {
        let event = mem::take(&mut self.begun);
        let passes = !event.is_empty() && {
            let seen = self.read(&event);
            self.admits(seen, out)
        };
        self.decide(false);
        if self.is_too_large {
            self.withheld.leave_comment_out();
        }
        self.withheld.before_last(out);
        if passes {
            self.withheld.pass(&event, out);
        }
    }

    /// Reads an event and adds it up.
    fn read(&mut self, event: &[u8]) -> Seen {
        let first = mem::take(&mut self.is_first);
        if !self.withheld.is_before_last() {
            return Seen::default();
        }
        let event = match event.strip_prefix(BYTE_ORDER_MARK) {
            Some(rest) if first => rest,
            _ => event,
        };
        let seen = self.dialect.read(&Event::read(event));
        self.add_text(seen.text_bytes);
        self.progress.outputs = self.progress.outputs.max(seen.outputs);
        if let Some(usage) = seen.usage {
            self.usage = usage;
        }
        seen
    }

    /// Does what the event asks for by its place, and tells whether it passes at all.
    fn admits(&mut self, seen: Seen, out: &mut Outgoing<'_>) -> bool {
        match seen.place {
            Place::Middle => {}
            Place::Usage | Place::Extra => self.decide(false),
            Place::Last | Place::Failed => {
                self.decide(matches!(seen.place, Place::Failed));
                self.withheld.before_last(out);
            }
        }
        !(self.hide_usage && matches!(seen.place, Place::Extra))
    }

    /// The outcome is what is known by now, unless it was known before.
    fn decide(&mut self, failed: bool) {
        if self.outcome.is_none() {
            let outputs = self.progress.outputs;
            self.outcome = Some(Outcome { usage: self.usage, failed, outputs });
            self.withheld.begin();
        }
    }

    pub(super) fn release(&mut self, comment: &str) -> Bytes {
        let released = self.withheld.release(comment);
        self.out(released)
    }

    fn add_text(&mut self, bytes: u64) {
        self.progress.text_bytes = self.progress.text_bytes.saturating_add(bytes);
    }

    fn out(&mut self, bytes: Bytes) -> Bytes {
        self.progress.started |= !bytes.is_empty();
        bytes
    }

    pub(super) fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    pub(super) fn relayed(&self) -> Relayed {
        self.progress
    }

    pub(super) fn reported(&self) -> Option<Usage> {
        self.usage.usage().or_else(|| self.dialect.told_so_far())
    }
}
