//! The response object, field by field in OpenAI's order.

use serde::Serialize;

use super::Answer;
use crate::model::Ending;
use crate::script::Script;

#[derive(Serialize)]
pub(super) struct Object<'a> {
    id: &'a str,
    object: &'static str,
    created_at: u64,
    status: &'static str,
    background: bool,
    error: (),
    incomplete_details: Option<Incomplete>,
    instructions: (),
    max_output_tokens: Option<u32>,
    max_tool_calls: (),
    model: &'a str,
    output: Vec<Item<'a>>,
    parallel_tool_calls: bool,
    previous_response_id: (),
    reasoning: Reasoning,
    service_tier: &'static str,
    store: bool,
    temperature: f32,
    text: TextOptions,
    tool_choice: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_usage: Option<ToolUsage>,
    tools: [(); 0],
    top_logprobs: u32,
    top_p: f32,
    truncation: &'static str,
    /// `null` until the end; absent when nothing is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Option<Usage>>,
    user: (),
    metadata: Empty,
}

#[derive(Serialize)]
struct Incomplete {
    reason: &'static str,
}

#[derive(Default, Serialize)]
struct Reasoning {
    effort: (),
    summary: (),
}

#[derive(Serialize)]
struct TextOptions {
    format: TextFormat,
    verbosity: &'static str,
}

#[derive(Serialize)]
struct TextFormat {
    r#type: &'static str,
}

#[derive(Serialize)]
struct Empty {}

/// The one output item.
#[derive(Serialize)]
pub(super) struct Item<'a> {
    id: &'a str,
    r#type: &'static str,
    status: &'static str,
    content: Vec<Part<'a>>,
    role: &'static str,
}

/// The one content part.
#[derive(Serialize)]
pub(super) struct Part<'a> {
    r#type: &'static str,
    annotations: [(); 0],
    logprobs: [(); 0],
    text: &'a str,
}

/// What is billed beside `usage`: nothing, here.
#[derive(Clone, Copy, Default, Serialize)]
struct ToolUsage {
    image_gen: ImageUsage,
    web_search: WebSearchUsage,
}

#[derive(Clone, Copy, Default, Serialize)]
struct ImageUsage {
    input_tokens: u32,
    input_tokens_details: ImageDetails,
    output_tokens: u32,
    output_tokens_details: ImageDetails,
    total_tokens: u32,
}

#[derive(Clone, Copy, Default, Serialize)]
struct ImageDetails {
    image_tokens: u32,
    text_tokens: u32,
}

#[derive(Clone, Copy, Default, Serialize)]
struct WebSearchUsage {
    num_requests: u32,
}

/// Token counts as told, which a script may have falsified.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Usage {
    input_tokens: i64,
    input_tokens_details: InputDetails,
    output_tokens: i64,
    output_tokens_details: OutputDetails,
    total_tokens: i64,
}

#[derive(Clone, Copy, Default, Serialize)]
struct InputDetails {
    cached_tokens: u32,
    cache_write_tokens: u32,
}

#[derive(Clone, Copy, Default, Serialize)]
struct OutputDetails {
    reasoning_tokens: u32,
}

impl Answer {
    /// The response while it is being made.
    pub(super) fn in_progress(&self) -> Object<'_> {
        Object {
            id: &self.id,
            object: "response",
            created_at: self.created,
            status: "in_progress",
            background: false,
            error: (),
            incomplete_details: None,
            instructions: (),
            max_output_tokens: self.bound,
            max_tool_calls: (),
            model: &self.model,
            output: Vec::new(),
            parallel_tool_calls: true,
            previous_response_id: (),
            reasoning: Reasoning::default(),
            service_tier: "default",
            store: true,
            temperature: 1.0,
            text: TextOptions { format: TextFormat { r#type: "text" }, verbosity: "medium" },
            tool_choice: "auto",
            tool_usage: None,
            tools: [],
            top_logprobs: 0,
            top_p: 1.0,
            truncation: "disabled",
            usage: Some(None),
            user: (),
            metadata: Empty {},
        }
    }

    /// The response at its end, completed or incomplete, with this text.
    pub(super) fn ended<'a>(&'a self, text: &'a str) -> Object<'a> {
        Object {
            status: self.status(),
            incomplete_details: match self.ending {
                Ending::Finished => None,
                Ending::Cut => Some(Incomplete { reason: "max_output_tokens" }),
            },
            output: vec![self.item(self.status(), vec![Part::new(text)])],
            tool_usage: self.usage.map(|_| ToolUsage::default()),
            usage: self.usage.map(Some),
            ..self.in_progress()
        }
    }

    pub(super) fn item<'a>(&'a self, status: &'static str, content: Vec<Part<'a>>) -> Item<'a> {
        Item { id: &self.message_id, r#type: "message", status, content, role: "assistant" }
    }

    /// How the response and its item end.
    pub(super) fn status(&self) -> &'static str {
        match self.ending {
            Ending::Finished => "completed",
            Ending::Cut => "incomplete",
        }
    }
}

impl<'a> Part<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { r#type: "output_text", annotations: [], logprobs: [], text }
    }
}

impl Usage {
    /// What the model's script tells of the true counts; `None` when it tells nothing.
    pub(super) fn told(script: Script, input: u64, output: u64) -> Option<Self> {
        let output_tokens = script.reported_output(output)?;
        let input_tokens = i64::try_from(input).unwrap_or(i64::MAX);
        Some(Self {
            input_tokens,
            input_tokens_details: InputDetails::default(),
            output_tokens,
            output_tokens_details: OutputDetails::default(),
            total_tokens: input_tokens.saturating_add(output_tokens),
        })
    }
}
