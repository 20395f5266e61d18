//! What an answer used: read chunk by chunk as it is relayed, known before its last bytes are let go.
//!
//! Sync and without IO. The answer's bytes pass as they came, but for two things: the chunk with the
//! usage that only we asked for, and the comment with the charge. From where the usage stands on,
//! everything waits for [`Meter::release`]. Nothing but the rest of a broken-off event is ever copied
//! while a stream runs.

mod count;
mod reported;
mod text;

mod dialect;

mod json;

mod event;
mod outgoing;
mod splitter;
mod stream;
mod withheld;

mod cut;

#[cfg(test)]
mod tests;

use bursar_config::Meter as MeterKind;
use bytes::Bytes;
use ledger::Usage;

pub(crate) use cut::cut_event;
use json::Json;
pub(crate) use reported::Reported;
use stream::Stream;

/// How an answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// One JSON value.
    Json {
        /// Its length in bytes, if its header says.
        content_length: Option<u64>,
    },
    /// Server-sent events.
    EventStream,
}

/// How an answer is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MeterOptions {
    /// The client did not ask for the usage of its chat stream: the chunk that is there only for
    /// that is left out.
    pub(crate) hide_usage: bool,
    /// The largest JSON answer that is kept to be read, in bytes. A larger one is relayed, and its
    /// usage is missing.
    pub(crate) answer_bytes: usize,
}

/// What is to be charged, as far as the answer tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// What the provider says was used.
    pub(crate) usage: Reported,
    /// The provider sent an error after its 200.
    pub(crate) failed: bool,
    /// Choices, images or vectors delivered.
    pub(crate) outputs: u64,
}

/// What the client has of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Relayed {
    /// UTF-8 bytes of text, of reasoning and of the arguments of tools. Of a JSON answer that is not
    /// complete, or cannot be read, all bytes. Once there is an outcome, what is withheld is in it,
    /// since that goes out too.
    pub(crate) text_bytes: u64,
    /// Choices, images or vectors begun.
    pub(crate) outputs: u64,
    /// Something went out.
    pub(crate) started: bool,
}

/// Reads one answer on its way to the client.
#[derive(Debug)]
pub(crate) struct Meter(Reader);

#[derive(Debug)]
enum Reader {
    Json(Json),
    Stream(Box<Stream>),
}

impl Meter {
    /// A meter for an answer that is about to come.
    pub(crate) fn new(kind: MeterKind, answer: Answer, options: MeterOptions) -> Self {
        Self(match answer {
            Answer::Json { content_length } => {
                Reader::Json(Json::new(kind, content_length, options.answer_bytes))
            }
            Answer::EventStream => Reader::Stream(Box::new(Stream::new(kind, options.hide_usage))),
        })
    }

    /// Takes in a chunk of the answer, `end` with the last or after it, and gives back what may be
    /// relayed at once.
    pub(crate) fn observe(&mut self, chunk: Option<Bytes>, end: bool) -> Bytes {
        let chunk = chunk.unwrap_or_default();
        match &mut self.0 {
            Reader::Json(json) => json.observe(chunk, end),
            Reader::Stream(stream) => stream.observe(&chunk, end),
        }
    }

    /// What is to be charged, once that is known. The last bytes are withheld from then on, until
    /// they are released. Never known of an answer that breaks off.
    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        match &self.0 {
            Reader::Json(json) => json.outcome(),
            Reader::Stream(stream) => stream.outcome(),
        }
    }

    /// Everything withheld, to be called once there is an outcome and the charge is settled.
    ///
    /// In a stream `comment`, a whole comment with its blank line, goes before the last event: here,
    /// or from [`Meter::observe`] when that event is yet to come. What comes later passes.
    pub(crate) fn release(&mut self, comment: &str) -> Bytes {
        match &mut self.0 {
            Reader::Json(json) => json.release(),
            Reader::Stream(stream) => stream.release(comment),
        }
    }

    /// What the client has so far.
    pub(crate) fn relayed(&self) -> Relayed {
        match &self.0 {
            Reader::Json(json) => json.relayed(),
            Reader::Stream(stream) => stream.relayed(),
        }
    }

    /// The usage told so far. In a stream that is not at its end, the output may be too low.
    pub(crate) fn reported(&self) -> Option<Usage> {
        match &self.0 {
            Reader::Json(json) => json.reported(),
            Reader::Stream(stream) => stream.reported(),
        }
    }
}

/// The tokens that a text counts as when its provider does not tell: one for three bytes, rounded up.
pub(crate) fn counted_tokens(text_bytes: u64) -> u64 {
    text_bytes.div_ceil(3)
}
