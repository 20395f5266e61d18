//! A number as a provider tells it: believed only when it can be one.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Beyond a million million of anything, a provider is mistaken.
const MOST: u64 = 1_000_000_000_000;

/// A count of tokens, or an index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Count {
    /// Absent, or null.
    #[default]
    Untold,
    /// Zero or more.
    Told(u64),
    /// Negative, not whole, not a number, or beyond any count.
    Absurd,
}

impl Count {
    /// This count, or an earlier one where it is untold.
    pub(super) fn or(self, earlier: Self) -> Self {
        if self == Self::Untold { earlier } else { self }
    }

    /// The number, if it is one.
    pub(super) fn told(self) -> Option<u64> {
        match self {
            Self::Told(number) => Some(number),
            Self::Untold | Self::Absurd => None,
        }
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        value.deserialize_any(CountVisitor)
    }
}

struct CountVisitor;

impl<'de> Visitor<'de> for CountVisitor {
    type Value = Count;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a count")
    }

    fn visit_u64<E>(self, number: u64) -> Result<Count, E> {
        Ok(if number <= MOST { Count::Told(number) } else { Count::Absurd })
    }

    fn visit_unit<E>(self) -> Result<Count, E> {
        Ok(Count::Untold)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Count, E> {
        Ok(Count::Absurd)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Count, E> {
        Ok(Count::Absurd)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Count, E> {
        Ok(Count::Absurd)
    }

    fn visit_str<E>(self, _: &str) -> Result<Count, E> {
        Ok(Count::Absurd)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Count, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Count::Absurd)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Count, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Count::Absurd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_a_count_is_believed() {
        for (json, count) in [
            ("null", Count::Untold),
            ("0", Count::Told(0)),
            ("1000000000000", Count::Told(MOST)),
            ("1000000000001", Count::Absurd),
            ("1000000000000000000000000", Count::Absurd),
            ("-1", Count::Absurd),
            ("-0", Count::Absurd),
            ("1.0", Count::Absurd),
            ("1e3", Count::Absurd),
            ("\"12\"", Count::Absurd),
            ("true", Count::Absurd),
            ("[1]", Count::Absurd),
            ("{\"a\":1}", Count::Absurd),
        ] {
            assert_eq!(serde_json::from_str::<Count>(json).unwrap(), count, "{json}");
        }
    }
}
