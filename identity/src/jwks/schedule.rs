//! When the keys of an issuer are fetched: time and chance are arguments.

use std::time::Duration;

use ledger::Instant;

/// When the keys of one issuer are fetched.
#[derive(Debug)]
pub(super) struct Schedule {
    /// When they are fetched next, whatever tokens come.
    next: Instant,
    /// When a token last had them fetched.
    asked: Option<Instant>,
    /// Fetches that failed since one succeeded.
    failed: u32,
}

/// Tokens with keys that nobody knows have the keys fetched once in so long.
const COOLDOWN_MICROS: i64 = 30_000_000;

/// Keys are served so long after the last fetch that succeeded.
const STALE_MICROS: i64 = 24 * 3_600 * 1_000_000;

/// A server's word on the age of its keys counts within these.
const AGE_MIN: Duration = Duration::from_secs(60);
const AGE_MAX: Duration = Duration::from_secs(24 * 3_600);

/// What failed is tried again after so long, twice as long each time, up to the usual refresh.
const RETRY: Duration = Duration::from_secs(5);

impl Schedule {
    /// Due at once.
    pub(super) const fn new() -> Self {
        Self { next: Instant::MIN, asked: None, failed: 0 }
    }

    /// Whether a fetch is due. What tokens asked for does not put it off.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.next <= now
    }

    /// When the next fetch is due.
    pub(super) const fn next(&self) -> Instant {
        self.next
    }

    /// Due at once, whatever was planned.
    pub(super) const fn hasten(&mut self) {
        self.next = Instant::MIN;
    }

    /// Whether a token with an unknown key may have the keys fetched; if so, none may soon again,
    /// however that ends.
    pub(super) fn ask(&mut self, now: Instant) -> bool {
        let cool = self.asked.is_none_or(|asked| asked.plus_micros(COOLDOWN_MICROS) <= now);
        if cool {
            self.asked = Some(now);
        }
        cool
    }

    /// The keys were fetched: the next time is when the server says, or after the usual refresh.
    pub(super) fn succeeded(
        &mut self,
        now: Instant,
        age: Option<Duration>,
        refresh: Duration,
        chance: u64,
    ) {
        self.failed = 0;
        let age = age.map_or(refresh, |age| age.clamp(AGE_MIN, AGE_MAX));
        self.next = later(now, age, chance);
    }

    /// The keys could not be fetched.
    pub(super) fn failed(&mut self, now: Instant, refresh: Duration, chance: u64) {
        let wait = RETRY.saturating_mul(1_u32.checked_shl(self.failed).unwrap_or(u32::MAX));
        self.failed = self.failed.saturating_add(1);
        self.next = later(now, wait.min(refresh), chance);
    }
}

/// Whether keys that were last fetched then may still be used.
pub(super) fn is_fresh(fetched: Instant, now: Instant) -> bool {
    now < fetched.plus_micros(STALE_MICROS)
}

/// So much later, and up to a tenth more: gateways that started together do not ask together.
fn later(now: Instant, wait: Duration, chance: u64) -> Instant {
    let wait = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
    let thousandth = i64::try_from(chance % 1_000).unwrap_or(0);
    let more = (wait / 10_000).saturating_mul(thousandth);
    now.plus_micros(wait.saturating_add(more))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFRESH: Duration = Duration::from_secs(300);

    fn at(seconds: i64) -> Instant {
        Instant::from_seconds(seconds)
    }

    fn fetched(age: Option<u64>, chance: u64) -> Schedule {
        let mut schedule = Schedule::new();
        schedule.succeeded(at(0), age.map(Duration::from_secs), REFRESH, chance);
        schedule
    }

    #[test]
    fn keys_are_fetched_at_once_and_then_each_refresh_and_a_little() {
        assert!(Schedule::new().is_due(Instant::MIN));
        assert_eq!(fetched(None, 0).next(), at(300));
        assert_eq!(fetched(None, 999).next(), Instant::from_micros(329_970_000));
        assert!(!fetched(None, 0).is_due(at(299)) && fetched(None, 0).is_due(at(300)));
    }

    #[test]
    fn a_server_says_how_long_within_a_minute_and_a_day() {
        for (age, next) in [(0, 60), (59, 60), (1_000, 1_000), (86_400, 86_400), (u64::MAX, 86_400)]
        {
            assert_eq!(fetched(Some(age), 0).next(), at(next), "{age}");
        }
    }

    #[test]
    fn tokens_have_keys_fetched_once_in_thirty_seconds_however_that_ends() {
        let mut schedule = fetched(None, 0);
        assert!(schedule.ask(at(1)));
        schedule.failed(at(1), REFRESH, 0);
        assert!(!schedule.ask(at(2)) && !schedule.ask(Instant::from_micros(30_999_999)));
        assert!(schedule.ask(at(31)));
        schedule.succeeded(at(31), None, REFRESH, 0);
        assert!(!schedule.ask(at(32)));
    }

    #[test]
    fn what_tokens_asked_for_does_not_put_off_the_scheduled_fetch() {
        let mut schedule = fetched(None, 0);
        assert!(schedule.ask(at(299)));
        assert!(schedule.is_due(at(300)));
    }

    #[test]
    fn what_fails_is_tried_again_soon_and_then_less_often_but_never_less_than_usual() {
        let mut schedule = Schedule::new();
        let mut waits = Vec::new();
        for _ in 0..80 {
            schedule.failed(at(0), REFRESH, 0);
            waits.push(schedule.next().seconds());
        }
        assert_eq!(waits[..8], [5, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(waits[79], 300);
        schedule.succeeded(at(0), None, REFRESH, 0);
        schedule.failed(at(0), REFRESH, 0);
        assert_eq!(schedule.next(), at(5));
    }

    #[test]
    fn keys_are_good_for_a_day_after_they_were_fetched() {
        assert!(is_fresh(at(0), at(86_399)) && !is_fresh(at(0), at(86_400)));
    }
}
