//! The same response as numbered events, from `response.created` to `response.completed`.

use bytes::Bytes;
use serde::Serialize;

use super::Answer;
use super::object::{Item, Object, Part};
use crate::events::Events;
use crate::model::Ending;
use crate::sse::event;
use crate::text;

/// Events before the first word; the first of them is number 0.
const HEAD: u32 = 4;

#[derive(Serialize)]
struct Numbered<T> {
    r#type: &'static str,
    sequence_number: u32,
    #[serde(flatten)]
    data: T,
}

/// About the whole response.
#[derive(Serialize)]
struct OfResponse<'a> {
    response: Object<'a>,
}

/// About the one output item.
#[derive(Serialize)]
struct OfItem<'a> {
    output_index: u32,
    item: Item<'a>,
}

/// About the one content part.
#[derive(Serialize)]
struct OfPart<'a, T> {
    item_id: &'a str,
    output_index: u32,
    content_index: u32,
    #[serde(flatten)]
    data: T,
}

#[derive(Serialize)]
struct WholePart<'a> {
    part: Part<'a>,
}

#[derive(Serialize)]
struct Delta {
    delta: &'static str,
    logprobs: [(); 0],
}

#[derive(Serialize)]
struct Text {
    text: &'static str,
    logprobs: [(); 0],
}

/// An error after the 200, in its documented form; the official SDKs hand it on as an event.
#[derive(Serialize)]
struct ServerError {
    code: &'static str,
    message: &'static str,
    param: (),
}

impl Answer {
    /// The events of this response. The script may break it off after `broken_after` words, so
    /// that is where the error event's number stands.
    pub(super) fn events(self, broken_after: u32) -> Events {
        let head = self.head();
        let tail = self.tail();
        let error = ServerError {
            code: "server_error",
            message: "The server had an error while processing your request. Sorry about that!",
            param: (),
        };
        Events {
            head,
            words: self.tokens,
            word: Box::new(move |index| {
                let delta = Delta { delta: text::word(index), logprobs: [] };
                numbered(HEAD + index, "response.output_text.delta", self.of_part(delta))
            }),
            tail,
            error: numbered(HEAD + broken_after, "error", error),
        }
    }

    fn head(&self) -> Vec<Bytes> {
        let of_response = || OfResponse { response: self.in_progress() };
        let of_item = OfItem { output_index: 0, item: self.item("in_progress", Vec::new()) };
        let of_part = self.of_part(WholePart { part: Part::new("") });
        vec![
            numbered(0, "response.created", of_response()),
            numbered(1, "response.in_progress", of_response()),
            numbered(2, "response.output_item.added", of_item),
            numbered(3, "response.content_part.added", of_part),
        ]
    }

    fn tail(&self) -> Vec<Bytes> {
        let text = text::words(self.tokens);
        let item = self.item(self.status(), vec![Part::new(text)]);
        let of_text = self.of_part(Text { text, logprobs: [] });
        let of_part = self.of_part(WholePart { part: Part::new(text) });
        let ended = match self.ending {
            Ending::Finished => "response.completed",
            Ending::Cut => "response.incomplete",
        };
        let first = HEAD + self.tokens;
        vec![
            numbered(first, "response.output_text.done", of_text),
            numbered(first + 1, "response.content_part.done", of_part),
            numbered(first + 2, "response.output_item.done", OfItem { output_index: 0, item }),
            numbered(first + 3, ended, OfResponse { response: self.ended(text) }),
        ]
    }

    fn of_part<T>(&self, data: T) -> OfPart<'_, T> {
        OfPart { item_id: &self.message_id, output_index: 0, content_index: 0, data }
    }
}

fn numbered(sequence_number: u32, r#type: &'static str, data: impl Serialize) -> Bytes {
    event(r#type, &Numbered { r#type, sequence_number, data })
}
