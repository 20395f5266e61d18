//! The same response as numbered events, from `response.created` to `response.completed`.

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Answer, part};
use crate::events::Events;
use crate::model::Ending;
use crate::sse::event;
use crate::text;

/// Events before the first word; the first of them is number 0.
const HEAD: u32 = 4;

#[derive(Serialize)]
struct TextDelta<'a> {
    r#type: &'static str,
    sequence_number: u32,
    item_id: &'a str,
    output_index: u32,
    content_index: u32,
    delta: &'static str,
    logprobs: [(); 0],
}

impl Answer {
    /// The events of this response. The script may break it off after `broken_after` words, so
    /// that is where the error event's number stands.
    pub(super) fn events(self, broken_after: u32) -> Events {
        let head = self.head();
        let tail = self.tail();
        let item_id = self.message_id;
        Events {
            head,
            words: self.tokens,
            word: Box::new(move |index| {
                let delta = TextDelta {
                    r#type: "response.output_text.delta",
                    sequence_number: HEAD + index,
                    item_id: &item_id,
                    output_index: 0,
                    content_index: 0,
                    delta: text::word(index),
                    logprobs: [],
                };
                event(delta.r#type, &delta)
            }),
            tail,
            error: error(HEAD + broken_after),
        }
    }

    fn head(&self) -> Vec<Bytes> {
        let mut item = self.message("");
        item["status"] = json!("in_progress");
        item["content"] = json!([]);
        let events = [
            ("response.created", json!({ "response": self.in_progress() })),
            ("response.in_progress", json!({ "response": self.in_progress() })),
            ("response.output_item.added", json!({ "output_index": 0, "item": item })),
            ("response.content_part.added", self.in_part("part", part(""))),
        ];
        number(0, events)
    }

    fn tail(&self) -> Vec<Bytes> {
        let text = text::words(self.tokens);
        let mut text_done = self.in_part("text", json!(text));
        text_done["logprobs"] = json!([]);
        let item = self.message(text);
        let ended = match self.ending {
            Ending::Finished => "response.completed",
            Ending::Cut => "response.incomplete",
        };
        let events = [
            ("response.output_text.done", text_done),
            ("response.content_part.done", self.in_part("part", part(text))),
            ("response.output_item.done", json!({ "output_index": 0, "item": item })),
            (ended, json!({ "response": self.ended(text) })),
        ];
        number(HEAD + self.tokens, events)
    }

    /// The data of an event about the one content part.
    fn in_part(&self, field: &str, value: Value) -> Value {
        json!({
            "item_id": self.message_id,
            "output_index": 0,
            "content_index": 0,
            field: value,
        })
    }
}

fn number<const N: usize>(first: u32, events: [(&str, Value); N]) -> Vec<Bytes> {
    (first..).zip(events).map(|(number, (name, data))| numbered(number, name, data)).collect()
}

fn numbered(number: u32, name: &str, mut data: Value) -> Bytes {
    data["type"] = json!(name);
    data["sequence_number"] = json!(number);
    event(name, &data)
}

/// The documented error event; the official SDKs hand it on as an event.
fn error(number: u32) -> Bytes {
    let data = json!({
        "code": "server_error",
        "message": "The server had an error while processing your request. Sorry about that!",
        "param": null,
    });
    numbered(number, "error", data)
}
