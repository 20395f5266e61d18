//! How one account is spent here, and what follows from it for the lease.

use std::time::Duration;

use ledger::Credits;

use super::quotes::Quotes;
use super::rate::Rate;

/// A lease is to last for so long.
const RUNWAY: Duration = Duration::from_secs(300);
/// And for at least so many of the largest quotes.
const QUOTES: u64 = 4;
/// More than so many times the target goes back once it has been too much for so long.
const EXCESS: u64 = 2;
const EXCESS_AFTER: Duration = Duration::from_secs(30);
/// After so long without use everything goes back.
const IDLE_AFTER: Duration = Duration::from_secs(5 * 60);

/// How an account is spent here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    short: Rate,
    long: Rate,
    quotes: Quotes,
    used: Duration,
    /// Since when there has been too much.
    excess_since: Option<Duration>,
}

impl Pace {
    pub(super) const fn new(now: Duration, quotes: Quotes) -> Self {
        Self {
            short: Rate::over(Duration::from_secs(5)),
            long: Rate::over(Duration::from_secs(60)),
            quotes,
            used: now,
            excess_since: None,
        }
    }

    pub(super) fn spent(&mut self, amount: Credits, now: Duration) {
        self.short.spent(amount, now);
        self.long.spent(amount, now);
        self.used = self.used.max(now);
    }

    pub(super) fn quoted(&mut self, quote: Credits, now: Duration) {
        self.quotes.quoted(quote, now);
        self.used = self.used.max(now);
    }

    pub(super) fn largest_quote(&self) -> Credits {
        self.quotes.largest()
    }

    /// What would be spent within the runway.
    pub(super) fn runway(&self, now: Duration) -> Credits {
        self.short.ahead(RUNWAY, now).max(self.long.ahead(RUNWAY, now))
    }

    /// What is to be free here.
    pub(super) fn target(&self, now: Duration) -> Credits {
        self.runway(now).max(least_target(self.largest_quote()))
    }

    /// What of the free part goes back now.
    pub(super) fn surplus(&mut self, free: Credits, held: Credits, now: Duration) -> Credits {
        if !held.is_zero() {
            self.used = self.used.max(now);
        }
        if now.saturating_sub(self.used) >= IDLE_AFTER {
            self.excess_since = None;
            return free;
        }
        let excess = free.saturating_sub(times(self.target(now), EXCESS));
        if excess.is_zero() {
            self.excess_since = None;
            return excess;
        }
        let since = *self.excess_since.get_or_insert(now);
        if now.saturating_sub(since) < EXCESS_AFTER {
            return Credits::ZERO;
        }
        self.excess_since = None;
        excess
    }
}

/// The least that is worth leasing for quotes of this size.
pub(super) fn least_target(quote: Credits) -> Credits {
    times(quote, QUOTES)
}

/// Where a lease runs low: at half of what was aimed at, or of what there was to be had.
pub(super) fn low_mark(free: Credits, target: Credits) -> Credits {
    halved(free.min(target))
}

fn times(amount: Credits, factor: u64) -> Credits {
    let product = amount.micros().checked_mul(factor).and_then(Credits::from_micros);
    product.unwrap_or(Credits::MAX)
}

fn halved(amount: Credits) -> Credits {
    Credits::from_micros(amount.micros() / 2).unwrap_or(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTE: u64 = 10;

    fn micros(micros: u64) -> Credits {
        Credits::from_micros(micros).unwrap()
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn quoted() -> Pace {
        let mut pace = Pace::new(at(0), Quotes::default());
        pace.quoted(micros(QUOTE), at(0));
        pace
    }

    #[test]
    fn the_target_is_four_quotes_or_what_the_runway_needs() {
        let mut pace = quoted();
        assert_eq!(pace.target(at(0)), micros(4 * QUOTE));
        pace.spent(micros(500), at(1));
        assert_eq!(pace.target(at(1)), micros(500 * 300 / 5));
        assert_eq!(pace.target(at(3_000)), micros(4 * QUOTE));
    }

    #[test]
    fn what_is_beyond_twice_the_target_goes_back_after_half_a_minute() {
        let mut pace = quoted();
        let (free, held) = (micros(100), micros(1));
        assert_eq!(pace.surplus(free, held, at(0)), Credits::ZERO);
        assert_eq!(pace.surplus(free, held, at(29)), Credits::ZERO);
        // Not too much for a moment: it counts anew.
        assert_eq!(pace.surplus(micros(80), held, at(29)), Credits::ZERO);
        assert_eq!(pace.surplus(free, held, at(30)), Credits::ZERO);
        assert_eq!(pace.surplus(free, held, at(59)), Credits::ZERO);
        assert_eq!(pace.surplus(free, held, at(60)), micros(20));
    }

    #[test]
    fn after_five_minutes_without_use_everything_goes_back() {
        let mut pace = quoted();
        assert_eq!(pace.surplus(micros(7), Credits::ZERO, at(299)), Credits::ZERO);
        assert_eq!(pace.surplus(micros(7), Credits::ZERO, at(300)), micros(7));
        // A long request is use.
        assert_eq!(pace.surplus(micros(7), micros(1), at(300)), Credits::ZERO);
        assert_eq!(pace.surplus(micros(7), Credits::ZERO, at(301)), Credits::ZERO);
    }

    #[test]
    fn it_is_low_at_half_of_what_there_was_to_be_had() {
        assert_eq!(low_mark(micros(100), micros(40)), micros(20));
        assert_eq!(low_mark(micros(10), micros(40)), micros(5));
        assert_eq!(low_mark(Credits::ZERO, micros(40)), Credits::ZERO);
    }
}
