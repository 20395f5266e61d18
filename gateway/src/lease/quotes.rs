//! The largest quote of late: what a lease must at least be good for.

use std::time::Duration;

use ledger::Credits;

/// For so long, and at most twice as long, a quote is recent.
const WINDOW: Duration = Duration::from_secs(60);

/// The largest quote of this window and of the one before it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Quotes {
    window: u64,
    now: Credits,
    before: Credits,
}

impl Quotes {
    pub(super) fn quoted(&mut self, quote: Credits, now: Duration) {
        self.turn(now);
        self.now = self.now.max(quote);
    }

    /// The largest; when nobody has asked for anything lately, the last that was.
    pub(super) fn largest(&self) -> Credits {
        self.now.max(self.before)
    }

    fn turn(&mut self, now: Duration) {
        let window = now.as_secs() / WINDOW.as_secs();
        if window > self.window {
            let next = window == self.window + 1;
            self.before = if next { self.now } else { Credits::ZERO };
            (self.window, self.now) = (window, Credits::ZERO);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(micros: u64) -> Credits {
        Credits::from_micros(micros).unwrap()
    }

    #[test]
    fn a_large_quote_counts_for_a_minute_and_is_then_forgotten() {
        let mut quotes = Quotes::default();
        let mut largest = |quote, at| {
            quotes.quoted(micros(quote), Duration::from_secs(at));
            quotes.largest()
        };
        assert_eq!(largest(9, 59), micros(9));
        assert_eq!(largest(2, 60), micros(9));
        assert_eq!(largest(3, 119), micros(9));
        assert_eq!(largest(1, 120), micros(3));
        assert_eq!(largest(1, 600), micros(1));
    }

    #[test]
    fn silence_keeps_the_last() {
        let mut quotes = Quotes::default();
        quotes.quoted(micros(5), Duration::from_secs(10));
        assert_eq!(quotes.largest(), micros(5));
    }
}
