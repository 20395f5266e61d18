//! Splices a few bytes into a body and leaves all others as they came.

use std::ops::Range;

use bytes::Bytes;
use smallvec::SmallVec;

/// What to change in a body before it is forwarded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Edits {
    /// The most output tokens, in place of what the body says or does not say.
    pub(crate) max_tokens: Option<u64>,
    /// Ask a chat stream for its usage. Nothing to do where it was asked for or always comes.
    pub(crate) include_usage: bool,
}

/// Where a value goes, and what must stand around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The bytes that it replaces; none: it goes between two.
    at: Range<usize>,
    before: &'static str,
    after: &'static str,
}

impl Place {
    /// In the place of another value.
    pub(super) fn instead(at: Range<usize>) -> Self {
        Self { at, before: "", after: "" }
    }

    /// Wrapped, in the place of another value.
    pub(super) fn wrapped(at: Range<usize>, before: &'static str, after: &'static str) -> Self {
        Self { at, before, after }
    }

    /// Between two bytes.
    pub(super) fn between(at: usize, before: &'static str, after: &'static str) -> Self {
        Self { at: at..at, before, after }
    }
}

/// The places of what may be edited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    /// Where the most output tokens are said: two fields may say the same.
    pub(super) max_tokens: SmallVec<[Place; 2]>,
    /// Where to ask for usage; none: there is no need to.
    pub(super) include_usage: Option<Place>,
}

impl Places {
    /// The body with the edits in it.
    pub(super) fn splice(&self, body: &[u8], edits: &Edits) -> Option<Bytes> {
        let number = edits.max_tokens.map(|most| most.to_string());
        let mut splices: SmallVec<[(&Place, &str); 3]> = SmallVec::new();
        if let Some(number) = &number {
            splices.extend(self.max_tokens.iter().map(|place| (place, number.as_str())));
        }
        if edits.include_usage {
            splices.extend(self.include_usage.iter().map(|place| (place, "true")));
        }
        if splices.is_empty() {
            return None;
        }
        splices.sort_by_key(|(place, _)| place.at.start);

        let mut edited = Vec::with_capacity(body.len() + 128);
        let mut copied = 0;
        for (place, value) in splices {
            edited.extend_from_slice(&body[copied..place.at.start]);
            for text in [place.before, value, place.after] {
                edited.extend_from_slice(text.as_bytes());
            }
            copied = place.at.end;
        }
        edited.extend_from_slice(&body[copied..]);
        Some(Bytes::from(edited))
    }
}
