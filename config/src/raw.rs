//! What the operator wrote: the shape of the file, before anything in it is believed.
//!
//! The JSON Schema of these types is what refuses an unknown, missing or mistyped field, all at
//! once and each with its place; reading is lenient, so that the sound rest is checked as well. A
//! doc comment is the field's description in the schema, a title is what a message says it must be.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

/// A field of the file.
#[derive(Default)]
pub(crate) enum Field<T> {
    /// It does not stand there.
    #[default]
    Absent,
    /// It is not of its type, or nothing where something must be: reported already.
    Broken,
    /// What stands there.
    Given(T),
}

impl<T> Field<T> {
    pub(crate) fn given(&self) -> Option<&T> {
        match self {
            Self::Absent | Self::Broken => None,
            Self::Given(value) => Some(value),
        }
    }

    /// What stands there, or the default when nothing does; none when it is broken.
    pub(crate) fn or(&self, default: T) -> Option<T>
    where
        T: Copy,
    {
        match self {
            Self::Absent => Some(default),
            Self::Broken => None,
            Self::Given(value) => Some(*value),
        }
    }

    /// What a check makes of it, or the default when nothing stands there; none when it is broken.
    pub(crate) fn check_or<U>(&self, default: U, check: impl FnOnce(&T) -> Option<U>) -> Option<U> {
        match self {
            Self::Absent => Some(default),
            Self::Broken => None,
            Self::Given(value) => check(value),
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // An option, so that a missing field is broken and not an error.
        let value = Option::<serde_json::Value>::deserialize(deserializer)?;
        let read = value.and_then(|value| T::deserialize(value).ok());
        Ok(read.map_or(Self::Broken, Self::Given))
    }
}

impl<T: JsonSchema> JsonSchema for Field<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// The config of a Bursar gateway.
#[derive(Deserialize, JsonSchema)]
#[schemars(title = "Bursar config", deny_unknown_fields)]
pub(crate) struct File {
    /// The version of this file's format.
    #[serde(rename = "version")]
    #[schemars(extend("const" = 1))]
    pub(crate) _version: Field<u64>,
    /// Who owns what may change while the process runs. Default: file.
    #[serde(default, rename = "config_source")]
    pub(crate) _config_source: Field<ConfigSource>,
    /// The addresses to listen on.
    #[serde(default)]
    pub(crate) listen: Field<Listen>,
    /// TLS of the gateway's listener. Default: plain HTTP.
    #[serde(default)]
    pub(crate) tls: Field<Tls>,
    /// The folder that everything this node writes goes to. Default: ./data.
    #[serde(default)]
    pub(crate) data_dir: Field<Text>,
    /// What has to survive a power loss before the first byte of an answer. Default: strict.
    #[serde(default)]
    pub(crate) durability: Field<Durability>,
    /// What the journal may take of the disk, at least 256MiB. Default: 4GiB.
    #[serde(default)]
    pub(crate) journal_bytes: Field<Size>,
    /// Where the store is. Default: SQLite, bursar.db in the data folder.
    #[serde(default)]
    pub(crate) store: Field<Store>,
    /// How other gateways reach this one. Required with Postgres. Default: they do not.
    #[serde(default)]
    pub(crate) control: Field<Control>,
    /// Worker threads. Default: the number of cores.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1024))]
    pub(crate) threads: Field<u16>,
    /// What keys are hashed with and what opens the admin API.
    pub(crate) secrets: Field<Secrets>,
    /// The tools there are.
    pub(crate) tools: Field<Vec<Field<Text>>>,
    /// Who answers, by name.
    pub(crate) providers: Field<BTreeMap<String, Field<Provider>>>,
    /// What each model costs.
    pub(crate) price_book: Field<PriceBook>,
    /// The bounds on every request and wait.
    #[serde(default)]
    pub(crate) bounds: Field<Bounds>,
    /// What is done where one may decide either way.
    #[serde(default)]
    pub(crate) policies: Field<Policies>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ConfigSource {
    File,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(title = "durability")]
pub(crate) enum Durability {
    Strict,
    Relaxed,
}

/// Some text; `${VAR}`, `${VAR:-default}` and `${file:path}` in it are replaced.
#[derive(Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(title = "text")]
pub(crate) struct Text(pub(crate) String);

/// A secret, which is never in the file itself.
#[derive(Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(title = "a secret, written as `${VAR}` or `${file:path}` and never in the file itself")]
pub(crate) struct SecretText(#[schemars(regex(pattern = r"^\$\{[^}]+\}$"))] pub(crate) String);

/// An amount of credits: a decimal text with at most six places.
#[derive(Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(title = "an amount of credits in quotes, such as \"2.5\"")]
pub(crate) struct Amount(pub(crate) String);

/// A duration: a whole number and ms, s, m or h.
#[derive(Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(title = "a duration such as `500ms`, `2s`, `30m` or `1h`")]
pub(crate) struct Duration(pub(crate) String);

/// A size: a whole number and B, KiB, MiB or GiB.
#[derive(Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(title = "a size such as `512B`, `64KiB` or `10MiB`")]
pub(crate) struct Size(pub(crate) String);

/// The addresses to listen on.
#[derive(Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Listen {
    /// For the callers of providers. Default: 127.0.0.1:8080.
    #[serde(default)]
    pub(crate) gateway: Field<Text>,
    /// For the admin API. Default: 127.0.0.1:8081.
    #[serde(default)]
    pub(crate) admin: Field<Text>,
    /// For /metrics, /livez and /readyz. Default: 127.0.0.1:9464.
    #[serde(default)]
    pub(crate) operations: Field<Text>,
    /// Whether admin and operations may listen beyond this machine. Default: false.
    #[serde(default)]
    pub(crate) allow_public_admin: Field<bool>,
}

/// The gateway listener's certificate.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Tls {
    /// The file of the certificate chain, PEM.
    pub(crate) certificate: Field<Text>,
    /// The file of its private key, PEM.
    pub(crate) key: Field<Text>,
}

/// Where the store is: one of the two.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Store {
    /// The file of an SQLite database: for one gateway.
    #[serde(default)]
    pub(crate) sqlite: Field<Text>,
    /// A PostgreSQL database, 15 or newer: for any number of gateways.
    #[serde(default)]
    pub(crate) postgres: Field<Postgres>,
}

/// A PostgreSQL database.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Postgres {
    /// Where it is, as whom, and how it is trusted:
    /// `postgres://USER:PASSWORD@HOST/DATABASE?sslmode=verify-full`.
    pub(crate) url: Field<SecretText>,
    /// Connections of this gateway at most. Default: 16.
    #[serde(default)]
    #[schemars(range(min = 4, max = 1000))]
    pub(crate) connections: Field<u16>,
    /// How long it may be silent.
    #[serde(default)]
    pub(crate) timeouts: Field<PostgresTimeouts>,
}

/// How long a PostgreSQL database may be silent.
#[derive(Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct PostgresTimeouts {
    /// Until there is a connection for a statement. Default: 3s.
    #[serde(default)]
    pub(crate) connect: Field<Duration>,
    /// Until a statement is answered. Default: 5s.
    #[serde(default)]
    pub(crate) statement: Field<Duration>,
}

/// How other gateways reach this one.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Control {
    /// What they show each other, at least 16 bytes; the same for all that share a store.
    pub(crate) token: Field<SecretText>,
    /// The host and port by which they reach this one. Default: the address of listen.operations.
    #[serde(default)]
    pub(crate) advertise: Field<Text>,
}

/// What keys are hashed with and what opens the admin API.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Secrets {
    /// What keys are hashed with.
    pub(crate) peppers: Field<Peppers>,
    /// Tokens that open the admin API, each at least 16 bytes.
    #[schemars(length(min = 1))]
    pub(crate) admin_tokens: Field<Vec<Field<SecretText>>>,
}

/// What keys are hashed with.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Peppers {
    /// The version that new keys are hashed with.
    pub(crate) current: Field<u16>,
    /// Every version that some key may still be hashed with, each at least 32 bytes.
    pub(crate) versions: Field<BTreeMap<String, Field<SecretText>>>,
}

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

/// What each model costs, in credits.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct PriceBook {
    /// The name of this version of the prices, written into every charge.
    pub(crate) version: Field<Text>,
    /// The prices; a model without one is refused.
    pub(crate) prices: Field<Vec<Field<Price>>>,
}

/// What a model costs, in credits.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Price {
    /// The provider.
    pub(crate) provider: Field<Text>,
    /// The model, as requests name it.
    pub(crate) model: Field<Text>,
    /// The tool this price is for. Default: every tool that has no price of its own.
    #[serde(default)]
    pub(crate) tool: Field<Text>,
    /// Credits for a million input tokens.
    #[serde(default)]
    pub(crate) input_per_million_tokens: Field<Amount>,
    /// Credits for a million input tokens read from the provider's cache. Default: as input.
    #[serde(default)]
    pub(crate) cached_input_per_million_tokens: Field<Amount>,
    /// Credits for a million input tokens written to the provider's cache. Default: as input.
    #[serde(default)]
    pub(crate) cache_write_per_million_tokens: Field<Amount>,
    /// Credits for a million input tokens cached for an hour. Default: as other cache writes.
    #[serde(default)]
    pub(crate) cache_write_hour_per_million_tokens: Field<Amount>,
    /// Credits for a million output tokens, reasoning included.
    #[serde(default)]
    pub(crate) output_per_million_tokens: Field<Amount>,
    /// Credits for an image whose size and quality no variant names.
    #[serde(default)]
    pub(crate) per_image: Field<Amount>,
    /// Credits for a request; alone, it is the whole price.
    #[serde(default)]
    pub(crate) per_request: Field<Amount>,
    /// Sizes and qualities of images with prices of their own.
    #[serde(default)]
    pub(crate) variants: Field<Vec<Field<Variant>>>,
    /// That the model costs nothing. Default: false.
    #[serde(default)]
    pub(crate) free: Field<bool>,
    /// The most output tokens the model can answer with.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub(crate) max_output_tokens: Field<u64>,
    /// The most input tokens the model can read.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub(crate) max_input_tokens: Field<u64>,
}

/// What images of one size and quality cost.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Variant {
    /// The size, such as 1024x1024. Default: any.
    #[serde(default)]
    pub(crate) size: Field<Text>,
    /// The quality, such as low. Default: any.
    #[serde(default)]
    pub(crate) quality: Field<Text>,
    /// Credits for an image.
    pub(crate) per_image: Field<Amount>,
}

/// The bounds on every request and wait.
#[derive(Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Bounds {
    /// The header of a request. Default: 32KiB.
    #[serde(default)]
    pub(crate) header_bytes: Field<Size>,
    /// The fields of a header. Default: 100.
    #[serde(default)]
    #[schemars(range(min = 1, max = 256))]
    pub(crate) header_fields: Field<u16>,
    /// The target of a request. Default: 8KiB.
    #[serde(default)]
    pub(crate) uri_bytes: Field<Size>,
    /// The nesting of a JSON body. Default: 64.
    #[serde(default)]
    #[schemars(range(min = 1, max = 128))]
    pub(crate) json_depth: Field<u16>,
    /// The wait for credits that running requests hold. Default: 2s.
    #[serde(default)]
    pub(crate) hold_wait: Field<Duration>,
    /// The reading, or discarding, of a request body. Default: 10s.
    #[serde(default)]
    pub(crate) body_read: Field<Duration>,
    /// The idling of a client's connection. Default: 60s.
    #[serde(default)]
    pub(crate) keepalive: Field<Duration>,
    /// A stream, from its first byte to its last. Default: 30m.
    #[serde(default)]
    pub(crate) stream_max: Field<Duration>,
    /// The bytes of a stream that wait for an extension of its hold. Default: 64KiB.
    #[serde(default)]
    pub(crate) withheld_bytes: Field<Size>,
    /// The largest JSON answer that is metered. Default: 32MiB.
    #[serde(default)]
    pub(crate) answer_bytes: Field<Size>,
    /// The ending of running requests at a shutdown. Default: 10s.
    #[serde(default)]
    pub(crate) shutdown: Field<Duration>,
    /// The serving from leases while the store does not answer; beyond it nothing is admitted. It
    /// bounds what such a gateway may spend, and for how long it may not know of a revoked key.
    /// Default: 5m.
    #[serde(default)]
    pub(crate) max_offline: Field<Duration>,
}

/// What is done where one may decide either way.
#[derive(Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Policies {
    /// Whether the streams of a key that is revoked, or of a member whose access is removed, end at
    /// once rather than when they are complete. Default: true.
    #[serde(default)]
    pub(crate) cut_revoked_streams: Field<bool>,
}
