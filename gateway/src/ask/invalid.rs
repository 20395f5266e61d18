//! Why a body is refused before anything is held for it.

/// A body that is not forwarded, and what its sender is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invalid {
    /// The field at fault, if it is one.
    pub(crate) param: Option<&'static str>,
    /// What is wrong.
    pub(crate) message: String,
    /// The body is well-formed, but something it asks for has no price: the code is `unpriced`,
    /// else `invalid_request`.
    pub(crate) unpriced: bool,
}

impl Invalid {
    /// The body as a whole is at fault.
    pub(super) fn body(message: impl Into<String>) -> Self {
        Self { param: None, message: message.into(), unpriced: false }
    }

    /// A field is at fault.
    pub(super) fn field(name: &'static str, message: impl Into<String>) -> Self {
        Self { param: Some(name), message: message.into(), unpriced: false }
    }

    /// A field asks for what has no price.
    pub(super) fn unpriced(name: &'static str, message: impl Into<String>) -> Self {
        Self { param: Some(name), message: message.into(), unpriced: true }
    }

    /// A field names something that the provider keeps, under an account that all callers share.
    pub(super) fn unowned(name: &'static str, what: &str) -> Self {
        let message = format!("{what}: objects have no owners yet; send the input itself");
        Self::field(name, message)
    }
}

/// A word of the client's, short enough for a message.
pub(super) fn shown(word: &str) -> String {
    const MOST: usize = 64;
    let mut shown: String = word.chars().take(MOST).collect();
    if shown.len() < word.len() {
        shown.push('…');
    }
    shown
}
