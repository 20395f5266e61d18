//! What a request body asks for, as far as its price depends on it.
//!
//! A body is read once and strictly, and what was read is what is forwarded: the same bytes, with at
//! most the [`Edits`] spliced in. What can cost and is not understood is refused, never passed.

mod depth;
mod invalid;
mod object;
mod rewrite;
mod scalars;
mod typed;

mod chat;
mod responses;

mod embeddings;
mod images;

mod messages;

#[cfg(test)]
mod tests;

use bursar_config::Meter;
use bytes::Bytes;
use serde::de::DeserializeSeed;

pub(crate) use invalid::Invalid;
use object::{Fields, Findings, Walk};
pub(crate) use rewrite::Edits;
use rewrite::Places;

/// What a body asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The model, as the price book names it.
    pub(crate) model: String,
    /// Whether the answer is to be a stream.
    pub(crate) stream: bool,
    /// Whether the client itself asked for the usage of a chat stream.
    pub(crate) asked_for_usage: bool,
    /// The most output tokens of each choice, if the body says.
    pub(crate) max_tokens: Option<u64>,
    /// How many answers to the same input; 1 where the route has no such thing.
    pub(crate) choices: u64,
    /// Images in the input.
    pub(crate) images_in: u64,
    /// The input can be more tokens than it has bytes.
    pub(crate) unbounded_input: bool,
    /// The images to be made.
    pub(crate) image: ImageAsked,
    /// Texts to be embedded.
    pub(crate) texts: u64,
    image_bytes: u64,
    places: Places,
}

/// The images to be made: none, unless the route makes images.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ImageAsked {
    /// The size, as the price book names it; none: the provider chooses.
    pub(crate) size: Option<String>,
    /// The quality, likewise.
    pub(crate) quality: Option<String>,
    /// How many.
    pub(crate) count: u64,
}

/// The deepest nesting that is ever read, whatever the bound: what the parser itself allows.
const DEEPEST: usize = 127;
/// The most output tokens that anybody may ask for.
const MOST_TOKENS: u64 = 10_000_000;

/// Reads the body of a call.
///
/// # Errors
/// [`Invalid`] when the body is not one JSON object in UTF-8, at most `json_depth` deep; when a
/// field that matters to the price is odd; or when something is asked for that has no price.
pub(crate) fn inspect(kind: Meter, body: &[u8], json_depth: usize) -> Result<Asked, Invalid> {
    let Ok(body) = std::str::from_utf8(body) else {
        return Err(Invalid::body("the body is not UTF-8"));
    };
    if !body.trim_start_matches([' ', '\t', '\r', '\n']).starts_with('{') {
        return Err(Invalid::body("the body must be a JSON object"));
    }
    let deepest = json_depth.min(DEEPEST);
    if depth::is_deeper_than(body.as_bytes(), deepest) {
        return Err(Invalid::body(format!("the body is nested more than {deepest} deep")));
    }
    match kind {
        Meter::OpenAiChat => chat::inspect(body),
        Meter::OpenAiResponses => responses::inspect(body),
        Meter::OpenAiEmbeddings => embeddings::inspect(body),
        Meter::OpenAiImages => images::inspect(body),
        Meter::AnthropicMessages => messages::inspect(body),
    }
}

impl Asked {
    /// The body that was read, with the edits in it; `None` when it can go as it is.
    pub(crate) fn rewrite(&self, body: &[u8], edits: &Edits) -> Option<Bytes> {
        self.places.splice(body, edits)
    }

    /// The most input tokens that this can be: a byte of text is at most one token, an image at most
    /// `max_image_tokens` whatever its bytes, and the provider adds at most `input_overhead`.
    ///
    /// `forwarded_len` is in bytes, after the edits. A model never reads more than its
    /// `max_input_tokens`, of each text where there are several. `None` when neither bounds it.
    pub(crate) fn input_tokens_bound(
        &self,
        forwarded_len: u64,
        input_overhead: u64,
        max_image_tokens: u64,
        max_input_tokens: Option<u64>,
    ) -> Option<u64> {
        let by_model = max_input_tokens.map(|most| most.saturating_mul(self.texts.max(1)));
        if self.unbounded_input {
            return by_model;
        }
        let by_bytes = forwarded_len
            .saturating_sub(self.image_bytes)
            .saturating_add(input_overhead)
            .saturating_add(self.images_in.saturating_mul(max_image_tokens));
        Some(by_model.map_or(by_bytes, |most| by_bytes.min(most)))
    }

    /// With what was found in the input.
    fn with(self, findings: &Findings) -> Self {
        Self {
            images_in: findings.images_in,
            unbounded_input: findings.unbounded_input,
            image_bytes: findings.image_bytes,
            ..self
        }
    }
}

/// Reads a whole body through `top`.
fn read<'a, T: Fields<'a>>(body: &'a str, top: &mut T) -> Result<(), Invalid> {
    let mut json = serde_json::Deserializer::from_str(body);
    let outcome = Walk(top).deserialize(&mut json).and_then(|()| json.end());
    let findings = top.findings();
    if let Err(error) = outcome {
        let message = format!("the body cannot be read: {error}");
        return Err(Invalid {
            param: error.is_data().then_some(findings.reading),
            message,
            unpriced: false,
        });
    }
    findings.problem.take().map_or(Ok(()), Err)
}
