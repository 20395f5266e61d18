//! What a request says of something that it need not speak of.

use serde_json::Value;

use super::Fields;

/// The most items of a list that something is restricted to.
const MAX_LISTED: usize = 100;

/// What is to become of a field.
#[derive(Clone, Debug)]
pub(crate) enum Change<T> {
    /// It is left out: the field stays as it is.
    Leave,
    /// It is `null`: the field gets what it has when nothing is said.
    Clear,
    /// It gets this.
    Set(T),
}

impl<T> Change<T> {
    /// What the field has then that had `was`, and has `cleared` when nothing is said of it.
    pub(crate) fn over(self, was: T, cleared: T) -> T {
        match self {
            Self::Leave => was,
            Self::Clear => cleared,
            Self::Set(to) => to,
        }
    }

    /// The same of a field that may have nothing.
    pub(crate) fn over_option(self, was: Option<T>) -> Option<T> {
        match self {
            Self::Leave => was,
            Self::Clear => None,
            Self::Set(to) => Some(to),
        }
    }
}

impl Fields {
    /// What is said of a field that need not be spoken of.
    pub(crate) fn change<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Change<T> {
        match self.unread.remove(name) {
            None => Change::Leave,
            Some(Value::Null) => Change::Clear,
            Some(value) => self.note(name, read(&value)).map_or(Change::Leave, Change::Set),
        }
    }

    /// What is said of a list that need not be spoken of.
    pub(crate) fn change_list<T>(
        &mut self,
        name: &str,
        read: impl FnMut(&Value) -> Result<T, String>,
    ) -> Change<Vec<T>> {
        match self.unread.get(name) {
            None => Change::Leave,
            Some(Value::Null) => self.change(name, |_| Ok(Vec::new())),
            Some(Value::Array(items)) if items.len() > MAX_LISTED => {
                self.change(name, |_| Err(format!("must list at most {MAX_LISTED}")))
            }
            Some(_) => self.list(name, read).map_or(Change::Leave, Change::Set),
        }
    }

    /// The same of what something is restricted to: a list of nothing could be taken for one that
    /// restricts nothing, so it is a mistake.
    pub(crate) fn change_restriction<T>(
        &mut self,
        name: &str,
        read: impl FnMut(&Value) -> Result<T, String>,
    ) -> Change<Vec<T>> {
        match self.change_list(name, read) {
            Change::Set(listed) if listed.is_empty() => {
                self.mistake(name, "must list something; `null` restricts nothing");
                Change::Leave
            }
            change => change,
        }
    }
}
