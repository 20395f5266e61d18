//! The same answer as chunks: roles, words, finish reasons, usage if asked for, `[DONE]`.

use bytes::Bytes;
use serde::Serialize;

use super::{Answer, FINGERPRINT, Usage};
use crate::events::Events;
use crate::openai::{Error, ErrorBody};
use crate::sse::{Template, data};
use crate::text;

#[derive(Serialize)]
struct Chunk<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    service_tier: &'static str,
    system_fingerprint: &'static str,
    choices: &'a [ChunkChoice],
    /// Absent unless usage was asked for; then `null` in every chunk but the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Option<Usage>>,
}

#[derive(Serialize)]
struct ChunkChoice {
    index: u32,
    delta: Delta,
    logprobs: (),
    finish_reason: Option<&'static str>,
}

#[derive(Default, Serialize)]
struct Delta {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'static str>,
    /// Told with the role, as `null`.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<()>,
}

impl Answer {
    /// The chunks of this answer. The words of several choices take turns.
    pub(super) fn events(&self, include_usage: bool) -> Events {
        let usage = self.usage.filter(|_| include_usage);
        let chunk = |choices: &[ChunkChoice], its_usage: Option<Usage>| {
            data(&Chunk {
                id: &self.id,
                object: "chat.completion.chunk",
                created: self.created,
                model: &self.model,
                service_tier: "default",
                system_fingerprint: FINGERPRINT,
                choices,
                usage: usage.map(|_| its_usage),
            })
        };
        let choice = |index, delta, finish_reason| {
            chunk(&[ChunkChoice { index, delta, logprobs: (), finish_reason }], None)
        };
        let role = |index| choice(index, Delta::role(), None);
        let word = |index| Template::new(&choice(index, Delta::content(Template::HOLE), None));
        let finish = |index| choice(index, Delta::default(), Some(self.finish_reason()));

        let choices = self.choices;
        let templates: Vec<Template> = (0..choices).map(word).collect();
        let mut tail: Vec<Bytes> = (0..choices).map(finish).collect();
        if usage.is_some() {
            tail.push(chunk(&[], usage));
        }
        tail.push(Bytes::from_static(b"data: [DONE]\n\n"));
        Events {
            head: (0..choices).map(role).collect(),
            words: choices * self.tokens,
            word: Box::new(move |index| {
                templates[(index % choices) as usize].fill(text::word(index / choices))
            }),
            tail,
            error: error(),
        }
    }
}

impl Delta {
    fn role() -> Self {
        Self { role: Some("assistant"), content: Some(""), refusal: Some(()) }
    }

    fn content(word: &'static str) -> Self {
        Self { content: Some(word), ..Self::default() }
    }
}

/// An error after the 200; the official SDKs raise it.
fn error() -> Bytes {
    data(&ErrorBody {
        error: Error {
            message: "The server had an error while processing your request. Sorry about that!",
            r#type: "server_error",
            param: None,
            code: Some("server_error"),
        },
    })
}
