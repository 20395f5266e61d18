//! Anthropic's usage.

use ledger::{Unit, Usage};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::meter::count::Count;
use crate::meter::reported::Reported;

/// Anthropic's usage. In a stream it comes in pieces, each cumulative.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::meter) struct AnthropicUsage {
    input: Count,
    output: Count,
    cache_read: Count,
    cache_write: Count,
    cache_write_5m: Count,
    cache_write_1h: Count,
}

#[derive(Deserialize)]
struct AnthropicWire {
    #[serde(default)]
    input_tokens: Count,
    #[serde(default)]
    output_tokens: Count,
    #[serde(default)]
    cache_read_input_tokens: Count,
    #[serde(default)]
    cache_creation_input_tokens: Count,
    cache_creation: Option<CacheCreation>,
}

#[derive(Clone, Copy, Default, Deserialize)]
struct CacheCreation {
    #[serde(default)]
    ephemeral_5m_input_tokens: Count,
    #[serde(default)]
    ephemeral_1h_input_tokens: Count,
}

impl AnthropicUsage {
    /// The usage of a whole answer.
    pub(super) fn of_answer(json: Option<&RawValue>) -> Reported {
        json.map_or(Reported::Missing, |json| Self::default().updated(json).reported())
    }

    /// What is told at the start of a message. Of the output that is only the beginning.
    pub(super) fn started(self, json: Option<&RawValue>) -> Self {
        let Some(json) = json else { return self };
        Self { output: Count::Untold, ..self.updated(json) }
    }

    /// With what a later piece tells in place of what earlier ones told.
    pub(super) fn updated(self, json: &RawValue) -> Self {
        let Ok(later) = serde_json::from_str::<AnthropicWire>(json.get()) else {
            return Self { input: Count::Absurd, ..self };
        };
        let split = later.cache_creation.unwrap_or_default();
        Self {
            input: later.input_tokens.or(self.input),
            output: later.output_tokens.or(self.output),
            cache_read: later.cache_read_input_tokens.or(self.cache_read),
            cache_write: later.cache_creation_input_tokens.or(self.cache_write),
            cache_write_5m: split.ephemeral_5m_input_tokens.or(self.cache_write_5m),
            cache_write_1h: split.ephemeral_1h_input_tokens.or(self.cache_write_1h),
        }
    }

    /// What is told before the output is.
    pub(super) fn so_far(self) -> Option<Usage> {
        Self { output: self.output.or(Count::Told(0)), ..self }.reported().usage()
    }

    /// All of it. The input tokens are told without those of the cache.
    pub(super) fn reported(self) -> Reported {
        let none = Count::Told(0);
        let told = Reported::of([
            (Unit::InputToken, self.input),
            (Unit::CachedInputToken, self.cache_read.or(none)),
            (Unit::OutputToken, self.output),
        ]);
        let written = [self.cache_write, self.cache_write_5m, self.cache_write_1h];
        match told {
            Reported::Usage(_) if written.contains(&Count::Absurd) => Reported::Absurd,
            Reported::Usage(usage) => {
                let [all, short, hour] = written.map(|count| count.told().unwrap_or(0));
                // Where only the sum is told, or is the larger, the rest was written for short.
                let short = short.max(all.saturating_sub(hour));
                let usage = usage.with(Unit::CacheWriteToken, short);
                Reported::Usage(usage.with(Unit::CacheWriteHourToken, hour))
            }
            other => other,
        }
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
        AnthropicUsage::of_answer(Some(raw(json)))
    }

    #[test]
    fn anthropics_cache_is_beside_its_input() {
        let json = r#"{"input_tokens":10,"output_tokens":5,"cache_read_input_tokens":300,
            "cache_creation_input_tokens":70,
            "cache_creation":{"ephemeral_5m_input_tokens":40,"ephemeral_1h_input_tokens":30}}"#;
        let expected = usage(&[
            (Unit::InputToken, 10),
            (Unit::CachedInputToken, 300),
            (Unit::CacheWriteToken, 40),
            (Unit::CacheWriteHourToken, 30),
            (Unit::OutputToken, 5),
        ]);
        assert_eq!(reported(json), expected);
        let unsplit = r#"{"input_tokens":10,"output_tokens":5,"cache_creation_input_tokens":70}"#;
        let expected =
            usage(&[(Unit::InputToken, 10), (Unit::CacheWriteToken, 70), (Unit::OutputToken, 5)]);
        assert_eq!(reported(unsplit), expected);
    }

    #[test]
    fn a_later_piece_stands_in_place_of_an_earlier_one() {
        let first = r#"{"input_tokens":10,"output_tokens":1,"cache_read_input_tokens":7}"#;
        let later = r#"{"output_tokens":50,"cache_read_input_tokens":null}"#;
        let pieces = AnthropicUsage::default().started(Some(raw(first))).updated(raw(later));
        let expected =
            usage(&[(Unit::InputToken, 10), (Unit::CachedInputToken, 7), (Unit::OutputToken, 50)]);
        assert_eq!(pieces.reported(), expected);
    }

    #[test]
    fn half_a_usage_is_missing() {
        for json in ["{}", r#"{"input_tokens":9}"#, r#"{"output_tokens":9}"#] {
            assert_eq!(reported(json), Reported::Missing, "{json}");
        }
        assert_eq!(AnthropicUsage::of_answer(None), Reported::Missing);
    }

    #[test]
    fn what_cannot_be_is_absurd() {
        for json in [
            "7",
            r#"{"input_tokens":-1,"output_tokens":1}"#,
            r#"{"input_tokens":1,"output_tokens":1,"cache_read_input_tokens":-1}"#,
            r#"{"input_tokens":1,"output_tokens":1,"cache_creation_input_tokens":1e3}"#,
            r#"{"input_tokens":1,"output_tokens":1,"cache_creation":{"ephemeral_1h_input_tokens":-1}}"#,
        ] {
            assert_eq!(reported(json), Reported::Absurd, "{json}");
        }
    }
}
