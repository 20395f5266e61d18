//! `/v1/embeddings`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::object::{Fields, Findings};
use super::scalars::Scalars;
use super::{Asked, Invalid, read};

/// The most texts in one call, as the provider has it.
const MOST_TEXTS: u64 = 2_048;

pub(super) fn inspect(body: &str) -> Result<Asked, Invalid> {
    let mut call =
        Embeddings { scalars: Scalars::of(body), findings: Findings::default(), input: None };
    read(body, &mut call)?;
    call.scalars.only("service_tier", &["auto", "default"])?;
    let Some(Input(texts)) = call.input else {
        return Err(Invalid::field("input", "`input` is needed"));
    };
    if !(1..=MOST_TEXTS).contains(&texts) {
        let message = format!("`input` must be 1 to {MOST_TEXTS} texts");
        return Err(Invalid::field("input", message));
    }
    Ok(Asked { model: call.scalars.model()?, choices: 1, texts, ..Asked::default() })
}

/// The body.
struct Embeddings<'a> {
    scalars: Scalars<'a>,
    findings: Findings,
    input: Option<Input>,
}

impl<'a> Fields<'a> for Embeddings<'a> {
    const NAMES: &'static [&'static str] = &["model", "input", "service_tier"];

    fn read<A: MapAccess<'a>>(
        &mut self,
        name: &'static str,
        value: &mut A,
    ) -> Result<(), A::Error> {
        self.findings.reading = name;
        if name == "input" {
            self.input = Some(value.next_value()?);
            return Ok(());
        }
        self.scalars.keep(name, value)
    }

    fn findings(&mut self) -> &mut Findings {
        &mut self.findings
    }
}

/// How many texts the input is: a string, tokens, or a list of either.
struct Input(u64);

impl<'de> Deserialize<'de> for Input {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        value.deserialize_any(InputVisitor)
    }
}

struct InputVisitor;

impl<'de> Visitor<'de> for InputVisitor {
    type Value = Input;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a list of strings, a list of tokens or a list of such lists")
    }

    fn visit_str<E>(self, _: &str) -> Result<Input, E> {
        Ok(Input(1))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Input, A::Error> {
        let Some(first) = list.next_element::<Element>()? else { return Ok(Input(0)) };
        let mut count = 1u64;
        while let Some(next) = list.next_element::<Element>()? {
            if next != first {
                return Err(A::Error::custom("the elements of `input` must be of one kind"));
            }
            count += 1;
        }
        Ok(Input(if first == Element::Token { 1 } else { count }))
    }
}

/// An element of a list that is the input.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    Text,
    Token,
    Tokens,
}

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        value.deserialize_any(ElementVisitor)
    }
}

struct ElementVisitor;

impl<'de> Visitor<'de> for ElementVisitor {
    type Value = Element;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a token or a list of tokens")
    }

    fn visit_str<E>(self, _: &str) -> Result<Element, E> {
        Ok(Element::Text)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Element, E> {
        Ok(Element::Token)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Element, A::Error> {
        while list.next_element::<u64>()?.is_some() {}
        Ok(Element::Tokens)
    }
}
