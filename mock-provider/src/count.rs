//! Counts the text of a request while it is parsed: no text is kept, none is copied.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// What a message costs beside its text.
const TOKENS_PER_MESSAGE: u64 = 3;

/// Input tokens of so many bytes of text in so many messages: a token is four bytes, begun ones
/// count, and there is at least one.
pub(crate) fn input_tokens(text: TextBytes, messages: u64) -> u64 {
    text.0.div_ceil(4).max(1) + TOKENS_PER_MESSAGE * messages
}

/// The UTF-8 bytes of all text in a piece of content.
///
/// Content is a string, a list of content, or an object whose `text` or `content` is content;
/// whatever else an object holds (images, ids, types) is no text. `null` is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct TextBytes(pub(crate) u64);

impl std::ops::Add for TextBytes {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl std::iter::Sum for TextBytes {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), std::ops::Add::add)
    }
}

impl<'de> Deserialize<'de> for TextBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Content)
    }
}

struct Content;

impl<'de> Visitor<'de> for Content {
    type Value = TextBytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a list of content parts")
    }

    fn visit_str<E>(self, text: &str) -> Result<TextBytes, E> {
        Ok(TextBytes(text.len() as u64))
    }

    fn visit_unit<E>(self) -> Result<TextBytes, E> {
        Ok(TextBytes::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<TextBytes, A::Error> {
        let mut sum = TextBytes::default();
        while let Some(part) = list.next_element::<TextBytes>()? {
            sum = sum + part;
        }
        Ok(sum)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<TextBytes, A::Error> {
        let mut sum = TextBytes::default();
        while let Some(Key(is_text)) = object.next_key()? {
            if is_text {
                sum = sum + object.next_value()?;
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(sum)
    }
}

/// Whether a key holds text.
struct Key(bool);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a field name")
            }

            fn visit_str<E>(self, name: &str) -> Result<Key, E> {
                Ok(Key(matches!(name, "text" | "content")))
            }
        }
        deserializer.deserialize_str(Name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(json: &str) -> u64 {
        serde_json::from_str::<TextBytes>(json).unwrap().0
    }

    #[test]
    fn text_is_counted_in_utf_8_bytes_after_unescaping() {
        assert_eq!(bytes(r#""hello""#), 5);
        assert_eq!(bytes(r#""h\u00e9\n""#), 4);
        assert_eq!(bytes("null"), 0);
    }

    #[test]
    fn only_text_parts_count_however_deep() {
        assert_eq!(
            bytes(
                r#"[{"type":"text","text":"abc"},{"type":"image_url","image_url":{"url":"data:xyz"}}]"#
            ),
            3
        );
        assert_eq!(
            bytes(r#"[{"type":"tool_result","content":[{"type":"text","text":"abcd"}]}]"#),
            4
        );
    }

    #[test]
    fn a_token_is_four_bytes_begun_and_a_message_is_three_more() {
        assert_eq!(input_tokens(TextBytes(0), 1), 4);
        assert_eq!(input_tokens(TextBytes(8), 1), 5);
        assert_eq!(input_tokens(TextBytes(9), 2), 9);
        assert_eq!(input_tokens(TextBytes(9), 0), 3);
    }
}
