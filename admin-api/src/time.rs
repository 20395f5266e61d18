//! Instants on the wire: RFC 3339.

use jiff::Timestamp;
use ledger::Instant;

/// The instant in UTC, or `None` for one that no calendar has: the beginning or end of time.
pub(crate) fn print(instant: Instant) -> Option<String> {
    Timestamp::from_microsecond(instant.micros()).ok().map(|at| at.to_string())
}

/// The instant that a text names, in UTC or with an offset.
///
/// # Errors
/// What the text should be.
pub(crate) fn parse(text: &str) -> Result<Instant, String> {
    text.parse::<Timestamp>()
        .map(|at| Instant::from_micros(at.as_microsecond()))
        .map_err(|_| "must be an RFC 3339 time with an offset: \"2026-12-31T23:00:00Z\"".to_owned())
}
