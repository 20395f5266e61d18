//! OpenAI's responses, whole and in events.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::openai_usage::OpenAiUsage;
use super::{Outcome, Place, Seen, Whole};
use crate::meter::text::TextLength;

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Cow<'a, str>,
    #[serde(default)]
    delta: TextLength,
    #[serde(borrow)]
    response: Option<&'a RawValue>,
    error: Option<IgnoredAny>,
}

/// The response object at the end of a stream, of which the text has been seen.
#[derive(Deserialize)]
struct Ended<'a> {
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    error: Option<IgnoredAny>,
    output: Option<Vec<Item>>,
}

/// An item of any type: each has its text in other fields.
#[derive(Deserialize)]
struct Item {
    content: Option<Vec<Part>>,
    summary: Option<Vec<Part>>,
    #[serde(default)]
    name: TextLength,
    #[serde(default)]
    arguments: TextLength,
    #[serde(default)]
    input: TextLength,
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    text: TextLength,
    #[serde(default)]
    refusal: TextLength,
}

pub(super) fn read_event(data: &[u8]) -> Option<Seen> {
    let event: Event<'_> = serde_json::from_slice(data).ok()?;
    let place = match &*event.kind {
        "response.completed" | "response.incomplete" => Place::Last,
        "response.failed" | "error" => Place::Failed,
        _ if event.error.is_some() => Place::Failed,
        kind if kind.ends_with(".delta") => {
            return Some(Seen { text_bytes: event.delta.0, outputs: 1, ..Seen::default() });
        }
        _ => return Some(Seen::default()),
    };
    let response = event.response.map(RawValue::get).map(serde_json::from_str::<Ended<'_>>);
    let usage = response.and_then(Result::ok).and_then(|response| response.usage);
    Some(Seen {
        place,
        outputs: u64::from(place == Place::Last),
        usage: usage.map(|usage| OpenAiUsage::reported(Some(usage))),
        ..Seen::default()
    })
}

pub(super) fn read_answer(json: &[u8]) -> Option<Whole> {
    let response: Response<'_> = serde_json::from_slice(json).ok()?;
    let failed = response.error.is_some();
    let outcome = Outcome {
        usage: OpenAiUsage::reported(response.usage),
        failed,
        outputs: u64::from(!failed),
    };
    Some(Whole { outcome, text_bytes: response.text_bytes() })
}

impl Response<'_> {
    fn text_bytes(&self) -> u64 {
        self.output.iter().flatten().map(Item::text_bytes).sum()
    }
}

impl Item {
    fn text_bytes(&self) -> u64 {
        let parts = self.content.iter().chain(&self.summary).flatten();
        let texts: u64 = parts.map(|part| part.text.0 + part.refusal.0).sum();
        texts + self.name.0 + self.arguments.0 + self.input.0
    }
}
