//! Objects within the body.

use serde_json::Value;

use super::{Change, Fields};
use crate::problem::Mistake;

impl Fields {
    /// What is said of a list of objects that need not be spoken of.
    pub(crate) fn change_objects<T>(
        &mut self,
        name: &str,
        mut read: impl FnMut(&mut Fields) -> Option<T>,
    ) -> Change<Vec<T>> {
        let values = match self.change_list(name, |value| Ok(value.clone())) {
            Change::Leave => return Change::Leave,
            Change::Clear => return Change::Clear,
            Change::Set(values) => values.into_iter().enumerate(),
        };
        let items = values.map(|(n, value)| self.within(&format!("{name}[{n}]"), value, &mut read));
        // All are read, so that the mistakes of all are told.
        let items: Vec<Option<T>> = items.collect();
        items.into_iter().collect::<Option<_>>().map_or(Change::Leave, Change::Set)
    }

    /// What is said of an object that need not be spoken of.
    pub(crate) fn change_object<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Fields) -> Option<T>,
    ) -> Change<T> {
        match self.unread.remove(name) {
            None => Change::Leave,
            Some(Value::Null) => Change::Clear,
            Some(value) => self.within(name, value, read).map_or(Change::Leave, Change::Set),
        }
    }

    /// Reads an object within; its mistakes are told by their whole path.
    fn within<T>(
        &mut self,
        path: &str,
        value: Value,
        read: impl FnOnce(&mut Fields) -> Option<T>,
    ) -> Option<T> {
        let Value::Object(object) = value else {
            return self.note(path, Err("must be an object".to_owned()));
        };
        let mut fields = Self { unread: object.into_iter().collect(), mistakes: Vec::new() };
        let whole = read(&mut fields);
        fields.note_unread();
        let right = fields.mistakes.is_empty();
        let whole_path = |of: String| format!("{path}.{of}");
        let mistakes = fields.mistakes.into_iter();
        self.mistakes
            .extend(mistakes.map(|it| Mistake { path: whole_path(it.path), message: it.message }));
        whole.filter(|_| right)
    }
}
