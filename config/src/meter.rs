//! The meters: how the usage of a tool is read, and what a price must have for one.

use ledger::Unit;

use crate::provider::Dialect;
use crate::raw;

/// How usage is read from a request and its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meter {
    /// `openai-chat`: `/v1/chat/completions`, JSON and SSE.
    OpenAiChat,
    /// `openai-responses`: `/v1/responses`, JSON and SSE.
    OpenAiResponses,
    /// `openai-embeddings`: `/v1/embeddings`.
    OpenAiEmbeddings,
    /// `openai-images`: `/v1/images/generations`.
    OpenAiImages,
    /// `anthropic-messages`: `/v1/messages`, JSON and SSE.
    AnthropicMessages,
}

impl Meter {
    /// The meter's name in config.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenAiChat => "openai-chat",
            Self::OpenAiResponses => "openai-responses",
            Self::OpenAiEmbeddings => "openai-embeddings",
            Self::OpenAiImages => "openai-images",
            Self::AnthropicMessages => "anthropic-messages",
        }
    }

    /// The dialect whose bodies and answers it reads.
    #[must_use]
    pub const fn dialect(self) -> Dialect {
        match self {
            Self::OpenAiChat
            | Self::OpenAiResponses
            | Self::OpenAiEmbeddings
            | Self::OpenAiImages => Dialect::OpenAi,
            Self::AnthropicMessages => Dialect::Anthropic,
        }
    }

    /// The units that this meter always finds, and the fields that price them.
    pub(crate) const fn needs(self) -> (&'static [Unit], &'static str) {
        match self {
            Self::OpenAiChat | Self::OpenAiResponses | Self::AnthropicMessages => (
                &[Unit::InputToken, Unit::OutputToken],
                "input_per_million_tokens and output_per_million_tokens",
            ),
            Self::OpenAiEmbeddings => (&[Unit::InputToken], "input_per_million_tokens"),
            Self::OpenAiImages => (&[Unit::Image], "per_image or variants"),
        }
    }
}

impl From<&raw::Meter> for Meter {
    fn from(raw: &raw::Meter) -> Self {
        match raw {
            raw::Meter::OpenAiChat => Self::OpenAiChat,
            raw::Meter::OpenAiResponses => Self::OpenAiResponses,
            raw::Meter::OpenAiEmbeddings => Self::OpenAiEmbeddings,
            raw::Meter::OpenAiImages => Self::OpenAiImages,
            raw::Meter::AnthropicMessages => Self::AnthropicMessages,
        }
    }
}
