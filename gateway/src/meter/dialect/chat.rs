//! OpenAI's chat completions, whole and in chunks.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::openai_usage::OpenAiUsage;
use super::{Outcome, Place, Seen, Whole};
use crate::meter::count::Count;
use crate::meter::text::TextLength;

/// A completion, or a chunk of one.
#[derive(Deserialize)]
struct Completion<'a> {
    choices: Option<Vec<Choice>>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    error: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: Count,
    /// More of it. Hosts that tell the whole message beside it tell the same text twice.
    delta: Option<Delta>,
    message: Option<Delta>,
}

/// The text of a choice, or more of it. What reasoning is called depends on the host; some call it
/// both.
#[derive(Deserialize)]
struct Delta {
    #[serde(default)]
    content: TextLength,
    #[serde(default)]
    refusal: TextLength,
    #[serde(default)]
    reasoning_content: TextLength,
    #[serde(default)]
    reasoning: TextLength,
    tool_calls: Option<Vec<ToolCall>>,
    function_call: Option<Function>,
}

#[derive(Deserialize)]
struct ToolCall {
    function: Option<Function>,
    custom: Option<Function>,
}

#[derive(Deserialize)]
struct Function {
    #[serde(default)]
    name: TextLength,
    #[serde(default)]
    arguments: TextLength,
    #[serde(default)]
    input: TextLength,
}

pub(super) fn read_event(data: &[u8]) -> Option<Seen> {
    let chunk: Completion<'_> = serde_json::from_slice(data).ok()?;
    let place = match (chunk.error, chunk.usage, chunk.choices()) {
        (Some(_), ..) => Place::Failed,
        (None, Some(_), []) => Place::Extra,
        (None, ..) => Place::Middle,
    };
    let outputs = chunk.choices().iter().filter_map(|choice| choice.index.told()).max();
    Some(Seen {
        place,
        text_bytes: chunk.text_bytes(),
        outputs: outputs.map_or(0, |last| last + 1),
        usage: chunk.usage.map(|usage| OpenAiUsage::reported(Some(usage))),
    })
}

pub(super) fn read_answer(json: &[u8]) -> Option<Whole> {
    let completion: Completion<'_> = serde_json::from_slice(json).ok()?;
    let outcome = Outcome {
        usage: OpenAiUsage::reported(completion.usage),
        failed: completion.error.is_some(),
        outputs: completion.choices().len() as u64,
    };
    Some(Whole { outcome, text_bytes: completion.text_bytes() })
}

impl Completion<'_> {
    fn choices(&self) -> &[Choice] {
        self.choices.as_deref().unwrap_or_default()
    }

    fn text_bytes(&self) -> u64 {
        self.choices().iter().map(Choice::text_bytes).sum()
    }
}

impl Choice {
    fn text_bytes(&self) -> u64 {
        self.delta.as_ref().or(self.message.as_ref()).map_or(0, Delta::text_bytes)
    }
}

impl Delta {
    fn text_bytes(&self) -> u64 {
        let calls = self.tool_calls.iter().flatten();
        let functions = calls.flat_map(|call| [&call.function, &call.custom]).flatten();
        let functions = functions.chain(&self.function_call).map(Function::text_bytes);
        let reasoning = self.reasoning_content.0.max(self.reasoning.0);
        self.content.0 + self.refusal.0 + reasoning + functions.sum::<u64>()
    }
}

impl Function {
    fn text_bytes(&self) -> u64 {
        self.name.0 + self.arguments.0 + self.input.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_bytes(choice: &str) -> u64 {
        let data = format!("{{\"choices\":[{choice}]}}");
        read_event(data.as_bytes()).unwrap().text_bytes
    }

    #[test]
    fn text_that_a_host_tells_twice_counts_once() {
        let twice = r#"{"index":0,"delta":{"content":"abc"},"message":{"content":"all of abc"}}"#;
        assert_eq!(text_bytes(twice), 3);
        let both = r#"{"index":0,"delta":{"reasoning":"hmm","reasoning_content":"hmm"}}"#;
        assert_eq!(text_bytes(both), 3);
    }

    #[test]
    fn calls_of_every_kind_are_text() {
        let calls = r#"{"delta":{"function_call":{"name":"ab","arguments":"{}"},"tool_calls":[
            {"type":"custom","custom":{"name":"cd","input":"xyz"}},
            {"type":"function","function":{"arguments":"{}"}}]}}"#;
        assert_eq!(text_bytes(calls), 4 + 5 + 2);
    }

    #[test]
    fn content_in_parts_is_text() {
        assert_eq!(text_bytes(r#"{"delta":{"content":[{"text":"abc"}]}}"#), 3);
        assert_eq!(text_bytes(r#"{"delta":null}"#), 0);
    }
}
