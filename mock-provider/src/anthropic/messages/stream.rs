//! The same answer as events, from `message_start` to `message_stop`.

use bytes::Bytes;
use serde::Serialize;
use serde_json::json;

use super::{Answer, Message, Told, Usage};
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
        let word = Template::new(&event(
            "content_block_delta",
            &json!({
                "type": "content_block_delta",
                "index": 0,
                "delta": { "type": "text_delta", "text": Template::HOLE },
            }),
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
        vec![
            event("message_start", &start),
            event(
                "content_block_start",
                &json!({
                    "type": "content_block_start",
                    "index": 0,
                    "content_block": { "type": "text", "text": "" },
                }),
            ),
            event("ping", &json!({ "type": "ping" })),
        ]
    }

    fn tail(&self) -> Vec<Bytes> {
        let delta = MessageDelta {
            r#type: "message_delta",
            delta: Stop { stop_reason: self.stop_reason(), stop_sequence: () },
            usage: self.told.map(FinalUsage::new),
        };
        vec![
            event("content_block_stop", &json!({ "type": "content_block_stop", "index": 0 })),
            event("message_delta", &delta),
            event("message_stop", &json!({ "type": "message_stop" })),
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
    event(
        "error",
        &json!({
            "type": "error",
            "error": { "type": "api_error", "message": "Internal server error" },
        }),
    )
}
