//! How a call has left a bound, as it is told in the fields of draft-ietf-httpapi-ratelimit-headers.

use std::fmt::Write;

use ledger::Scope;

use super::window::Span;

/// What is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    /// Calls in a span.
    Calls(Span),
    /// Calls that run at a time.
    Concurrent,
}

impl Bound {
    /// Its name in data and on the wire.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Calls(Span::Second) => "per_second",
            Self::Calls(Span::Minute) => "per_minute",
            Self::Concurrent => "concurrent",
        }
    }
}

/// A bound, and what a call has left of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stand {
    pub(crate) scope: Scope,
    pub(crate) bound: Bound,
    pub(crate) most: u32,
    pub(crate) left: u32,
    /// Seconds until all of it is left again, or after a refusal until one more may come.
    pub(crate) resets: u32,
}

/// The field `RateLimit-Policy`: a list of structured strings (RFC 9651) with whole parameters.
pub(crate) fn policies(stands: &[Stand]) -> String {
    listed(stands, |field, stand| match stand.bound {
        Bound::Calls(span) => {
            write!(field, ";q={};qu=\"requests\";w={}", stand.most, span.seconds())
        }
        Bound::Concurrent => write!(field, ";q={};qu=\"concurrent-requests\"", stand.most),
    })
}

/// The field `RateLimit`.
pub(crate) fn remaining(stands: &[Stand]) -> String {
    listed(stands, |field, stand| match stand.bound {
        Bound::Calls(_) => write!(field, ";r={};t={}", stand.left, stand.resets),
        Bound::Concurrent => write!(field, ";r={}", stand.left),
    })
}

fn listed(
    stands: &[Stand],
    parameters: impl Fn(&mut String, &Stand) -> std::fmt::Result,
) -> String {
    let mut field = String::new();
    for stand in stands {
        let comma = if field.is_empty() { "" } else { ", " };
        let (scope, bound) = (stand.scope.kind(), stand.bound.name());
        // To a string nothing fails.
        let _ = write!(field, "{comma}\"{scope}-{bound}\"");
        let _ = parameters(&mut field, stand);
    }
    field
}
