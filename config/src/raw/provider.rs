//! Who answers, and what may be asked of them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Duration, Field, SecretText, Size, Text};

/// Who answers.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Provider {
    /// What its paths begin with at the gateway: one segment, such as /openai.
    pub(crate) prefix: Field<Text>,
    /// The shape of its requests, answers and errors.
    pub(crate) dialect: Field<Dialect>,
    /// Where it is: a URL such as `https://api.openai.com`.
    pub(crate) base_url: Field<Text>,
    /// What it knows the operator by. Default: nothing is sent.
    #[serde(default)]
    pub(crate) credential: Field<SecretText>,
    /// How long it may be silent.
    #[serde(default)]
    pub(crate) timeouts: Field<Timeouts>,
    /// What may be asked of it.
    pub(crate) routes: Field<Vec<Field<Route>>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Dialect {
    OpenAi,
    Anthropic,
}

/// How long a provider may be silent.
#[derive(Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Timeouts {
    /// Until a connection stands. Default: 5s.
    #[serde(default)]
    pub(crate) connect: Field<Duration>,
    /// Until the first byte of the answer. Default: 120s.
    #[serde(default)]
    pub(crate) first_byte: Field<Duration>,
    /// Between two chunks of the answer. Default: 120s.
    #[serde(default)]
    pub(crate) idle: Field<Duration>,
}

/// What may be asked of a provider.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Route {
    /// The method.
    pub(crate) method: Field<Method>,
    /// The path below the prefix; a segment {name} stands for any one segment.
    pub(crate) path: Field<Text>,
    /// The tool that a call uses, or none.
    pub(crate) tool: Field<Text>,
    /// How the usage of the tool is read.
    #[serde(default)]
    pub(crate) meter: Field<Meter>,
    /// How much a call may be.
    #[serde(default)]
    pub(crate) bounds: Field<RouteBounds>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Method {
    Get,
    Post,
    Delete,
    Put,
    Patch,
    Head,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) enum Meter {
    #[serde(rename = "openai-chat")]
    OpenAiChat,
    #[serde(rename = "openai-responses")]
    OpenAiResponses,
    #[serde(rename = "openai-embeddings")]
    OpenAiEmbeddings,
    #[serde(rename = "openai-images")]
    OpenAiImages,
    #[serde(rename = "anthropic-messages")]
    AnthropicMessages,
}

/// How much a call of a route may be.
#[derive(Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct RouteBounds {
    /// The largest request body. Default: 10MiB.
    #[serde(default)]
    pub(crate) body: Field<Size>,
    /// Output tokens held for when the client names no maximum. Default: 4096.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub(crate) default_max_tokens: Field<u64>,
    /// The fewest output tokens worth asking for when credits are few. Default: 256.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub(crate) min_max_tokens: Field<u64>,
    /// Input tokens that the provider may add to those of the body. Default: 1000.
    #[serde(default)]
    pub(crate) input_overhead: Field<u64>,
    /// The most input tokens that one image counts as. Default: 15000.
    #[serde(default)]
    pub(crate) max_image_tokens: Field<u64>,
}
