//! The JSON Schema of a config, for editors and for the check of its structure.

use schemars::schema_for;
use serde_json::Value;

use crate::raw;

/// The JSON Schema (2020-12) of a config file, as `bursar config schema` prints it.
///
/// It says everything about the structure; what only makes sense or does not, such as a route whose
/// tool is unknown, is said by [`Config::parse`](crate::Config::parse) alone.
#[must_use]
pub fn schema() -> Value {
    schema_for!(raw::File).into()
}
