//! A stream's events in order, and where it breaks if its script says so.

use std::time::Duration;

use bytes::Bytes;

use crate::books::OpenLine;
use crate::script::Break;

/// All events of a streamed answer: some before the words, one for each word, some after.
pub(crate) struct Events {
    pub(crate) head: Vec<Bytes>,
    /// How many words there are; each is one output token.
    pub(crate) words: u32,
    /// Renders the event of a word.
    pub(crate) word: Box<dyn Fn(u32) -> Bytes + Send + Sync>,
    pub(crate) tail: Vec<Bytes>,
    /// The dialect's error event, sent when the script breaks the stream with one.
    pub(crate) error: Bytes,
}

/// What happens next in a stream.
pub(crate) enum Step {
    /// This event goes out.
    Send(Bytes),
    /// Nothing happens for so long.
    Pause(Duration),
    /// The connection is dropped.
    HangUp,
    /// The stream is over.
    End,
}

/// Events on their way out, and the line of the bill that they add up to.
///
/// The line is closed before the last event is handed over, so a client that has read it all finds
/// it on the bill.
pub(crate) struct Playback {
    events: Events,
    chunk_delay: Duration,
    breaks: Option<(u32, Break)>,
    place: Place,
    line: Option<OpenLine>,
}

/// Where in a stream the next event stands.
#[derive(Clone, Copy)]
enum Place {
    Head(usize),
    Word(u32),
    /// The same, and the delay before it is over.
    DueWord(u32),
    Tail(usize),
    HangingUp,
    Over,
}

impl Playback {
    pub(crate) fn new(
        events: Events,
        chunk_delay: Duration,
        breaks: Option<(u32, Break)>,
        line: OpenLine,
    ) -> Self {
        Self { events, chunk_delay, breaks, place: Place::Head(0), line: Some(line) }
    }

    /// Whether the step before was the last with anything to send.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.place, Place::Over)
    }

    pub(crate) fn step(&mut self) -> Step {
        match self.place {
            Place::Head(index) => self.head(index),
            Place::Word(index) if self.breaks.is_some_and(|(after, _)| after == index) => {
                self.break_off()
            }
            Place::Word(index) if index == self.events.words => self.tail(0),
            Place::Word(index) if index > 0 && !self.chunk_delay.is_zero() => {
                self.place = Place::DueWord(index);
                Step::Pause(self.chunk_delay)
            }
            Place::Word(index) | Place::DueWord(index) => self.word(index),
            Place::Tail(index) => self.tail(index),
            Place::HangingUp => {
                // Written as incomplete before the client can see the end.
                drop(self.line.take());
                Step::HangUp
            }
            Place::Over => Step::End,
        }
    }

    fn head(&mut self, index: usize) -> Step {
        match self.events.head.get(index) {
            Some(event) => {
                self.place = Place::Head(index + 1);
                Step::Send(event.clone())
            }
            None => {
                self.place = Place::Word(0);
                self.step()
            }
        }
    }

    fn word(&mut self, index: u32) -> Step {
        self.place = Place::Word(index + 1);
        if let Some(line) = &mut self.line {
            line.produced(1, 0);
        }
        Step::Send((self.events.word)(index))
    }

    fn tail(&mut self, index: usize) -> Step {
        let Some(event) = self.events.tail.get(index).cloned() else { return self.end() };
        self.place = Place::Tail(index + 1);
        if index + 1 == self.events.tail.len() {
            self.end();
        }
        Step::Send(event)
    }

    fn end(&mut self) -> Step {
        self.place = Place::Over;
        if let Some(line) = self.line.take() {
            line.close();
        }
        Step::End
    }

    fn break_off(&mut self) -> Step {
        match self.breaks.take() {
            Some((_, Break::HangUp(silence))) => {
                self.place = Place::HangingUp;
                Step::Pause(silence)
            }
            Some((_, Break::ErrorEvent)) => {
                self.place = Place::Over;
                // Written as incomplete before the error is out.
                drop(self.line.take());
                Step::Send(self.events.error.clone())
            }
            None => Step::End,
        }
    }
}
