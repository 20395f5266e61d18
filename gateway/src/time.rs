//! The time for money: the store's at the start, plus what has elapsed since; never backwards.

use std::time::{Instant as Elapsed, SystemTime, UNIX_EPOCH};

use ledger::Instant;

/// Where the gateway reads the time.
pub trait Clock: Send + Sync + 'static {
    /// The time for money.
    fn now(&self) -> Instant;
}

/// A clock that starts at the wall's time and from there only counts what elapses.
#[derive(Debug)]
pub struct SteadyClock {
    start: Instant,
    since: Elapsed,
}

impl SteadyClock {
    /// Starts at the wall's time.
    #[must_use]
    pub fn start() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros = i64::try_from(wall.as_micros()).unwrap_or(i64::MAX);
        Self { start: Instant::from_micros(micros), since: Elapsed::now() }
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Instant {
        let elapsed = i64::try_from(self.since.elapsed().as_micros()).unwrap_or(i64::MAX);
        self.start.plus_micros(elapsed)
    }
}

/// RFC 3339 in UTC, to the second.
pub(crate) fn rfc3339(instant: Instant) -> String {
    let timestamp = jiff::Timestamp::from_second(instant.seconds());
    timestamp.map(|timestamp| timestamp.to_string()).unwrap_or_default()
}
