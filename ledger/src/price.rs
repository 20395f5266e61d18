//! Usage becomes credits here, and all rounding happens here.

use std::fmt;

use crate::Credits;

/// What a price counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// One request, whatever it does: the flat price.
    Request,
    /// Input tokens that were neither read from nor written to a cache.
    InputToken,
    /// Input tokens read from the provider's cache.
    CachedInputToken,
    /// Input tokens written to the provider's cache.
    CacheWriteToken,
    /// Input tokens written to the provider's cache for an hour.
    CacheWriteHourToken,
    /// Output tokens, reasoning included.
    OutputToken,
    /// Images delivered.
    Image,
}

impl Unit {
    /// Every unit, in the order of storage.
    pub const ALL: [Self; 7] = [
        Self::Request,
        Self::InputToken,
        Self::CachedInputToken,
        Self::CacheWriteToken,
        Self::CacheWriteHourToken,
        Self::OutputToken,
        Self::Image,
    ];

    /// The units that input tokens can turn out to be.
    pub const INPUT: [Self; 4] = [
        Self::InputToken,
        Self::CachedInputToken,
        Self::CacheWriteToken,
        Self::CacheWriteHourToken,
    ];

    /// The unit's name in config, SQL and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "requests",
            Self::InputToken => "input_tokens",
            Self::CachedInputToken => "cached_input_tokens",
            Self::CacheWriteToken => "cache_write_tokens",
            Self::CacheWriteHourToken => "cache_write_hour_tokens",
            Self::OutputToken => "output_tokens",
            Self::Image => "images",
        }
    }

    const fn index(self) -> usize {
        match self {
            Self::Request => 0,
            Self::InputToken => 1,
            Self::CachedInputToken => 2,
            Self::CacheWriteToken => 3,
            Self::CacheWriteHourToken => 4,
            Self::OutputToken => 5,
            Self::Image => 6,
        }
    }
}

/// What was consumed, or what could be at most: a count for every unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage([u64; Unit::ALL.len()]);

impl Usage {
    /// The count of a unit.
    #[must_use]
    pub fn get(&self, unit: Unit) -> u64 {
        self.0.get(unit.index()).copied().unwrap_or(0)
    }

    /// This usage with the count of one unit replaced.
    #[must_use]
    pub fn with(mut self, unit: Unit, count: u64) -> Self {
        if let Some(slot) = self.0.get_mut(unit.index()) {
            *slot = count;
        }
        self
    }

    /// Input tokens of every kind together.
    #[must_use]
    pub fn input_tokens(&self) -> u64 {
        Unit::INPUT.iter().fold(0, |sum, unit| self.get(*unit).saturating_add(sum))
    }
}

/// How many units a rate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// One unit: a request, an image.
    One,
    /// 1,000,000 units: tokens.
    Million,
}

/// Integer micro-credits per so many units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The price of `per` units.
    pub credits: Credits,
    /// How many units that buys.
    pub per: Per,
}

impl Rate {
    /// Micro-credits per million units, the common denominator of all rates.
    fn micros_per_million(self) -> u128 {
        let micros = u128::from(self.credits.micros());
        match self.per {
            Per::One => micros.saturating_mul(u128::from(MILLION)),
            Per::Million => micros,
        }
    }
}

const MILLION: u64 = 1_000_000;

/// The rates of one model, or of one variant of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Price([Option<Rate>; Unit::ALL.len()]);

/// Why usage has no cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceError {
    /// Something was consumed that has no price: refused, never free.
    Unpriced(Unit),
    /// The cost is beyond [`Credits::MAX`].
    Overflow,
}

impl fmt::Display for PriceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unpriced(unit) => write!(f, "no price for {}", unit.name()),
            Self::Overflow => f.write_str("the cost is larger than any amount of credits"),
        }
    }
}

impl std::error::Error for PriceError {}

impl Price {
    /// This price with the rate of one unit set.
    #[must_use]
    pub fn with(mut self, unit: Unit, rate: Rate) -> Self {
        if let Some(slot) = self.0.get_mut(unit.index()) {
            *slot = Some(rate);
        }
        self
    }

    /// The rate of a unit, if it has one.
    #[must_use]
    pub fn rate(&self, unit: Unit) -> Option<Rate> {
        self.0.get(unit.index()).copied().flatten()
    }

    /// What this usage costs: every component summed exactly, then rounded up once.
    ///
    /// Quotes and charges both come from here. Rounding up favours the platform by less than one
    /// micro-credit a request.
    ///
    /// # Errors
    /// [`PriceError::Unpriced`] when a unit was used that has no rate, [`PriceError::Overflow`]
    /// when the cost is beyond [`Credits::MAX`].
    pub fn cost(&self, usage: &Usage) -> Result<Credits, PriceError> {
        let mut sum: u128 = 0;
        for (unit, (count, rate)) in Unit::ALL.iter().zip(usage.0.iter().zip(&self.0)) {
            if *count == 0 {
                continue;
            }
            let rate = rate.ok_or(PriceError::Unpriced(*unit))?;
            let part = rate.micros_per_million().checked_mul(u128::from(*count));
            sum = part.and_then(|part| sum.checked_add(part)).ok_or(PriceError::Overflow)?;
        }
        let micros = sum.div_ceil(u128::from(MILLION));
        u64::try_from(micros).ok().and_then(Credits::from_micros).ok_or(PriceError::Overflow)
    }

    /// The unit that input tokens cost most as: what a quote must count them as.
    #[must_use]
    pub fn dearest_input(&self) -> Unit {
        // Free is dearer than unpriced, which would refuse.
        let dearness = |unit: &Unit| self.rate(*unit).map(Rate::micros_per_million);
        // Of equals the last is the greatest to `max_by_key`: in reverse, plain input.
        Unit::INPUT.into_iter().rev().max_by_key(dearness).unwrap_or(Unit::InputToken)
    }

    /// The largest count of `unit` for which `usage` costs no more than `credits`, at most the
    /// count that `usage` already has of it; `None` when even none of it is too dear.
    #[must_use]
    pub fn most_affordable(&self, unit: Unit, usage: Usage, credits: Credits) -> Option<u64> {
        let fits = |count| self.cost(&usage.with(unit, count)).is_ok_and(|cost| cost <= credits);
        if !fits(0) {
            return None;
        }
        let (mut fitting, mut beyond) = (0, usage.get(unit).saturating_add(1));
        while beyond.saturating_sub(fitting) > 1 {
            let middle = fitting.midpoint(beyond);
            if fits(middle) { fitting = middle } else { beyond = middle }
        }
        Some(fitting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credits(text: &str) -> Credits {
        text.parse().unwrap()
    }

    fn chat() -> Price {
        Price::default()
            .with(Unit::InputToken, Rate { credits: credits("2.5"), per: Per::Million })
            .with(Unit::OutputToken, Rate { credits: credits("10"), per: Per::Million })
    }

    #[test]
    fn components_are_summed_first_and_rounded_up_once() {
        // 2.5 + 10 micro-credits: rounding each up would give 13 as well, two inputs tell.
        let one = Usage::default().with(Unit::InputToken, 1).with(Unit::OutputToken, 1);
        assert_eq!(chat().cost(&one), Ok(credits("0.000013")));
        let two = one.with(Unit::InputToken, 2);
        assert_eq!(chat().cost(&two), Ok(credits("0.000015")));
    }

    #[test]
    fn a_unit_without_a_price_is_refused_and_not_free() {
        let images = Usage::default().with(Unit::Image, 1);
        assert_eq!(chat().cost(&images), Err(PriceError::Unpriced(Unit::Image)));
        assert_eq!(chat().cost(&Usage::default()), Ok(Credits::ZERO));
    }

    #[test]
    fn overflow_refuses_and_never_wraps() {
        let absurd = Usage::default().with(Unit::OutputToken, u64::MAX);
        let dear =
            Price::default().with(Unit::OutputToken, Rate { credits: Credits::MAX, per: Per::One });
        assert_eq!(dear.cost(&absurd), Err(PriceError::Overflow));
        assert_eq!(chat().cost(&absurd), Err(PriceError::Overflow));
    }

    #[test]
    fn the_most_affordable_count_fits_and_one_more_does_not() {
        let usage = Usage::default().with(Unit::InputToken, 100).with(Unit::OutputToken, 4_096);
        let most = |amount: &str| chat().most_affordable(Unit::OutputToken, usage, credits(amount));
        assert_eq!(most("0.000249"), None);
        assert_eq!(most("0.00025"), Some(0));
        assert_eq!(most("0.000259"), Some(0));
        assert_eq!(most("0.00026"), Some(1));
        assert_eq!(most("1"), Some(4_096));
    }

    #[test]
    fn a_quote_counts_input_at_its_dearest() {
        let price = chat()
            .with(Unit::CacheWriteToken, Rate { credits: credits("3.125"), per: Per::Million });
        assert_eq!(price.dearest_input(), Unit::CacheWriteToken);
        // Free input is what there is a price for; without any, it is plain input that has none.
        let free = Rate { credits: Credits::ZERO, per: Per::Million };
        let free = Price::default().with(Unit::InputToken, free);
        assert_eq!(free.dearest_input(), Unit::InputToken);
        assert_eq!(Price::default().dearest_input(), Unit::InputToken);
    }
}
