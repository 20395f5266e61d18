//! The time for money: the store's at the start, plus what has elapsed since; never backwards.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant as Elapsed, SystemTime, UNIX_EPOCH};

use ledger::Instant;

/// Where the gateway reads the time.
pub trait Clock: Send + Sync + 'static {
    /// The time for money; never before an instant that it has given or been told of.
    fn now(&self) -> Instant;

    /// Tells the clock of an instant that money has seen: the wall's clock may have been set back
    /// since.
    fn not_before(&self, instant: Instant);
}

/// A clock that starts at the wall's time and from there only counts what elapses.
#[derive(Debug)]
pub struct SteadyClock {
    /// In microseconds since the Unix epoch.
    start: AtomicI64,
    since: Elapsed,
}

impl SteadyClock {
    /// Starts at the wall's time.
    #[must_use]
    pub fn start() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros = i64::try_from(wall.as_micros()).unwrap_or(i64::MAX);
        Self::start_at(Instant::from_micros(micros))
    }

    /// Starts at a time of one's own.
    #[must_use]
    pub fn start_at(instant: Instant) -> Self {
        Self { start: AtomicI64::new(instant.micros()), since: Elapsed::now() }
    }

    fn elapsed(&self) -> i64 {
        i64::try_from(self.since.elapsed().as_micros()).unwrap_or(i64::MAX)
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.start.load(Ordering::Relaxed)).plus_micros(self.elapsed())
    }

    fn not_before(&self, instant: Instant) {
        let start = instant.micros().saturating_sub(self.elapsed());
        self.start.fetch_max(start, Ordering::Relaxed);
    }
}

/// RFC 3339 in UTC, to the second.
pub(crate) fn rfc3339(instant: Instant) -> String {
    let timestamp = jiff::Timestamp::from_second(instant.seconds());
    timestamp.map(|timestamp| timestamp.to_string()).unwrap_or_default()
}
