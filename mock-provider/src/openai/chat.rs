//! `POST /v1/chat/completions`: the request, and the answer as one JSON object.

mod stream;

use std::borrow::Cow;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::count::{TextBytes, input_tokens};
use crate::failure::Failure;
use crate::model::{Ending, Family, Model};
use crate::play::{Form, Reply};
use crate::script::Script;
use crate::text;

/// The most choices that one call may ask for.
const MOST_CHOICES: u32 = 128;
const FINGERPRINT: &str = "fp_mock000000";

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    model: Cow<'a, str>,
    messages: Vec<Message>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    n: Option<NonZeroU32>,
    max_tokens: Option<NonZeroU32>,
    max_completion_tokens: Option<NonZeroU32>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: TextBytes,
}

#[derive(Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

/// The facts of one answer, from which its JSON or its events are rendered.
struct Answer {
    id: String,
    created: u64,
    model: String,
    choices: u32,
    /// Of each choice.
    tokens: u32,
    ending: Ending,
    usage: Option<Usage>,
}

#[derive(Serialize)]
struct Completion<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: Vec<Choice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
    service_tier: &'static str,
    system_fingerprint: &'static str,
}

#[derive(Serialize)]
struct Choice<'a> {
    index: u32,
    message: Assistant<'a>,
    logprobs: (),
    finish_reason: &'static str,
}

#[derive(Serialize)]
struct Assistant<'a> {
    role: &'static str,
    content: &'a str,
    refusal: (),
    annotations: [(); 0],
}

/// Token counts as told, which a script may have falsified.
#[derive(Clone, Copy, Serialize)]
struct Usage {
    prompt_tokens: i64,
    completion_tokens: i64,
    total_tokens: i64,
    prompt_tokens_details: PromptDetails,
    completion_tokens_details: CompletionDetails,
}

#[derive(Clone, Copy, Default, Serialize)]
struct PromptDetails {
    cached_tokens: u32,
    cache_write_tokens: u32,
    audio_tokens: u32,
}

#[derive(Clone, Copy, Default, Serialize)]
struct CompletionDetails {
    reasoning_tokens: u32,
    audio_tokens: u32,
    accepted_prediction_tokens: u32,
    rejected_prediction_tokens: u32,
}

/// Reads a chat request and makes the whole answer to it.
pub(crate) fn reply(call: &Call) -> Result<Reply, Failure> {
    let request: Request<'_> =
        serde_json::from_slice(&call.body).map_err(|error| Failure::unreadable(&error))?;
    let model = Model::find(&request.model, Family::Text)
        .ok_or_else(|| Failure::NoModel(request.model.to_string()))?;
    if request.messages.is_empty() {
        return Err(Failure::invalid("messages", "there is none"));
    }
    let choices = request.n.map_or(1, NonZeroU32::get);
    if choices > MOST_CHOICES {
        return Err(Failure::invalid("n", "at most 128"));
    }
    let bound = request.max_completion_tokens.or(request.max_tokens).map(NonZeroU32::get);
    let (tokens, ending) = model.output(bound);
    if choices * tokens > text::MOST_TOKENS {
        return Err(Failure::invalid("n", "so many choices of this length are too much"));
    }
    let text: TextBytes = request.messages.iter().map(|message| message.content).sum();
    let input = input_tokens(text, request.messages.len() as u64);
    let output = u64::from(choices) * u64::from(tokens);
    let answer = Answer {
        id: call.id("chatcmpl-"),
        created: call.created(),
        model: model.asked.clone(),
        choices,
        tokens,
        ending,
        usage: Usage::told(model.script(), input, output),
    };
    let form = if request.stream == Some(true) {
        let include_usage = request.stream_options.and_then(|options| options.include_usage);
        Form::Events(answer.events(include_usage == Some(true)))
    } else {
        Form::Json { body: answer.json(&model.text(tokens)), output_tokens: output, images: 0 }
    };
    Ok(Reply { id: answer.id, model, input_tokens: input, form })
}

impl Answer {
    fn json(&self, content: &str) -> Vec<u8> {
        let choice = |index| Choice {
            index,
            message: Assistant { role: "assistant", content, refusal: (), annotations: [] },
            logprobs: (),
            finish_reason: self.finish_reason(),
        };
        let completion = Completion {
            id: &self.id,
            object: "chat.completion",
            created: self.created,
            model: &self.model,
            choices: (0..self.choices).map(choice).collect(),
            usage: self.usage,
            service_tier: "default",
            system_fingerprint: FINGERPRINT,
        };
        serde_json::to_vec(&completion).expect("plain structs are always JSON")
    }

    fn finish_reason(&self) -> &'static str {
        match self.ending {
            Ending::Finished => "stop",
            Ending::Cut => "length",
        }
    }
}

impl Usage {
    fn told(script: Script, input: u64, output: u64) -> Option<Self> {
        let completion_tokens = script.reported_output(output)?;
        let prompt_tokens = i64::try_from(input).unwrap_or(i64::MAX);
        Some(Self {
            prompt_tokens,
            completion_tokens,
            total_tokens: prompt_tokens.saturating_add(completion_tokens),
            prompt_tokens_details: PromptDetails::default(),
            completion_tokens_details: CompletionDetails::default(),
        })
    }
}
