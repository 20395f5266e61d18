//! A JSON body, read field by field, so that all its mistakes are told at once.

mod change;
mod nested;
mod read;
mod request;
mod value;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::problem::{Mistake, Problem};

pub(crate) use change::Change;
pub(crate) use read::{
    claim, credits, flag, future, instant, name, one_of, period, surface, text, tool,
};
pub(crate) use request::PerhapsFields;

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
        self.note_unread();
        match whole {
            Some(whole) if self.mistakes.is_empty() => Ok(whole),
            _ => Err(Problem::invalid_request(self.mistakes)),
        }
    }

    fn note_unread(&mut self) {
        for name in std::mem::take(&mut self.unread).into_keys() {
            self.mistake(&name, "is not a field of this request");
        }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.unread.remove(name).filter(|value| !value.is_null())
    }
}
