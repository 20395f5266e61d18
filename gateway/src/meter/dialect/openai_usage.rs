//! OpenAI's usage.

use ledger::Unit;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::meter::count::Count;
use crate::meter::reported::Reported;

/// OpenAI's usage: of chats and embeddings in the first names, of responses in the second.
#[derive(Deserialize)]
pub(super) struct OpenAiUsage {
    #[serde(default)]
    prompt_tokens: Count,
    #[serde(default)]
    input_tokens: Count,
    #[serde(default)]
    completion_tokens: Count,
    #[serde(default)]
    output_tokens: Count,
    prompt_tokens_details: Option<InputDetails>,
    input_tokens_details: Option<InputDetails>,
}

/// Parts of the input tokens.
#[derive(Clone, Copy, Default, Deserialize)]
struct InputDetails {
    #[serde(default)]
    cached_tokens: Count,
    #[serde(default)]
    cache_write_tokens: Count,
}

impl OpenAiUsage {
    /// The usage of a chat or a response.
    pub(super) fn reported(json: Option<&RawValue>) -> Reported {
        Self::read(json, |usage| {
            let input = usage.prompt_tokens.or(usage.input_tokens);
            let output = usage.completion_tokens.or(usage.output_tokens);
            let details = usage.prompt_tokens_details.or(usage.input_tokens_details);
            usage_of(input, details.unwrap_or_default(), output)
        })
    }

    /// The usage of an embedding, which has no output tokens.
    pub(super) fn reported_without_output(json: Option<&RawValue>) -> Reported {
        Self::read(json, |usage| {
            let input = usage.prompt_tokens.or(usage.input_tokens);
            usage_of(input, InputDetails::default(), Count::Told(0))
        })
    }

    fn read(json: Option<&RawValue>, judge: impl FnOnce(Self) -> Reported) -> Reported {
        let Some(json) = json else { return Reported::Missing };
        serde_json::from_str(json.get()).map_or(Reported::Absurd, judge)
    }
}

fn usage_of(input: Count, details: InputDetails, output: Count) -> Reported {
    let none = Count::Told(0);
    let cached = details.cached_tokens.or(none);
    let written = details.cache_write_tokens.or(none);
    let uncached = match (input, cached, written) {
        (Count::Told(input), Count::Told(cached), Count::Told(written)) => {
            let rest = input.checked_sub(cached).and_then(|rest| rest.checked_sub(written));
            rest.map_or(Count::Absurd, Count::Told)
        }
        (Count::Untold, ..) => Count::Untold,
        _ => Count::Absurd,
    };
    match Reported::of([
        (Unit::InputToken, uncached),
        (Unit::CachedInputToken, cached),
        (Unit::OutputToken, output),
    ]) {
        Reported::Usage(usage) => {
            Reported::Usage(usage.with(Unit::CacheWriteToken, written.told().unwrap_or(0)))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meter::reported::served;

    fn raw(json: &str) -> &RawValue {
        serde_json::from_str(json).unwrap()
    }

    fn usage(units: &[(Unit, u64)]) -> Reported {
        Reported::Usage(units.iter().fold(served(), |usage, (unit, n)| usage.with(*unit, *n)))
    }

    fn reported(json: &str) -> Reported {
        OpenAiUsage::reported(Some(raw(json)))
    }

    #[test]
    fn cached_and_written_tokens_are_parts_of_openais_input() {
        let expected = usage(&[
            (Unit::InputToken, 70),
            (Unit::CachedInputToken, 20),
            (Unit::CacheWriteToken, 10),
            (Unit::OutputToken, 5),
        ]);
        let details = r#"{"cached_tokens":20,"cache_write_tokens":10,"audio_tokens":0}"#;
        let chat = format!(
            r#"{{"prompt_tokens":100,"completion_tokens":5,"total_tokens":105,"prompt_tokens_details":{details}}}"#
        );
        let response = format!(
            r#"{{"input_tokens":100,"output_tokens":5,"total_tokens":105,"input_tokens_details":{details}}}"#
        );
        assert_eq!(reported(&chat), expected);
        assert_eq!(reported(&response), expected);
    }

    #[test]
    fn details_may_be_left_out() {
        let expected = usage(&[(Unit::InputToken, 9), (Unit::OutputToken, 1)]);
        assert_eq!(reported(r#"{"prompt_tokens":9,"completion_tokens":1}"#), expected);
        let null = r#"{"prompt_tokens":9,"completion_tokens":1,"prompt_tokens_details":null}"#;
        assert_eq!(reported(null), expected);
    }

    #[test]
    fn half_a_usage_is_missing() {
        for json in
            ["{}", r#"{"prompt_tokens":9}"#, r#"{"output_tokens":9}"#, r#"{"total_tokens":9}"#]
        {
            assert_eq!(reported(json), Reported::Missing, "{json}");
        }
        assert_eq!(OpenAiUsage::reported(None), Reported::Missing);
    }

    #[test]
    fn what_cannot_be_is_absurd() {
        for json in [
            "7",
            "\"many\"",
            "[]",
            r#"{"prompt_tokens":-1,"completion_tokens":1}"#,
            r#"{"prompt_tokens":1,"completion_tokens":1000000000000000000}"#,
            r#"{"prompt_tokens":1.5,"completion_tokens":1}"#,
            r#"{"prompt_tokens":"9","completion_tokens":1}"#,
            r#"{"prompt_tokens":1,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":2}}"#,
            r#"{"prompt_tokens":1,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":-2}}"#,
            r#"{"prompt_tokens":1,"completion_tokens":1,"prompt_tokens_details":7}"#,
        ] {
            assert_eq!(reported(json), Reported::Absurd, "{json}");
        }
    }

    #[test]
    fn embeddings_have_no_output() {
        let json = raw(r#"{"prompt_tokens":8,"total_tokens":8}"#);
        assert_eq!(
            OpenAiUsage::reported_without_output(Some(json)),
            usage(&[(Unit::InputToken, 8)])
        );
    }
}
