//! What is asked of the provider, and how one sees that an answer is whole.

use bytes::Bytes;
use serde::Serialize;

/// Where the gateway serves the OpenAI dialect; the provider itself serves it at the root.
pub(crate) const GATEWAY_PREFIX: &str = "/openai";
/// The path of a chat call at the provider.
pub(crate) const CHAT: &str = "/v1/chat/completions";
/// An output bound above what a model says of itself.
pub(crate) const MAX_TOKENS: u32 = 256;

const SYSTEM: &str = "You are the assistant of a small design studio. Answer in two or three plain \
    sentences, name the file you mean, and say so when you do not know.";
const USER: &str = "The client for the spring catalogue wants the cover in a warmer tone and the \
    headline a little smaller, but the printer needs the final file by Thursday noon. Which of the \
    two changes can be made without a new proof, and what do I have to tell the printer about the \
    colour profile and the paper?";

/// The two forms of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// One JSON object.
    Json,
    /// Server-sent events up to `[DONE]`.
    Stream,
}

impl Form {
    /// Whether `body` has the beginning and the end that a whole answer has.
    pub(crate) fn is_whole(self, body: &[u8]) -> bool {
        match self {
            Self::Json => body.starts_with(b"{") && body.trim_ascii_end().ends_with(b"}"),
            Self::Stream => body.ends_with(b"data: [DONE]\n\n"),
        }
    }
}

#[derive(Serialize)]
struct Chat<'a> {
    model: &'a str,
    messages: [Message; 2],
    temperature: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    stream: bool,
}

#[derive(Serialize)]
struct Message {
    role: &'static str,
    content: &'static str,
}

/// A chat body of about 600 bytes, with the most output tokens or without them.
pub(crate) fn chat(model: &str, form: Form, max_tokens: Option<u32>) -> Bytes {
    let body = Chat {
        model,
        messages: [
            Message { role: "system", content: SYSTEM },
            Message { role: "user", content: USER },
        ],
        temperature: 0.5,
        max_tokens,
        stream: form == Form::Stream,
    };
    Bytes::from(serde_json::to_vec(&body).expect("a plain struct is always JSON"))
}

#[derive(Serialize)]
struct Messages<'a> {
    model: &'a str,
    system: &'static str,
    messages: [Message; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    stream: bool,
}

#[derive(Serialize)]
struct Embeddings<'a> {
    model: &'a str,
    input: [&'static str; 2],
}

#[derive(Serialize)]
struct Images<'a> {
    model: &'a str,
    prompt: &'static str,
    n: u32,
}

/// The same question in the other dialect.
pub(crate) fn messages(model: &str, form: Form, max_tokens: Option<u32>) -> Bytes {
    let body = Messages {
        model,
        system: SYSTEM,
        messages: [Message { role: "user", content: USER }],
        max_tokens,
        stream: form == Form::Stream,
    };
    Bytes::from(serde_json::to_vec(&body).expect("a plain struct is always JSON"))
}

/// Two texts to be embedded.
pub(crate) fn embeddings(model: &str) -> Bytes {
    let body = Embeddings { model, input: [SYSTEM, USER] };
    Bytes::from(serde_json::to_vec(&body).expect("a plain struct is always JSON"))
}

/// Two images to be made.
pub(crate) fn images(model: &str) -> Bytes {
    let body = Images { model, prompt: "a spring catalogue, warm", n: 2 };
    Bytes::from(serde_json::to_vec(&body).expect("a plain struct is always JSON"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_the_size_that_the_measurements_name() {
        let length = chat("mock-chat", Form::Json, Some(MAX_TOKENS)).len();
        assert!((570..=630).contains(&length), "{length}");
    }

    #[test]
    fn half_an_answer_is_not_whole() {
        assert!(Form::Json.is_whole(b"{\"id\":\"1\"}\n"));
        assert!(!Form::Json.is_whole(b"{\"id\":\"1\""));
        assert!(!Form::Json.is_whole(b""));
        assert!(Form::Stream.is_whole(b"data: {}\n\ndata: [DONE]\n\n"));
        assert!(!Form::Stream.is_whole(b"data: {}\n\ndata: [DO"));
    }
}
