//! The plain fields of a body, as they are written: checked by hand, so that each "no" names its
//! field, and kept with their place, so that they can be replaced.

use std::borrow::Cow;
use std::ops::{Range, RangeInclusive};

use serde::Deserialize;
use serde::de::MapAccess;
use serde_json::value::RawValue;
use smallvec::SmallVec;

use super::Invalid;

/// A string, borrowed from the body unless it has escapes.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// The longest name of a model, in bytes.
const MODEL_BYTES: usize = 256;

/// Fields of an object by name.
pub(super) struct Scalars<'a> {
    body: &'a str,
    fields: SmallVec<[(&'static str, &'a RawValue); 8]>,
}

impl<'a> Scalars<'a> {
    /// None yet, of an object that stands in `body`.
    pub(super) fn of(body: &'a str) -> Self {
        Self { body, fields: SmallVec::new() }
    }

    /// Takes in a field.
    pub(super) fn keep<A: MapAccess<'a>>(
        &mut self,
        name: &'static str,
        value: &mut A,
    ) -> Result<(), A::Error> {
        self.fields.push((name, value.next_value()?));
        Ok(())
    }

    fn raw(&self, name: &str) -> Option<&'a RawValue> {
        self.fields.iter().find(|(field, _)| *field == name).map(|(_, value)| *value)
    }

    /// A field that is there and not null, as JSON.
    pub(super) fn json(&self, name: &str) -> Option<&'a str> {
        self.raw(name).map(RawValue::get).filter(|json| *json != "null")
    }

    /// Where in the body the value of a field stands, be it null.
    pub(super) fn place(&self, name: &str) -> Option<Range<usize>> {
        let value = self.raw(name)?.get();
        let start = value.as_ptr().addr() - self.body.as_ptr().addr();
        Some(start..start + value.len())
    }

    /// A field that must be a string; null is absent.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<Cow<'a, str>>, Invalid> {
        let Some(json) = self.json(name) else { return Ok(None) };
        match serde_json::from_str(json) {
            Ok(Text(text)) => Ok(Some(text)),
            Err(_) => Err(Invalid::field(name, format!("`{name}` must be a string"))),
        }
    }

    /// A field that must be `true` or `false`; null is absent.
    pub(super) fn flag(&self, name: &'static str) -> Result<Option<bool>, Invalid> {
        match self.json(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Invalid::field(name, format!("`{name}` must be true or false"))),
        }
    }

    /// A field that must be a whole number, written as one, within a range; null is absent.
    pub(super) fn whole(
        &self,
        name: &'static str,
        range: RangeInclusive<u64>,
    ) -> Result<Option<u64>, Invalid> {
        let Some(json) = self.json(name) else { return Ok(None) };
        match json.parse::<u64>() {
            Ok(number) if range.contains(&number) => Ok(Some(number)),
            _ => {
                let (least, most) = (range.start(), range.end());
                let message = format!("`{name}` must be a whole number from {least} to {most}");
                Err(Invalid::field(name, message))
            }
        }
    }

    /// The model, without which nothing has a price.
    pub(super) fn model(&self) -> Result<String, Invalid> {
        let model = self.text("model")?.unwrap_or_default();
        match model.len() {
            0 => Err(Invalid::field("model", "`model` is needed: the price depends on it")),
            1..=MODEL_BYTES => Ok(model.into_owned()),
            _ => {
                Err(Invalid::field("model", format!("`model` is longer than {MODEL_BYTES} bytes")))
            }
        }
    }

    /// A field of which only some values are in the price.
    pub(super) fn only(&self, name: &'static str, priced: &[&str]) -> Result<(), Invalid> {
        match self.text(name)? {
            Some(value) if !priced.contains(&value.as_ref()) => {
                let priced = priced.join("` or `");
                let message = format!("only `{priced}` has a price as `{name}`");
                Err(Invalid::unpriced(name, message))
            }
            _ => Ok(()),
        }
    }

    /// A field that must be absent, null or an empty list, because what it asks for has no price.
    pub(super) fn unpriced(&self, name: &'static str, why: &str) -> Result<(), Invalid> {
        match self.json(name) {
            Some(json) if !is_empty(json, ['[', ']']) => {
                Err(Invalid::unpriced(name, format!("`{name}` has no price: {why}")))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a JSON value is nothing between these brackets.
pub(super) fn is_empty(json: &str, [open, close]: [char; 2]) -> bool {
    json.strip_prefix(open)
        .and_then(|rest| rest.strip_suffix(close))
        .is_some_and(|between| between.trim().is_empty())
}
