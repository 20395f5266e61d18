//! The time for money: the store's at its last answer, plus what has elapsed since; never backwards.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ledger::Instant;
use rustix::time::{ClockId, clock_gettime};

/// Where the gateway reads the time.
pub trait Clock: Send + Sync + 'static {
    /// The time for money; never before an instant that it has given or been told of.
    fn now(&self) -> Instant;

    /// Tells the clock of an instant that money has seen: the wall's clock may have been set back
    /// since.
    fn not_before(&self, instant: Instant);

    /// The store has just said what time it is. The first time, nobody has been given an instant
    /// to spend by yet, and the clock takes it over; later it is put forward, or stands still until
    /// the store has caught up.
    fn store_says(&self, instant: Instant);

    /// How long this machine has run, its sleep included.
    fn since_boot(&self) -> Duration;
}

/// A clock that starts at the wall's time, and from there counts what elapses.
#[derive(Debug)]
pub struct SteadyClock {
    /// The time for money at the machine's start, in microseconds since the Unix epoch.
    origin: AtomicI64,
    /// It is not before this.
    floor: AtomicI64,
    store_has_said: AtomicBool,
}

/// An answer of the store is older than it by the way it took: a clock that is ahead by no more is
/// right.
const WAY_MICROS: i64 = 50_000;
/// Between reading the time and setting a floor under it.
const MARGIN_MICROS: i64 = 1_000;

impl SteadyClock {
    /// Starts at the wall's time.
    #[must_use]
    pub fn start() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::start_at(Instant::from_micros(micros(wall)))
    }

    /// Starts at a time of one's own.
    #[must_use]
    pub fn start_at(instant: Instant) -> Self {
        let origin = instant.micros().saturating_sub(micros(since_boot()));
        Self {
            origin: AtomicI64::new(origin),
            floor: AtomicI64::new(i64::MIN),
            store_has_said: AtomicBool::new(false),
        }
    }

    fn counted(&self, elapsed: i64) -> i64 {
        self.origin.load(Ordering::Acquire).saturating_add(elapsed)
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Instant {
        // In this order: who reads an origin that is about to be replaced is below the floor.
        let elapsed = micros(self.since_boot());
        let counted = self.counted(elapsed);
        Instant::from_micros(counted.max(self.floor.load(Ordering::Acquire)))
    }

    fn not_before(&self, instant: Instant) {
        self.floor.fetch_max(instant.micros(), Ordering::AcqRel);
        let origin = instant.micros().saturating_sub(micros(self.since_boot()));
        self.origin.fetch_max(origin, Ordering::AcqRel);
    }

    fn store_says(&self, instant: Instant) {
        let elapsed = micros(self.since_boot());
        let origin = instant.micros().saturating_sub(elapsed);
        if !self.store_has_said.swap(true, Ordering::AcqRel) {
            self.origin.store(origin, Ordering::Release);
            return;
        }
        let counted = self.counted(elapsed);
        if instant.micros() >= counted {
            self.origin.fetch_max(origin, Ordering::AcqRel);
        } else if instant.micros() < counted.saturating_sub(WAY_MICROS) {
            let floor = counted.saturating_add(MARGIN_MICROS);
            self.floor.fetch_max(floor, Ordering::AcqRel);
            self.origin.store(origin, Ordering::Release);
        }
    }

    fn since_boot(&self) -> Duration {
        since_boot()
    }
}

fn since_boot() -> Duration {
    let time = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// RFC 3339 in UTC, to the second.
pub(crate) fn rfc3339(instant: Instant) -> String {
    let timestamp = jiff::Timestamp::from_second(instant.seconds());
    timestamp.map(|timestamp| timestamp.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000;

    fn at(micros: i64) -> Instant {
        Instant::from_micros(micros)
    }

    #[test]
    fn what_the_store_says_first_sets_the_clock() {
        let clock = SteadyClock::start_at(at(3 * HOUR));
        clock.store_says(at(HOUR));
        assert!((at(HOUR)..at(2 * HOUR)).contains(&clock.now()));
        // But what the journal has seen has been.
        clock.not_before(at(2 * HOUR));
        assert!((at(2 * HOUR)..at(3 * HOUR)).contains(&clock.now()));
    }

    #[test]
    fn a_store_that_is_ahead_puts_it_forward_and_one_that_is_behind_stops_it() {
        let clock = SteadyClock::start_at(at(0));
        clock.store_says(at(HOUR));
        clock.store_says(at(2 * HOUR));
        let ahead = clock.now();
        assert!(ahead >= at(2 * HOUR));
        clock.store_says(at(HOUR));
        let stopped = clock.now();
        assert!(stopped >= ahead);
        assert_eq!(clock.now(), stopped);
        clock.store_says(at(3 * HOUR));
        assert!(clock.now() >= at(3 * HOUR));
    }

    #[test]
    fn an_answer_that_was_on_its_way_is_not_a_clock_that_is_behind() {
        let clock = SteadyClock::start_at(at(0));
        clock.store_says(at(HOUR));
        clock.store_says(at(HOUR - WAY_MICROS / 2));
        let before = clock.now();
        while clock.now() == before {}
    }
}
