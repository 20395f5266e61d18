//! The runs that can be asked for.

pub(crate) mod compare;
pub(crate) mod hot_key;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Every promise that it tests was kept.
    Held,
    /// One was not.
    Broken,
}
