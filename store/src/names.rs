//! What the ledger's endings and line sources are called in SQL and JSON.

use ledger::{Cause, Ending, GrantKind, LineSource};

/// `limit`, or the name of the grant's kind.
#[must_use]
pub const fn source_name(source: LineSource) -> &'static str {
    match source {
        LineSource::Limit => "limit",
        LineSource::Grant(kind) => kind.name(),
    }
}

/// The source of this name.
#[must_use]
pub fn source_from_name(name: &str) -> Option<LineSource> {
    if name == "limit" {
        return Some(LineSource::Limit);
    }
    GrantKind::from_name(name).map(LineSource::Grant)
}

/// `settled`, `estimated`, `indeterminate`, or the name of the cause of a release.
#[must_use]
pub const fn ending_name(ending: Ending) -> &'static str {
    match ending {
        Ending::Settled => "settled",
        Ending::Estimated => "estimated",
        Ending::Indeterminate => "indeterminate",
        Ending::Released(cause) => cause.name(),
    }
}

/// The ending of this name.
#[must_use]
pub fn ending_from_name(name: &str) -> Option<Ending> {
    match name {
        "settled" => Some(Ending::Settled),
        "estimated" => Some(Ending::Estimated),
        "indeterminate" => Some(Ending::Indeterminate),
        cause => Cause::from_name(cause).map(Ending::Released),
    }
}
