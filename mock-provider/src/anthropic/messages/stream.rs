//! The same answer as events, from `message_start` to `message_stop`.

use bytes::Bytes;
use serde::Serialize;

use super::{Answer, Message, Text, Told, Usage};
use crate::anthropic::ErrorBody;
use crate::events::Events;
use crate::sse::{Template, event};
use crate::text;

/// What `message_start` tells of the output: the one token it was born with.
const FIRST_OUTPUT: i64 = 1;

#[derive(Serialize)]
struct MessageStart<'a> {
    r#type: &'static str,
    message: Message<'a>,
}

#[derive(Serialize)]
struct BlockStart {
    r#type: &'static str,
    index: u32,
    content_block: Text<'static>,
}

#[derive(Serialize)]
struct BlockDelta {
    r#type: &'static str,
    index: u32,
    delta: Text<'static>,
}

#[derive(Serialize)]
struct BlockStop {
    r#type: &'static str,
    index: u32,
}

/// An event that is nothing but its name.
#[derive(Serialize)]
struct Bare {
    r#type: &'static str,
}

#[derive(Serialize)]
struct MessageDelta {
    r#type: &'static str,
    delta: Stop,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<FinalUsage>,
}

#[derive(Serialize)]
struct Stop {
    stop_reason: &'static str,
    stop_sequence: (),
}

/// Cumulative: the totals of the whole message.
#[derive(Serialize)]
struct FinalUsage {
    input_tokens: u64,
    cache_creation_input_tokens: u32,
    cache_read_input_tokens: u32,
    output_tokens: i64,
}

impl Answer {
    /// The events of this answer.
    pub(super) fn events(&self) -> Events {
        let delta = Text { r#type: "text_delta", text: Template::HOLE };
        let word = Template::new(&event(
            "content_block_delta",
            &BlockDelta { r#type: "content_block_delta", index: 0, delta },
        ));
        Events {
            head: self.head(),
            words: self.tokens,
            word: Box::new(move |index| word.fill(text::word(index))),
            tail: self.tail(),
            error: error(),
        }
    }

    fn head(&self) -> Vec<Bytes> {
        let usage = self.told.map(|told| Usage::new(told.input, FIRST_OUTPUT));
        let start =
            MessageStart { r#type: "message_start", message: self.message(&[], None, usage) };
        let block = BlockStart {
            r#type: "content_block_start",
            index: 0,
            content_block: Text { r#type: "text", text: "" },
        };
        vec![
            event("message_start", &start),
            event("content_block_start", &block),
            event("ping", &Bare { r#type: "ping" }),
        ]
    }

    fn tail(&self) -> Vec<Bytes> {
        let delta = MessageDelta {
            r#type: "message_delta",
            delta: Stop { stop_reason: self.stop_reason(), stop_sequence: () },
            usage: self.told.map(FinalUsage::new),
        };
        vec![
            event("content_block_stop", &BlockStop { r#type: "content_block_stop", index: 0 }),
            event("message_delta", &delta),
            event("message_stop", &Bare { r#type: "message_stop" }),
        ]
    }
}

impl FinalUsage {
    fn new(told: Told) -> Self {
        Self {
            input_tokens: told.input,
            cache_creation_input_tokens: 0,
            cache_read_input_tokens: 0,
            output_tokens: told.output,
        }
    }
}

/// An error after the 200; the official SDKs raise it.
fn error() -> Bytes {
    event("error", &ErrorBody::new("api_error", "Internal server error", None))
}
