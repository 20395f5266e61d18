//! `POST /v1/messages`: the request, and the answer as one JSON object.

mod stream;

use std::borrow::Cow;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::count::{TextBytes, input_tokens};
use crate::failure::Failure;
use crate::model::{Ending, Family, Model};
use crate::play::{Form, Reply};

#[derive(Deserialize)]
pub(super) struct Request<'a> {
    #[serde(borrow)]
    pub(super) model: Cow<'a, str>,
    messages: Vec<Content>,
    #[serde(default)]
    system: TextBytes,
    max_tokens: Option<NonZeroU32>,
    stream: Option<bool>,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    content: TextBytes,
}

impl<'a> Request<'a> {
    /// Reads what a message and a token count have in common.
    pub(super) fn read(body: &'a [u8]) -> Result<Self, Failure> {
        let request: Self =
            serde_json::from_slice(body).map_err(|error| Failure::unreadable(&error))?;
        if request.messages.is_empty() {
            return Err(Failure::invalid("messages", "at least one message is required"));
        }
        Ok(request)
    }

    pub(super) fn find_model(&self) -> Result<Model, Failure> {
        Model::find(&self.model, Family::Text)
            .ok_or_else(|| Failure::NoModel(self.model.to_string()))
    }

    pub(super) fn input_tokens(&self) -> u64 {
        let text: TextBytes = self.messages.iter().map(|message| message.content).sum();
        input_tokens(text + self.system, self.messages.len() as u64)
    }
}

/// The facts of one answer, from which its JSON or its events are rendered.
struct Answer {
    id: String,
    model: String,
    tokens: u32,
    ending: Ending,
    /// Token counts as told, which a script may have falsified; `None` when nothing is told.
    told: Option<Told>,
}

#[derive(Clone, Copy)]
struct Told {
    input: u64,
    output: i64,
}

#[derive(Serialize)]
struct Message<'a> {
    id: &'a str,
    r#type: &'static str,
    role: &'static str,
    model: &'a str,
    content: &'a [Text<'a>],
    stop_reason: Option<&'static str>,
    stop_sequence: (),
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
}

#[derive(Serialize)]
struct Text<'a> {
    r#type: &'static str,
    text: &'a str,
}

#[derive(Clone, Copy, Serialize)]
struct Usage {
    input_tokens: u64,
    cache_creation_input_tokens: u32,
    cache_read_input_tokens: u32,
    cache_creation: CacheCreation,
    output_tokens: i64,
    service_tier: &'static str,
}

#[derive(Clone, Copy, Default, Serialize)]
struct CacheCreation {
    ephemeral_5m_input_tokens: u32,
    ephemeral_1h_input_tokens: u32,
}

/// Reads a messages request and makes the whole answer to it.
pub(crate) fn reply(call: &Call) -> Result<Reply, Failure> {
    let request = Request::read(&call.body)?;
    let model = request.find_model()?;
    let Some(bound) = request.max_tokens else {
        return Err(Failure::invalid("max_tokens", "Field required"));
    };
    let (tokens, ending) = model.output(Some(bound.get()));
    let input_tokens = request.input_tokens();
    let output_tokens = u64::from(tokens);
    let told = model.script().reported_output(output_tokens);
    let answer = Answer {
        id: call.id("msg_"),
        model: model.asked.clone(),
        tokens,
        ending,
        told: told.map(|output| Told { input: input_tokens, output }),
    };
    let form = if request.stream == Some(true) {
        Form::Events(answer.events())
    } else {
        Form::Json { body: answer.json(&model.text(tokens)), output_tokens, images: 0 }
    };
    Ok(Reply { id: answer.id, model, input_tokens, form })
}

impl Answer {
    fn json(&self, text: &str) -> Vec<u8> {
        let content = [Text { r#type: "text", text }];
        let usage = self.told.map(|told| Usage::new(told.input, told.output));
        let message = self.message(&content, Some(self.stop_reason()), usage);
        serde_json::to_vec(&message).expect("plain structs are always JSON")
    }

    fn message<'a>(
        &'a self,
        content: &'a [Text<'a>],
        stop_reason: Option<&'static str>,
        usage: Option<Usage>,
    ) -> Message<'a> {
        Message {
            id: &self.id,
            r#type: "message",
            role: "assistant",
            model: &self.model,
            content,
            stop_reason,
            stop_sequence: (),
            usage,
        }
    }

    fn stop_reason(&self) -> &'static str {
        match self.ending {
            Ending::Finished => "end_turn",
            Ending::Cut => "max_tokens",
        }
    }
}

impl Usage {
    fn new(input_tokens: u64, output_tokens: i64) -> Self {
        Self {
            input_tokens,
            cache_creation_input_tokens: 0,
            cache_read_input_tokens: 0,
            cache_creation: CacheCreation::default(),
            output_tokens,
            service_tier: "standard",
        }
    }
}
