//! OpenAI's embeddings.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::openai_usage::OpenAiUsage;
use super::{Outcome, Whole};

#[derive(Deserialize)]
struct Embeddings<'a> {
    data: Option<Vec<IgnoredAny>>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    error: Option<IgnoredAny>,
}

pub(super) fn read_answer(json: &[u8]) -> Option<Whole> {
    let embeddings: Embeddings<'_> = serde_json::from_slice(json).ok()?;
    let outcome = Outcome {
        usage: OpenAiUsage::reported_without_output(embeddings.usage),
        failed: embeddings.error.is_some(),
        outputs: embeddings.data.map_or(0, |vectors| vectors.len() as u64),
    };
    Some(Whole { outcome, text_bytes: 0 })
}
