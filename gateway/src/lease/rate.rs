//! What is spent lately, as a decaying sum: integers only, since it sizes amounts.

use std::time::Duration;

use ledger::Credits;

/// Sums decay in steps of so long.
const STEP: Duration = Duration::from_millis(250);
/// A factor of one, in fixed point.
const ONE_BITS: u32 = 32;

/// A moving average of what is spent, that forgets what is older than a few of its spans.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    span: Duration,
    /// What was spent, each amount less the more the longer ago: on average the spending of one span.
    sum: u64,
    /// The step up to which it has decayed.
    step: u64,
}

impl Rate {
    pub(super) const fn over(span: Duration) -> Self {
        Self { span, sum: 0, step: 0 }
    }

    pub(super) fn spent(&mut self, amount: Credits, now: Duration) {
        self.sum = self.decayed(now).saturating_add(amount.micros());
        self.step = self.step.max(steps(now));
    }

    /// What would be spent in a while if it went on like this.
    pub(super) fn ahead(&self, runway: Duration, now: Duration) -> Credits {
        let spans = u128::from(self.decayed(now)) * runway.as_millis();
        let micros = u64::try_from(spans / self.span.as_millis().max(1)).ok();
        micros.and_then(Credits::from_micros).unwrap_or(Credits::MAX)
    }

    fn decayed(&self, now: Duration) -> u64 {
        let kept = power(kept_in_a_step(self.span), steps(now).saturating_sub(self.step));
        let kept = (u128::from(self.sum) * u128::from(kept)) >> ONE_BITS;
        u64::try_from(kept).unwrap_or(u64::MAX)
    }
}

fn steps(now: Duration) -> u64 {
    u64::try_from(now.as_millis() / STEP.as_millis()).unwrap_or(u64::MAX)
}

/// What of a sum is left after one step.
fn kept_in_a_step(span: Duration) -> u64 {
    let steps = steps(span).max(2);
    ((steps - 1) << ONE_BITS) / steps
}

/// A factor of less than one to a power.
fn power(mut factor: u64, mut exponent: u64) -> u64 {
    let mut product = 1_u64 << ONE_BITS;
    let times = |a: u64, b: u64| {
        u64::try_from((u128::from(a) * u128::from(b)) >> ONE_BITS).unwrap_or(u64::MAX)
    };
    while exponent > 0 {
        if exponent % 2 == 1 {
            product = times(product, factor);
        }
        factor = times(factor, factor);
        exponent /= 2;
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credits(credits: u64) -> Credits {
        Credits::from_micros(credits * 1_000_000).unwrap()
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Ten credits a second, for so long.
    fn steady(span: Duration, seconds: u64) -> Rate {
        let mut rate = Rate::over(span);
        for quarter in 0..seconds * 4 {
            rate.spent(
                Credits::from_micros(2_500_000).unwrap(),
                at(1_000) + STEP * u32::try_from(quarter).unwrap(),
            );
        }
        rate
    }

    #[test]
    fn a_steady_rate_is_found_to_a_few_parts_in_a_hundred() {
        for span in [at(5), at(60)] {
            let rate = steady(span, 600);
            let ahead = rate.ahead(at(300), at(1_600));
            assert!((credits(2_800)..=credits(3_100)).contains(&ahead), "{ahead}");
        }
    }

    #[test]
    fn the_short_one_sees_a_burst_first_and_forgets_it_first() {
        let (mut short, mut long) = (steady(at(5), 600), steady(at(60), 600));
        for rate in [&mut short, &mut long] {
            rate.spent(credits(1_000), at(1_600));
        }
        let ahead = |now| (short.ahead(at(300), now), long.ahead(at(300), now));
        let (now_short, now_long) = ahead(at(1_600));
        assert!(now_short > now_long);
        let (then_short, then_long) = ahead(at(1_640));
        assert!(then_short < then_long);
    }

    #[test]
    fn after_a_long_silence_nothing_is_left() {
        let rate = steady(at(60), 60);
        assert_eq!(rate.ahead(at(300), at(100_000)), Credits::ZERO);
    }

    #[test]
    fn an_instant_that_is_behind_counts_as_the_last() {
        let mut rate = steady(at(5), 60);
        let before = rate.ahead(at(300), at(1_060));
        rate.spent(Credits::ZERO, at(10));
        assert_eq!(rate.ahead(at(300), at(1_060)), before);
    }

    #[test]
    fn it_has_an_end() {
        let mut rate = Rate::over(at(5));
        rate.spent(Credits::MAX, at(1));
        rate.spent(Credits::MAX, at(1));
        assert_eq!(rate.ahead(at(300), at(1)), Credits::MAX);
    }
}
