//! What a provider says was used, in the ledger's words.

use ledger::{Unit, Usage};

use super::count::Count;

/// What a provider says was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reported {
    /// So much, and one request.
    Usage(Usage),
    /// Nothing, or not all that is needed.
    Missing,
    /// What cannot be: negative or broken numbers, more than 10^12, parts larger than their whole.
    Absurd,
}

impl Reported {
    /// The usage, if it is one to go by.
    pub(crate) fn usage(&self) -> Option<Usage> {
        match self {
            Self::Usage(usage) => Some(*usage),
            Self::Missing | Self::Absurd => None,
        }
    }

    /// Units told, each with its count; what is untold is missing.
    pub(super) fn of(units: [(Unit, Count); 3]) -> Self {
        let mut usage = served();
        let mut missing = false;
        for (unit, count) in units {
            match count {
                Count::Told(count) => usage = usage.with(unit, count),
                Count::Untold => missing = true,
                Count::Absurd => return Self::Absurd,
            }
        }
        if missing { Self::Missing } else { Self::Usage(usage) }
    }
}

/// The usage of a request that was served, before anything else of it.
pub(super) fn served() -> Usage {
    Usage::default().with(Unit::Request, 1)
}
