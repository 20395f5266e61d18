//! `POST /v1/images/generations`: the same tiny picture, as often as asked.

use std::borrow::Cow;
use std::num::NonZeroU32;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::HeaderValue;
use http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::body::Body;
use crate::call::Call;
use crate::count::{TextBytes, input_tokens};
use crate::failure::Failure;
use crate::model::{Family, Model};
use crate::play::{Form, Reply};

/// Where images that were asked for as URLs are fetched.
pub(crate) const FILES: &str = "/images/";

const MOST_IMAGES: u32 = 10;
/// A square picture of medium quality.
const TOKENS_PER_IMAGE: u64 = 1_056;
/// One transparent pixel.
const PNG: &[u8] = include_bytes!("pixel.png");

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    model: Cow<'a, str>,
    prompt: TextBytes,
    n: Option<NonZeroU32>,
    #[serde(default)]
    response_format: ResponseFormat,
    stream: Option<bool>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ResponseFormat {
    #[default]
    B64Json,
    Url,
}

/// Reads an images request and makes the whole answer to it.
pub(crate) fn reply(call: &Call) -> Result<Reply, Failure> {
    let request: Request<'_> =
        serde_json::from_slice(&call.body).map_err(|error| Failure::unreadable(&error))?;
    let model = Model::find(&request.model, Family::Image)
        .ok_or_else(|| Failure::NoModel(request.model.to_string()))?;
    let n = request.n.map_or(1, NonZeroU32::get);
    if n > MOST_IMAGES {
        return Err(Failure::invalid("n", "at most 10"));
    }
    if request.stream == Some(true) {
        return Err(Failure::invalid("stream", "this provider does not stream images"));
    }
    let input_tokens = input_tokens(request.prompt, 0);
    let output_tokens = u64::from(n) * TOKENS_PER_IMAGE;
    let image = |index| match request.response_format {
        ResponseFormat::B64Json => json!({ "b64_json": STANDARD.encode(PNG) }),
        ResponseFormat::Url => {
            let (host, name) = (call.provider.address, call.id("img_"));
            json!({ "url": format!("http://{host}{FILES}{name}-{index}.png") })
        }
    };
    let mut answer = json!({
        "created": call.created(),
        "background": "opaque",
        "data": (0..n).map(image).collect::<Vec<Value>>(),
        "output_format": "png",
        "quality": "medium",
        "size": "1024x1024",
    });
    if let Some(told) = model.script().reported_output(output_tokens) {
        answer["usage"] = usage(input_tokens, told);
    }
    let body = answer.to_string().into_bytes();
    let form = Form::Json { body, output_tokens, images: u64::from(n) };
    Ok(Reply { id: call.id("req_"), model, input_tokens, form })
}

fn usage(input: u64, output: i64) -> Value {
    let input = i64::try_from(input).unwrap_or(i64::MAX);
    json!({
        "input_tokens": input,
        "input_tokens_details": { "text_tokens": input, "image_tokens": 0 },
        "output_tokens": output,
        "output_tokens_details": { "text_tokens": 0, "image_tokens": output },
        "total_tokens": input.saturating_add(output),
    })
}

/// The picture itself, for those who asked for URLs.
pub(crate) fn file(call: &Call) -> Response<Body> {
    call.respond(StatusCode::OK, HeaderValue::from_static("image/png"), Body::whole(PNG))
}
