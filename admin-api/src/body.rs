//! A JSON body, read field by field, so that all its mistakes are told at once.

use std::collections::BTreeMap;
use std::fmt;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use ledger::Credits;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::problem::{Mistake, Problem};

/// The fields of a request's JSON object that are not read yet, and the mistakes so far.
#[derive(Debug)]
pub(crate) struct Fields {
    unread: BTreeMap<String, Value>,
    mistakes: Vec<Mistake>,
}

impl Fields {
    /// A field that must be there. `None` only after noting a mistake.
    pub(crate) fn required<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Option<T> {
        let Some(value) = self.take(name) else {
            self.mistake(name, "is required");
            return None;
        };
        self.note(name, read(&value))
    }

    /// A field that may be missing or `null`.
    pub(crate) fn optional<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Option<T> {
        let value = self.take(name)?;
        self.note(name, read(&value))
    }

    /// A list, empty when missing or `null`. `None` only after noting a mistake.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        mut read: impl FnMut(&Value) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        let items = match self.take(name) {
            None => return Some(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(_) => return self.note(name, Err("must be a list".to_owned())),
        };
        let mut whole = Some(Vec::with_capacity(items.len()));
        for (n, item) in items.iter().enumerate() {
            let item = self.note(&format!("{name}[{n}]"), read(item));
            whole = whole.zip(item).map(|(mut whole, item)| {
                whole.push(item);
                whole
            });
        }
        whole
    }

    /// Notes a mistake.
    pub(crate) fn mistake(&mut self, path: &str, message: impl Into<String>) {
        self.mistakes.push(Mistake::new(path, message));
    }

    /// Keeps what was read, or notes why it could not be.
    pub(crate) fn note<T>(&mut self, path: &str, read: Result<T, String>) -> Option<T> {
        read.map_err(|message| self.mistake(path, message)).ok()
    }

    /// The whole that the fields make, unless there was a mistake; fields nobody read are mistakes.
    pub(crate) fn finish<T>(mut self, whole: Option<T>) -> Result<T, Problem> {
        for name in std::mem::take(&mut self.unread).into_keys() {
            self.mistake(&name, "is not a field of this request");
        }
        match whole {
            Some(whole) if self.mistakes.is_empty() => Ok(whole),
            _ => Err(Problem::invalid_request(self.mistakes)),
        }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.unread.remove(name).filter(|value| !value.is_null())
    }
}

/// The value as a text.
///
/// # Errors
/// That it should be one.
pub(crate) fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| "must be a string".to_owned())
}

/// The value as an amount of credits.
///
/// # Errors
/// That it should be one.
pub(crate) fn credits(value: &Value) -> Result<Credits, String> {
    let text = value.as_str().ok_or("must be a decimal string such as \"12.5\"")?;
    text.parse().map_err(|error| format!("{error}"))
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !may_be_json(request.headers()) {
            return Err(Problem::unsupported_media_type());
        }
        let bytes: Result<Bytes, BytesRejection> = Bytes::from_request(request, state).await;
        let bytes = bytes.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::body_too_large(),
            _ => Problem::mistake("", rejection.body_text()),
        })?;
        serde_json::from_slice(&bytes).map_err(|error| {
            let what = if error.is_data() { "the body" } else { "the body is not JSON" };
            Problem::mistake("", format!("{what}: {error}"))
        })
    }
}

/// Whether the body is JSON, or is not said to be anything.
fn may_be_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else { return true };
    let kind = kind.to_str().unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    /// A field that is there twice could mean either value, so it is a mistake.
    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Fields, A::Error> {
        let mut fields = Fields { unread: BTreeMap::new(), mistakes: Vec::new() };
        while let Some((name, value)) = object.next_entry::<String, Value>()? {
            if fields.unread.contains_key(&name) {
                fields.mistake(&name, "is there more than once");
            }
            fields.unread.insert(name, value);
        }
        Ok(fields)
    }
}
