//! JSON objects in which no name stands twice, at any depth: two readers could take different ones.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// What is no JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotAnObject {
    /// It is not JSON, too deep, or something else.
    Malformed,
    /// A name stands twice in it.
    Ambiguous,
}

/// Reads a JSON object, and nothing behind it.
pub(crate) fn object(text: &[u8]) -> Result<Map<String, Value>, NotAnObject> {
    let twice = Cell::new(false);
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = Strict(&twice).deserialize(&mut reader);
    match value.and_then(|value| reader.end().map(|()| value)) {
        Ok(Value::Object(map)) => Ok(map),
        _ if twice.get() => Err(NotAnObject::Ambiguous),
        _ => Err(NotAnObject::Malformed),
    }
}

/// A value in which no name stands twice; the cell says whether one did.
#[derive(Clone, Copy)]
struct Strict<'a>(&'a Cell<bool>);

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = pairs.next_key::<String>()? {
            if map.contains_key(&name) {
                self.0.set(true);
                return Err(A::Error::custom("a name stands twice"));
            }
            map.insert(name, pairs.next_value_seed(self)?);
        }
        Ok(map.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_object_is_read_as_it_is() {
        let text = br#" {"a": [1, -2, 2.5, "x", null, true, {"a": 1}], "b": {}} "#;
        let expected: Value = serde_json::from_slice(text).unwrap();
        assert_eq!(object(text).map(Value::Object), Ok(expected));
    }

    #[test]
    fn a_name_that_stands_twice_is_found_at_any_depth_and_spelling() {
        for text in [
            r#"{"a": 1, "a": 1}"#,
            r#"{"a": 1, "\u0061": 2}"#,
            r#"{"x": [{"y": {"a": 1, "b": 1, "a": 2}}]}"#,
        ] {
            assert_eq!(object(text.as_bytes()), Err(NotAnObject::Ambiguous), "{text}");
        }
    }

    #[test]
    fn what_is_no_single_object_is_none() {
        let tower = format!("{}{}", "{\"a\":".repeat(5_000), "}".repeat(5_000));
        for text in
            ["", "[]", "1", "\"{}\"", "{", "{} {}", "{}x", "{'a': 1}", "{\"a\": 1e999}", &tower]
        {
            assert_eq!(object(text.as_bytes()), Err(NotAnObject::Malformed), "{text:.20}");
        }
        assert_eq!(object(b"{\"a\": \"\xff\"}"), Err(NotAnObject::Malformed));
    }
}
