//! What accounts reach that somebody should hear of.

use ledger::{AccountId, Credits, Instant};

/// A point that spending has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Threshold {
    /// 80 % of a limit's period are spent.
    Limit80,
    /// All of it is.
    Limit100,
    /// The grants that live have 20 % of their sum left, or less.
    CreditsLow,
    /// They have nothing left.
    CreditsExhausted,
}

impl Threshold {
    /// Every threshold; of two that are reached at once, the one that is usually reached first.
    pub const ALL: [Self; 4] =
        [Self::Limit80, Self::Limit100, Self::CreditsLow, Self::CreditsExhausted];

    /// The threshold's name in JSON and SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Limit80 => "limit_80",
            Self::Limit100 => "limit_100",
            Self::CreditsLow => "credits_low",
            Self::CreditsExhausted => "credits_exhausted",
        }
    }

    /// The threshold of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|threshold| threshold.name() == name)
    }
}

/// That an account has reached a threshold; each does so once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThresholdEvent {
    /// The limit's period, or the grant that moved last.
    pub account: AccountId,
    /// What was reached.
    pub threshold: Threshold,
    /// The instant of what caused it.
    pub at: Instant,
    /// The ceiling, or the sum of the grants that live.
    pub amount: Credits,
    /// What was left of it.
    pub remaining: Credits,
}

/// What is there to spend and what of it is left: of a limit, or of grants together, which may be
/// more than any single amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    amount: u128,
    remaining: u128,
}

impl Level {
    /// A ceiling of which so much is spent, or gone in another way.
    #[must_use]
    pub fn new(amount: Credits, gone: Credits) -> Self {
        let remaining = amount.saturating_sub(gone).micros().into();
        Self { amount: amount.micros().into(), remaining }
    }

    /// Sums of micro-credits.
    #[must_use]
    pub const fn of_micros(amount: u128, remaining: u128) -> Self {
        Self { amount, remaining }
    }

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            amount: self.amount.saturating_add(other.amount),
            remaining: self.remaining.saturating_add(other.remaining),
        }
    }

    /// The first without the second, which is part of it.
    #[must_use]
    pub const fn without(self, part: Self) -> Self {
        Self {
            amount: self.amount.saturating_sub(part.amount),
            remaining: self.remaining.saturating_sub(part.remaining),
        }
    }

    /// The whole in credits, or the most that there can be.
    #[must_use]
    pub fn amount(self) -> Credits {
        clamped(self.amount)
    }

    /// What is left in credits, or the most that there can be.
    #[must_use]
    pub fn remaining(self) -> Credits {
        clamped(self.remaining)
    }

    const fn low(self) -> bool {
        self.remaining.saturating_mul(5) <= self.amount
    }

    const fn gone(self) -> bool {
        self.remaining == 0
    }
}

fn clamped(micros: u128) -> Credits {
    u64::try_from(micros).ok().and_then(Credits::from_micros).unwrap_or(Credits::MAX)
}

/// The thresholds of a limit's period that lie between two states of it. Of one that nobody has
/// spent from, none is reached, whatever its amount.
pub fn limit_thresholds(
    (amount_before, spent_before): (Credits, Credits),
    (amount, spent): (Credits, Credits),
) -> impl Iterator<Item = Threshold> {
    let reached = |amount: Credits, spent: Credits| {
        let level = Level::new(amount, spent);
        let some = !spent.is_zero();
        [(Threshold::Limit80, some && level.low()), (Threshold::Limit100, some && level.gone())]
    };
    between(reached(amount_before, spent_before), reached(amount, spent))
}

/// The thresholds of the grants that live that lie between two states of them.
pub fn credit_thresholds(before: Level, after: Level) -> impl Iterator<Item = Threshold> {
    let reached = |level: Level| {
        [(Threshold::CreditsLow, level.low()), (Threshold::CreditsExhausted, level.gone())]
    };
    between(reached(before), reached(after))
}

fn between(
    before: [(Threshold, bool); 2],
    after: [(Threshold, bool); 2],
) -> impl Iterator<Item = Threshold> {
    let pairs = before.into_iter().zip(after);
    pairs.filter_map(|((_, was), (threshold, is))| (!was && is).then_some(threshold))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credits(micros: u64) -> Credits {
        Credits::from_micros(micros).unwrap()
    }

    fn of_limit(before: (u64, u64), after: (u64, u64)) -> Vec<Threshold> {
        let state = |(amount, spent)| (credits(amount), credits(spent));
        limit_thresholds(state(before), state(after)).collect()
    }

    #[test]
    fn a_limit_is_told_at_80_percent_and_at_the_last_credit() {
        let both = vec![Threshold::Limit80, Threshold::Limit100];
        assert_eq!(of_limit((100, 0), (100, 79)), []);
        assert_eq!(of_limit((100, 79), (100, 80)), [Threshold::Limit80]);
        assert_eq!(of_limit((100, 80), (100, 99)), []);
        assert_eq!(of_limit((100, 99), (100, 100)), [Threshold::Limit100]);
        assert_eq!(of_limit((100, 10), (100, 250)), both);
        // Four fifths of 3 are between 2 and 3.
        assert_eq!(of_limit((3, 0), (3, 2)), []);
        assert_eq!(of_limit((3, 2), (3, 3)), both);
    }

    #[test]
    fn a_lowered_limit_is_told_and_one_that_nobody_uses_is_not() {
        assert_eq!(of_limit((100, 50), (60, 50)), [Threshold::Limit80]);
        assert_eq!(of_limit((60, 50), (0, 50)), [Threshold::Limit100]);
        assert_eq!(of_limit((100, 0), (0, 0)), []);
        assert_eq!(of_limit((60, 50), (100, 50)), []);
    }

    #[test]
    fn credits_are_low_at_a_fifth_and_exhausted_at_nothing() {
        let level = |amount, gone| Level::new(credits(amount), credits(gone));
        let told = |before, after| credit_thresholds(before, after).collect::<Vec<_>>();
        assert_eq!(told(level(100, 0), level(100, 79)), []);
        assert_eq!(told(level(100, 79), level(100, 80)), [Threshold::CreditsLow]);
        assert_eq!(told(level(100, 80), level(100, 100)), [Threshold::CreditsExhausted]);
        let two = level(100, 100).and(level(100, 50));
        assert_eq!(told(two, two.without(level(100, 50))).len(), 2);
        let most = Level::new(Credits::MAX, Credits::ZERO);
        assert_eq!(told(most.and(most), most), []);
        assert_eq!(most.and(most).remaining(), Credits::MAX);
    }
}
