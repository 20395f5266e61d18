//! `POST /v1/embeddings`: vectors that depend on nothing but their input.

mod input;
mod vector;

use std::borrow::Cow;
use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

use self::input::Inputs;
use self::vector::Vector;
use crate::call::Call;
use crate::failure::Failure;
use crate::model::{Family, Model};
use crate::play::{Form, Reply};

const DIMENSIONS: u16 = 1_536;
const MOST_DIMENSIONS: u16 = 3_072;
const MOST_INPUTS: usize = 2_048;

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    model: Cow<'a, str>,
    input: Inputs,
    #[serde(default)]
    encoding_format: Encoding,
    dimensions: Option<NonZeroU16>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Encoding {
    #[default]
    Float,
    Base64,
}

#[derive(Serialize)]
struct Answer<'a> {
    object: &'static str,
    data: Vec<Embedding>,
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
}

#[derive(Serialize)]
struct Embedding {
    object: &'static str,
    index: usize,
    embedding: Vector,
}

/// Embeddings have no output tokens; a script that falsifies them falsifies the total.
#[derive(Serialize)]
struct Usage {
    prompt_tokens: i64,
    total_tokens: i64,
}

/// Reads an embeddings request and makes the whole answer to it.
pub(crate) fn reply(call: &Call) -> Result<Reply, Failure> {
    let request: Request<'_> =
        serde_json::from_slice(&call.body).map_err(|error| Failure::unreadable(&error))?;
    let model = Model::find(&request.model, Family::Embedding)
        .ok_or_else(|| Failure::NoModel(request.model.to_string()))?;
    let inputs = request.input.0;
    if inputs.is_empty() || inputs.iter().any(|input| input.tokens == 0) {
        return Err(Failure::invalid("input", "cannot be empty"));
    }
    if inputs.len() > MOST_INPUTS {
        return Err(Failure::invalid("input", "at most 2048 in one call"));
    }
    let dimensions = request.dimensions.map_or(DIMENSIONS, NonZeroU16::get);
    if dimensions > MOST_DIMENSIONS {
        return Err(Failure::invalid("dimensions", "at most 3072"));
    }
    let embedding = |(index, input): (usize, &input::Input)| Embedding {
        object: "embedding",
        index,
        embedding: Vector::new(input.seed, dimensions, request.encoding_format),
    };
    let input_tokens: u64 = inputs.iter().map(|input| input.tokens).sum();
    let answer = Answer {
        object: "list",
        data: inputs.iter().enumerate().map(embedding).collect(),
        model: &request.model,
        usage: model.script().reported_output(0).map(|output| {
            let prompt_tokens = i64::try_from(input_tokens).unwrap_or(i64::MAX);
            Usage { prompt_tokens, total_tokens: prompt_tokens.saturating_add(output) }
        }),
    };
    let body = serde_json::to_vec(&answer).expect("plain structs are always JSON");
    let form = Form::Json { body, output_tokens: 0, images: 0 };
    Ok(Reply { id: call.id("req_"), model, input_tokens, form })
}
