//! `POST /v1/responses`: the request, and the response object in its states.

mod stream;

use std::borrow::Cow;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::call::Call;
use crate::count::{TextBytes, input_tokens};
use crate::failure::Failure;
use crate::model::{Ending, Family, Model};
use crate::play::{Form, Reply};
use crate::script::Script;
use crate::text;

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    model: Cow<'a, str>,
    #[serde(borrow)]
    input: Input<'a>,
    #[serde(default)]
    instructions: TextBytes,
    stream: Option<bool>,
    max_output_tokens: Option<NonZeroU32>,
}

/// What is asked: a bare string, which is one message, or a list of items.
#[derive(Deserialize)]
#[serde(untagged)]
enum Input<'a> {
    Text(#[serde(borrow)] Cow<'a, str>),
    Items(Vec<TextBytes>),
}

impl Input<'_> {
    fn tokens(&self, instructions: TextBytes) -> u64 {
        let (text, messages) = match self {
            Self::Text(text) => (TextBytes(text.len() as u64), 1),
            Self::Items(items) => (items.iter().copied().sum(), items.len() as u64),
        };
        input_tokens(text + instructions, messages)
    }
}

/// The facts of one response.
struct Answer {
    id: String,
    message_id: String,
    created: u64,
    model: String,
    tokens: u32,
    bound: Option<u32>,
    ending: Ending,
    usage: Option<Usage>,
}

/// Token counts as told, which a script may have falsified.
#[derive(Clone, Copy, Serialize)]
struct Usage {
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

/// Reads a responses request and makes the whole answer to it.
pub(crate) fn reply(call: &Call) -> Result<Reply, Failure> {
    let request: Request<'_> =
        serde_json::from_slice(&call.body).map_err(|error| Failure::unreadable(&error))?;
    let model = Model::find(&request.model, Family::Text)
        .ok_or_else(|| Failure::NoModel(request.model.to_string()))?;
    let bound = request.max_output_tokens.map(NonZeroU32::get);
    let (tokens, ending) = model.output(bound);
    let input = request.input.tokens(request.instructions);
    let output = u64::from(tokens);
    let answer = Answer {
        id: call.id("resp_"),
        message_id: call.id("msg_"),
        created: call.created(),
        model: model.asked.clone(),
        tokens,
        bound,
        ending,
        usage: Usage::told(model.script(), input, output),
    };
    let id = answer.id.clone();
    let form = if request.stream == Some(true) {
        let broken_after = model.script().stream_break(tokens).map_or(tokens, |(after, _)| after);
        Form::Events(answer.events(broken_after))
    } else {
        let text = match model.script() {
            Script::Huge => Cow::Owned(text::huge_words(tokens)),
            _ => Cow::Borrowed(text::words(tokens)),
        };
        let body = answer.ended(&text).to_string().into_bytes();
        Form::Json { body, output_tokens: output, images: 0 }
    };
    Ok(Reply { id, model, input_tokens: input, form })
}

impl Answer {
    /// The response object at its end, completed or incomplete.
    fn ended(&self, text: &str) -> Value {
        let mut response = self.in_progress();
        response["status"] = json!(self.status());
        if self.ending == Ending::Cut {
            response["incomplete_details"] = json!({ "reason": "max_output_tokens" });
        }
        response["output"] = json!([self.message(text)]);
        match &self.usage {
            Some(usage) => {
                response["usage"] = json!(usage);
                response["tool_usage"] = json!({
                    "image_gen": {
                        "input_tokens": 0,
                        "input_tokens_details": { "text_tokens": 0, "image_tokens": 0 },
                        "output_tokens": 0,
                        "output_tokens_details": { "text_tokens": 0, "image_tokens": 0 },
                        "total_tokens": 0,
                    },
                    "web_search": { "num_requests": 0 },
                });
            }
            None => {
                response.as_object_mut().map(|fields| fields.remove("usage"));
            }
        }
        response
    }

    /// The response object while it is being made.
    fn in_progress(&self) -> Value {
        json!({
            "id": self.id,
            "object": "response",
            "created_at": self.created,
            "status": "in_progress",
            "background": false,
            "error": null,
            "incomplete_details": null,
            "instructions": null,
            "max_output_tokens": self.bound,
            "max_tool_calls": null,
            "model": self.model,
            "output": [],
            "parallel_tool_calls": true,
            "previous_response_id": null,
            "reasoning": { "effort": null, "summary": null },
            "service_tier": "default",
            "store": true,
            "temperature": 1.0,
            "text": { "format": { "type": "text" }, "verbosity": "medium" },
            "tool_choice": "auto",
            "tools": [],
            "top_logprobs": 0,
            "top_p": 1.0,
            "truncation": "disabled",
            "usage": null,
            "user": null,
            "metadata": {},
        })
    }

    /// The one output item, ended.
    fn message(&self, text: &str) -> Value {
        json!({
            "id": self.message_id,
            "type": "message",
            "status": self.status(),
            "role": "assistant",
            "content": [part(text)],
        })
    }

    fn status(&self) -> &'static str {
        match self.ending {
            Ending::Finished => "completed",
            Ending::Cut => "incomplete",
        }
    }
}

/// A content part with this text.
fn part(text: &str) -> Value {
    json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": [] })
}

impl Usage {
    fn told(script: Script, input: u64, output: u64) -> Option<Self> {
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
