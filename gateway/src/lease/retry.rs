//! When the store is asked again.

use std::time::Duration;

/// A waiting request is asked for again after 10, 20, 40, 80 ms, and then every 100 ms.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AskAgain {
    asked: u32,
}

impl AskAgain {
    const FIRST: Duration = Duration::from_millis(10);
    const MOST: Duration = Duration::from_millis(100);

    /// The pause after one more ask.
    pub(crate) fn next(&mut self) -> Duration {
        let pause = Self::FIRST.saturating_mul(1 << self.asked.min(10)).min(Self::MOST);
        self.asked = self.asked.saturating_add(1);
        pause
    }
}

/// A store that does not answer is tried again after a quarter of a second, then ever later up to
/// two; each pause is longer by chance, by at most itself, so that gateways do not come back as one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Retry {
    failures: u32,
}

impl Retry {
    const FIRST: Duration = Duration::from_millis(250);
    const MOST: Duration = Duration::from_secs(2);

    /// The pause after one more failure; `chance` is evenly spread over all numbers.
    pub(crate) fn next(&mut self, chance: u32) -> Duration {
        let pause = Self::FIRST.saturating_mul(1 << self.failures.min(10)).min(Self::MOST);
        self.failures = self.failures.saturating_add(1);
        pause + part(pause, chance)
    }
}

/// So much of a span as a number is of all numbers.
fn part(span: Duration, chance: u32) -> Duration {
    let micros = (span.as_micros() * u128::from(chance)) >> 32;
    Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_requests_are_asked_for_ten_times_a_second_in_the_end() {
        let mut again = AskAgain::default();
        let pauses: Vec<_> = (0..6).map(|_| again.next().as_millis()).collect();
        assert_eq!(pauses, [10, 20, 40, 80, 100, 100]);
    }

    #[test]
    fn a_store_that_is_away_is_tried_ever_less_often_and_by_nobody_at_the_same_time() {
        let pauses = |chance| {
            let mut retry = Retry::default();
            (0..5).map(|_| retry.next(chance).as_millis()).collect::<Vec<_>>()
        };
        assert_eq!(pauses(0), [250, 500, 1_000, 2_000, 2_000]);
        assert_eq!(pauses(1 << 31), [375, 750, 1_500, 3_000, 3_000]);
        assert!(pauses(u32::MAX).iter().all(|pause| *pause < 4_000));
    }
}
