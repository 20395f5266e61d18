//! `POST /v1/responses`: the request, and what is answered to it.

mod object;
mod stream;

use std::borrow::Cow;
use std::num::NonZeroU32;

use serde::Deserialize;

use self::object::Usage;
use crate::call::Call;
use crate::count::{TextBytes, input_tokens};
use crate::failure::Failure;
use crate::model::{Ending, Family, Model};
use crate::play::{Form, Reply};

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
        let text = model.text(tokens);
        let body = serde_json::to_vec(&answer.ended(&text)).expect("plain structs are always JSON");
        Form::Json { body, output_tokens: output, images: 0 }
    };
    Ok(Reply { id, model, input_tokens: input, form })
}
