//! How long the text of an answer is, without keeping it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// UTF-8 bytes of a string, or of all strings in a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TextLength(pub(super) u64);

impl<'de> Deserialize<'de> for TextLength {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        value.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = TextLength;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<TextLength, E> {
        Ok(TextLength(text.len() as u64))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<TextLength, A::Error> {
        let mut sum = 0u64;
        while let Some(TextLength(length)) = list.next_element()? {
            sum = sum.saturating_add(length);
        }
        Ok(TextLength(sum))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TextLength, A::Error> {
        let mut sum = 0u64;
        while let Some((IgnoredAny, TextLength(length))) = map.next_entry()? {
            sum = sum.saturating_add(length);
        }
        Ok(TextLength(sum))
    }

    fn visit_unit<E>(self) -> Result<TextLength, E> {
        Ok(TextLength(0))
    }

    fn visit_bool<E>(self, _: bool) -> Result<TextLength, E> {
        Ok(TextLength(0))
    }

    fn visit_u64<E>(self, _: u64) -> Result<TextLength, E> {
        Ok(TextLength(0))
    }

    fn visit_i64<E>(self, _: i64) -> Result<TextLength, E> {
        Ok(TextLength(0))
    }

    fn visit_f64<E>(self, _: f64) -> Result<TextLength, E> {
        Ok(TextLength(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_as_long_as_its_bytes_once_escapes_are_read() {
        for (json, length) in [
            (r#""Größe""#, 7),
            (r#""Gr\u00f6\u00dfe\n""#, 8),
            ("null", 0),
            (r#"[{"type":"text","text":"ab"},7]"#, 6),
        ] {
            assert_eq!(serde_json::from_str::<TextLength>(json).unwrap().0, length, "{json}");
        }
    }
}
