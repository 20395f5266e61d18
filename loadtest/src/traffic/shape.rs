//! The calls that are made: where to, with what body, and how one sees that the answer is whole.

use bytes::Bytes;

use crate::bodies::{self, Form};

/// A kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Chat(Form),
    Messages(Form),
    Embeddings,
    Images,
}

/// The last event of a stream of messages.
const MESSAGE_STOP: &[u8] = b"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

impl Shape {
    /// Its name in the log.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Chat(Form::Json) => "chat",
            Self::Chat(Form::Stream) => "chat stream",
            Self::Messages(Form::Json) => "messages",
            Self::Messages(Form::Stream) => "messages stream",
            Self::Embeddings => "embeddings",
            Self::Images => "images",
        }
    }

    /// Where the gateway serves it.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Chat(_) => "/openai/v1/chat/completions",
            Self::Messages(_) => "/anthropic/v1/messages",
            Self::Embeddings => "/openai/v1/embeddings",
            Self::Images => "/openai/v1/images/generations",
        }
    }

    /// A body that asks `model` for at most so many tokens, or leaves that open.
    pub(crate) fn body(self, model: &str, max_tokens: Option<u32>) -> Bytes {
        match self {
            Self::Chat(form) => bodies::chat(model, form, max_tokens),
            Self::Messages(form) => bodies::messages(model, form, max_tokens),
            Self::Embeddings => bodies::embeddings(model),
            Self::Images => bodies::images(model),
        }
    }

    /// Whether `body` is all of an answer 200: a whole object, or events up to the last.
    pub(crate) fn is_whole(self, body: &[u8]) -> bool {
        match self {
            Self::Messages(Form::Stream) => body.ends_with(MESSAGE_STOP),
            Self::Chat(form) => form.is_whole(body),
            Self::Messages(Form::Json) | Self::Embeddings | Self::Images => {
                Form::Json.is_whole(body)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_of_messages_is_whole_once_it_has_stopped() {
        let stream = Shape::Messages(Form::Stream);
        let whole =
            b"event: ping\ndata: {}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
        assert!(stream.is_whole(whole));
        assert!(!stream.is_whole(&whole[..whole.len() - 1]));
        assert!(!stream.is_whole(b"event: error\ndata: {}\n\n"));
    }
}
