//! What things cost.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Amount, Field, Text};

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
