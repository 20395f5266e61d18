//! Amounts of credits: whole, never negative, checked.

use std::fmt;
use std::str::FromStr;

/// An amount of credits, counted in whole micro-credits (10^-6 credit).
///
/// Never negative and never above `i64::MAX`, so that it fits a `BIGINT`. It prints and parses as
/// the decimal string used on every wire: credits with at most six places, `12.5`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Credits(u64);

/// Micro-credits in one credit.
const MICROS_PER_CREDIT: u64 = 1_000_000;
const PLACES: usize = 6;

impl Credits {
    /// No credits.
    pub const ZERO: Self = Self(0);
    /// The largest amount there is: `i64::MAX` micro-credits.
    pub const MAX: Self = Self(i64::MAX.unsigned_abs());

    /// An amount of so many micro-credits, or `None` above [`Credits::MAX`].
    #[must_use]
    pub const fn from_micros(micros: u64) -> Option<Self> {
        if micros <= Self::MAX.0 { Some(Self(micros)) } else { None }
    }

    /// The amount in micro-credits.
    #[must_use]
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// The amount in micro-credits, as SQL stores it.
    #[must_use]
    pub fn micros_i64(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }

    /// Whether this is no credits at all.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum, or `None` above [`Credits::MAX`].
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Self::from_micros(sum),
            None => None,
        }
    }

    /// The difference, or `None` when `other` is larger: "short" is an answer, not an underflow.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(difference) => Some(Self(difference)),
            None => None,
        }
    }

    /// The sum, or [`Credits::MAX`]: for figures that are shown or compared, and for parts of what
    /// is known to fit.
    #[must_use]
    pub fn saturating_add(self, other: Self) -> Self {
        self.checked_add(other).unwrap_or(Self::MAX)
    }

    /// The difference, or nothing when `other` is larger.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Credits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.0.div_euclid(MICROS_PER_CREDIT);
        let micros = self.0.rem_euclid(MICROS_PER_CREDIT);
        if micros == 0 {
            return write!(f, "{whole}");
        }
        let (mut places, mut digits) = (micros, PLACES);
        while places.is_multiple_of(10) {
            places = places.div_euclid(10);
            digits = digits.saturating_sub(1);
        }
        write!(f, "{whole}.{places:0digits$}")
    }
}

/// Why a text is not an amount of credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseCreditsError {
    /// Not digits with at most one point between them.
    Malformed,
    /// More than six decimal places.
    TooPrecise,
    /// More than [`Credits::MAX`].
    TooLarge,
}

impl fmt::Display for ParseCreditsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "an amount of credits is a decimal string such as \"12.5\"",
            Self::TooPrecise => "an amount of credits has at most six decimal places",
            Self::TooLarge => "an amount of credits is at most 9223372036854.775807",
        })
    }
}

impl std::error::Error for ParseCreditsError {}

impl FromStr for Credits {
    type Err = ParseCreditsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (whole, places) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(places) {
            return Err(ParseCreditsError::Malformed);
        }
        if places.len() > PLACES {
            return Err(ParseCreditsError::TooPrecise);
        }
        let whole: u64 = whole.parse().map_err(|_| ParseCreditsError::TooLarge)?;
        let places: u64 =
            format!("{places:0<PLACES$}").parse().map_err(|_| ParseCreditsError::Malformed)?;
        whole
            .checked_mul(MICROS_PER_CREDIT)
            .and_then(|micros| micros.checked_add(places))
            .and_then(Self::from_micros)
            .ok_or(ParseCreditsError::TooLarge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_reads_back_as_it_prints() {
        for (text, micros) in [("0", 0), ("12.5", 12_500_000), ("0.000001", 1), ("7", 7_000_000)] {
            let amount: Credits = text.parse().unwrap();
            assert_eq!((amount.micros(), amount.to_string().as_str()), (micros, text));
        }
        assert_eq!(Credits::MAX.to_string().parse(), Ok(Credits::MAX));
    }

    #[test]
    fn what_is_not_an_amount_is_refused_by_name() {
        for text in ["", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", " 1", "1.2.3", "NaN"] {
            assert_eq!(text.parse::<Credits>(), Err(ParseCreditsError::Malformed), "{text}");
        }
        assert_eq!("0.0000001".parse::<Credits>(), Err(ParseCreditsError::TooPrecise));
        for text in ["9223372036854.775808", "99999999999999999999"] {
            assert_eq!(text.parse::<Credits>(), Err(ParseCreditsError::TooLarge), "{text}");
        }
    }
}
