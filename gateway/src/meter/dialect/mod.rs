//! What the events and answers of each dialect say, in the meter's words.

mod openai_usage;

mod chat;
mod responses;

mod embeddings;
mod images;

mod anthropic_usage;

mod messages;

use bursar_config::Meter as MeterKind;
use ledger::Usage;

use self::anthropic_usage::AnthropicUsage;
use super::event::Event;
use super::{Outcome, Reported};

/// What one event says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// What it is to the stream.
    pub(super) place: Place,
    /// Bytes of text in it.
    pub(super) text_bytes: u64,
    /// Outputs begun, by what it says.
    pub(super) outputs: u64,
    /// The usage it tells, of all until then.
    pub(super) usage: Option<Reported>,
}

/// What an event is to its stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// One of many.
    #[default]
    Middle,
    /// It tells the final usage.
    Usage,
    /// It tells the final usage, and nothing else: who did not ask for that need not see it.
    Extra,
    /// The last one.
    Last,
    /// The last one, since the provider failed.
    Failed,
}

/// What a whole JSON answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Whole {
    pub(super) outcome: Outcome,
    /// Bytes of text in it.
    pub(super) text_bytes: u64,
}

impl Whole {
    /// An answer that could not be read: all of it counts as text, if it is of a kind that has any.
    pub(super) fn unread(kind: MeterKind, bytes: u64) -> Self {
        let outcome = Outcome { usage: Reported::Missing, failed: false, outputs: 0 };
        Self { outcome, text_bytes: text_bytes_unread(kind, bytes) }
    }
}

/// How much text there can be in this much of a JSON answer.
pub(super) fn text_bytes_unread(kind: MeterKind, bytes: u64) -> u64 {
    match kind {
        MeterKind::OpenAiChat | MeterKind::OpenAiResponses | MeterKind::AnthropicMessages => bytes,
        MeterKind::OpenAiEmbeddings | MeterKind::OpenAiImages => 0,
    }
}

/// Reads a whole JSON answer; `None` when it is not the JSON that it should be.
pub(super) fn read_answer(kind: MeterKind, json: &[u8]) -> Option<Whole> {
    match kind {
        MeterKind::OpenAiChat => chat::read_answer(json),
        MeterKind::OpenAiResponses => responses::read_answer(json),
        MeterKind::OpenAiEmbeddings => embeddings::read_answer(json),
        MeterKind::OpenAiImages => images::read_answer(json),
        MeterKind::AnthropicMessages => messages::read_answer(json),
    }
}

/// The dialect of a stream, and what it has told in pieces.
#[derive(Debug)]
pub(super) enum Dialect {
    Chat,
    Responses,
    Messages(AnthropicUsage),
}

impl Dialect {
    /// The dialect that such a stream is in. Embeddings and images have none, so that only their
    /// end and their errors mean anything, as in a chat.
    pub(super) fn of(kind: MeterKind) -> Self {
        match kind {
            MeterKind::OpenAiResponses => Self::Responses,
            MeterKind::AnthropicMessages => Self::Messages(AnthropicUsage::default()),
            MeterKind::OpenAiChat | MeterKind::OpenAiEmbeddings | MeterKind::OpenAiImages => {
                Self::Chat
            }
        }
    }

    /// Reads an event. Data that is not the JSON it should be counts as text.
    pub(super) fn read(&mut self, event: &Event<'_>) -> Seen {
        let Some(data) = event.data.as_deref() else { return Seen::default() };
        if data.trim_ascii() == b"[DONE]" {
            return Seen { place: Place::Last, ..Seen::default() };
        }
        let seen = match self {
            Self::Chat => chat::read_event(data),
            Self::Responses => responses::read_event(data),
            Self::Messages(usage) => messages::read_event(data, usage),
        };
        let unread = Seen { text_bytes: data.len() as u64, ..Seen::default() };
        let seen = seen.unwrap_or(unread);
        if event.name == b"error" { Seen { place: Place::Failed, ..seen } } else { seen }
    }

    /// Usage told before the end, of which the output is not final.
    pub(super) fn told_so_far(&self) -> Option<Usage> {
        match self {
            Self::Chat | Self::Responses => None,
            Self::Messages(usage) => usage.so_far(),
        }
    }
}
