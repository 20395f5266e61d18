//! Anthropic's messages, whole and in events.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::anthropic_usage::AnthropicUsage;
use super::{Outcome, Place, Seen, Whole};
use crate::meter::text::TextLength;

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    message: Option<Started<'a>>,
    delta: Option<Delta>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

/// The message as it stands at its start: its input is known.
#[derive(Deserialize)]
struct Started<'a> {
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

/// More of a block of content, or the end of the message.
#[derive(Default, Deserialize)]
struct Delta {
    #[serde(default)]
    text: TextLength,
    #[serde(default)]
    partial_json: TextLength,
    #[serde(default)]
    thinking: TextLength,
    stop_reason: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    error: Option<IgnoredAny>,
    #[serde(borrow)]
    content: Option<Vec<Block<'a>>>,
}

#[derive(Deserialize)]
struct Block<'a> {
    #[serde(default)]
    text: TextLength,
    #[serde(default)]
    thinking: TextLength,
    #[serde(default)]
    name: TextLength,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
}

/// Reads an event, and keeps what it tells of the usage.
pub(super) fn read_event(data: &[u8], so_far: &mut AnthropicUsage) -> Option<Seen> {
    let event: Event<'_> = serde_json::from_slice(data).ok()?;
    let delta = event.delta.unwrap_or_default();
    Some(match &*event.kind {
        "message_start" => {
            *so_far = so_far.started(event.message.and_then(|message| message.usage));
            Seen::default()
        }
        "content_block_delta" => {
            let text_bytes = delta.text.0 + delta.partial_json.0 + delta.thinking.0;
            Seen { text_bytes, outputs: 1, ..Seen::default() }
        }
        "message_delta" => {
            let Some(usage) = event.usage else { return Some(Seen::default()) };
            *so_far = so_far.updated(usage);
            let place = if delta.stop_reason.is_some() { Place::Usage } else { Place::Middle };
            Seen { place, outputs: 1, usage: Some(so_far.reported()), ..Seen::default() }
        }
        "message_stop" => Seen { place: Place::Last, ..Seen::default() },
        "error" => Seen { place: Place::Failed, ..Seen::default() },
        _ => Seen::default(),
    })
}

pub(super) fn read_answer(json: &[u8]) -> Option<Whole> {
    let message: Message<'_> = serde_json::from_slice(json).ok()?;
    let failed = message.error.is_some();
    let outcome = Outcome {
        usage: AnthropicUsage::of_answer(message.usage),
        failed,
        outputs: u64::from(!failed),
    };
    let text_bytes = message.content.iter().flatten().map(Block::text_bytes).sum();
    Some(Whole { outcome, text_bytes })
}

impl Block<'_> {
    fn text_bytes(&self) -> u64 {
        let input = self.input.map_or(0, |json| json.get().len() as u64);
        self.text.0 + self.thinking.0 + self.name.0 + input
    }
}
