//! The inputs of an embeddings call: a string, strings, token ids, or lists of token ids.

use std::fmt;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

use crate::count::{TextBytes, input_tokens};

/// One input, counted and hashed while it is parsed; what it said is not kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Input {
    /// 0 when it is empty.
    pub(super) tokens: u64,
    /// The same for the same input.
    pub(super) seed: u64,
}

/// All inputs of a call.
pub(super) struct Inputs(pub(super) Vec<Input>);

impl Input {
    const EMPTY: Self = Self { tokens: 0, seed: 0xcbf2_9ce4_8422_2325 };

    fn text(text: &str) -> Self {
        if text.is_empty() {
            return Self::EMPTY;
        }
        let tokens = input_tokens(TextBytes(text.len() as u64), 0);
        Self { tokens, seed: text.bytes().fold(Self::EMPTY.seed, fnv) }
    }

    /// The same input and one more token id.
    fn and_id(self, id: u64) -> Self {
        let seed = id.to_le_bytes().into_iter().fold(self.seed, fnv);
        Self { tokens: self.tokens + 1, seed }
    }
}

/// One step of FNV-1a.
fn fnv(seed: u64, byte: u8) -> u64 {
    (seed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}

impl<'de> Deserialize<'de> for Inputs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let element = deserializer.deserialize_any(ElementVisitor)?;
        Ok(match element {
            Element::Input(input) => Self(vec![input]),
            Element::List(list) => Self(list),
            Element::Id(_) => return Err(serde::de::Error::custom("input cannot be a number")),
        })
    }
}

/// What can stand in `input`: the whole value, or an element of a list.
enum Element {
    Input(Input),
    Id(u64),
    /// A list of inputs.
    List(Vec<Input>),
}

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ElementVisitor)
    }
}

struct ElementVisitor;

impl<'de> Visitor<'de> for ElementVisitor {
    type Value = Element;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a list of strings, token ids, or a list of lists of token ids")
    }

    fn visit_str<E>(self, text: &str) -> Result<Element, E> {
        Ok(Element::Input(Input::text(text)))
    }

    fn visit_u64<E>(self, id: u64) -> Result<Element, E> {
        Ok(Element::Id(id))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Element, A::Error> {
        let mut ids = Input::EMPTY;
        let mut inputs = Vec::new();
        while let Some(element) = list.next_element()? {
            match element {
                Element::Id(id) => ids = ids.and_id(id),
                Element::Input(input) => inputs.push(input),
                Element::List(_) => {
                    return Err(serde::de::Error::custom("lists in lists of lists"));
                }
            }
        }
        match (ids.tokens, inputs.is_empty()) {
            (0, true) => Ok(Element::Input(Input::EMPTY)),
            (0, false) => Ok(Element::List(inputs)),
            (_, true) => Ok(Element::Input(ids)),
            (_, false) => Err(serde::de::Error::custom("token ids and other inputs in one list")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(json: &str) -> Option<Vec<u64>> {
        let inputs: Inputs = serde_json::from_str(json).ok()?;
        Some(inputs.0.iter().map(|input| input.tokens).collect())
    }

    #[test]
    fn all_four_forms_are_read() {
        assert_eq!(tokens(r#""hello""#), Some(vec![2]));
        assert_eq!(tokens(r#"["hello", "you"]"#), Some(vec![2, 1]));
        assert_eq!(tokens("[1, 2, 3]"), Some(vec![3]));
        assert_eq!(tokens("[[1, 2, 3], [4]]"), Some(vec![3, 1]));
    }

    #[test]
    fn an_empty_input_has_no_tokens_and_a_mixed_one_is_refused() {
        assert_eq!(tokens("[]"), Some(vec![0]));
        assert_eq!(tokens(r#"["a", ""]"#), Some(vec![1, 0]));
        assert_eq!(tokens(r#"["a", 1]"#), None);
        assert_eq!(tokens("[[[1]]]"), None);
        assert_eq!(tokens("-1"), None);
        assert_eq!(tokens("7"), None);
    }
}
