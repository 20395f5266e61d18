//! Texts that mean something.

use schemars::JsonSchema;
use serde::Deserialize;

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
