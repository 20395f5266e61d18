//! Whether a store adds up: which checks there are, what they found, and what is still open.

use std::fmt;

use ledger::{AccountId, Credits, Epoch, HoldId, Instant, MemberId, NodeId, OrgId};

/// A rule that what is stored must keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// Each account has spent what it opened with and what its charges say, less what corrections
    /// gave back.
    Spent,
    /// Each account is leased, and has written off, what its leases say, and each lease is of a start
    /// that there was.
    Leased,
    /// No account has more spent, leased, reserved, expired and written off than its amount, or than
    /// what that sum was when the amount was last changed.
    NeverOver,
    /// Each charge is the same on every limit and on all grants together, and at most its hold.
    Path,
    /// Each charge is of an organisation, a gateway's start, a series and accounts that there are.
    References,
    /// Usage by the hour is what the charges say, less what corrections gave back.
    Rollups,
    /// Each charge is found by its hour, and each indeterminate one by the list of them.
    Index,
    /// The lines of each transfer sum to nothing.
    Balance,
    /// The lines of each grant are what it has left.
    Grants,
    /// The charges on the books of each grant are those of its requests, and what is booked as
    /// overrun is what its organisation's requests overran; what is booked as lost is written off.
    ChargeEntries,
    /// What corrections gave back is the same on every limit and on all grants together, at most the
    /// charge, and stands in the account and on the books.
    Corrections,
    /// Transfers are numbered without a gap, and nothing is ahead of the sync that made it.
    Sequence,
}

impl Check {
    /// Every check, in the order that they are told in.
    pub const ALL: [Self; 12] = [
        Self::Spent,
        Self::Leased,
        Self::NeverOver,
        Self::Path,
        Self::References,
        Self::Rollups,
        Self::Index,
        Self::Balance,
        Self::Grants,
        Self::ChargeEntries,
        Self::Corrections,
        Self::Sequence,
    ];

    /// The check's name in JSON and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spent => "spent",
            Self::Leased => "leased",
            Self::NeverOver => "never_over",
            Self::Path => "path",
            Self::References => "references",
            Self::Rollups => "rollups",
            Self::Index => "index",
            Self::Balance => "balance",
            Self::Grants => "grants",
            Self::ChargeEntries => "charge_entries",
            Self::Corrections => "corrections",
            Self::Sequence => "sequence",
        }
    }
}

/// Something of which a check says how much there should be, and how much there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Micro-credits: a sum over accounts may be more than any one account has, or negative.
    Credits(i128),
    /// So many of what was looked at.
    Count(u64),
}

impl From<Credits> for Figure {
    fn from(credits: Credits) -> Self {
        Self::Credits(credits.micros().into())
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Credits(micros) => {
                let sign = if *micros < 0 { "-" } else { "" };
                let micros = micros.unsigned_abs();
                let (whole, places) = (micros / 1_000_000, micros % 1_000_000);
                let decimals = format!("{places:06}");
                let decimals = decimals.trim_end_matches('0');
                let point = if decimals.is_empty() { "" } else { "." };
                write!(f, "{sign}{whole}{point}{decimals}")
            }
        }
    }
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is about: ids, as they are printed everywhere.
    pub about: String,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Which check.
    pub check: Check,
    /// The sum of what there should be, or how many things were looked at.
    pub expected: Figure,
    /// The sum of what there is, or how many of the things are as they should be.
    pub found: Figure,
    /// The first [`MOST_DIFFERENCES`] of them.
    pub differences: Vec<Difference>,
    /// How many differences there are.
    pub different: u64,
}

/// How many differences a check remembers: with more, something is wrong that no list explains.
pub const MOST_DIFFERENCES: usize = 100;

impl Checked {
    /// A check that compares sums of credits and has found nothing yet.
    #[must_use]
    pub const fn of_credits(check: Check) -> Self {
        Self::new(check, Figure::Credits(0))
    }

    /// A check that counts what is as it should be and has found nothing yet.
    #[must_use]
    pub const fn of_things(check: Check) -> Self {
        Self::new(check, Figure::Count(0))
    }

    const fn new(check: Check, nothing: Figure) -> Self {
        let (expected, found) = (nothing, nothing);
        Self { check, expected, found, differences: Vec::new(), different: 0 }
    }

    /// Whether there is no difference.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.different == 0
    }

    /// Compares two amounts of micro-credits and adds them to the sums of a check of credits.
    pub fn compare(&mut self, about: impl FnOnce() -> String, expected: i128, found: i128) {
        add(&mut self.expected, expected);
        add(&mut self.found, found);
        if expected != found {
            let [expected, found] = [expected, found].map(Figure::Credits);
            self.differ(about(), expected.to_string(), found.to_string());
        }
    }

    /// Counts a thing in a check of things: one that is as it should be, or one that is not.
    pub fn count(&mut self, wrong: Option<Difference>) {
        add(&mut self.expected, 1);
        match wrong {
            None => add(&mut self.found, 1),
            Some(Difference { about, expected, found }) => self.differ(about, expected, found),
        }
    }

    /// Takes in a difference, and leaves the figures as they are.
    pub fn differ(&mut self, about: String, expected: String, found: String) {
        self.different = self.different.saturating_add(1);
        if self.differences.len() < MOST_DIFFERENCES {
            self.differences.push(Difference { about, expected, found });
        }
    }
}

fn add(figure: &mut Figure, more: i128) {
    match figure {
        Figure::Credits(sum) => *sum = sum.saturating_add(more),
        Figure::Count(count) => *count = count.saturating_add(u64::try_from(more).unwrap_or(0)),
    }
}

/// Credits that an earlier start of a gateway has leased: they come back when it has replayed its
/// journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InDoubt {
    /// The organisation.
    pub org: OrgId,
    /// The account.
    pub account: AccountId,
    /// The gateway.
    pub node: NodeId,
    /// Its start.
    pub epoch: Epoch,
    /// How much.
    pub amount: Credits,
}

/// A request that was charged by a journal after its gateway had died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndeterminateFigures {
    /// The request.
    pub hold: HoldId,
    /// The organisation that paid.
    pub org: OrgId,
    /// The member that called.
    pub member: MemberId,
    /// When it was admitted.
    pub admitted: Instant,
    /// What was held.
    pub held: Credits,
    /// What was charged.
    pub charged: Credits,
    /// What corrections gave back of it.
    pub refunded: Credits,
}

/// Everything that was found, as of one state of the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciliation {
    /// The checks that were made.
    pub checks: Vec<Checked>,
    /// Credits that nobody can spend now. No difference: a gateway that starts settles it.
    pub in_doubt: Vec<InDoubt>,
    /// Charges that somebody may want to correct. No difference either.
    pub indeterminate: Vec<IndeterminateFigures>,
}

impl Reconciliation {
    /// Whether no check has found a difference.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.checks.iter().all(Checked::holds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_amounts_do_and_may_be_negative() {
        for (micros, text) in [
            (0, "0"),
            (12_500_000, "12.5"),
            (-1, "-0.000001"),
            (-2_000_000, "-2"),
            (i128::from(u64::MAX) * 10, "184467440737095.51615"),
        ] {
            assert_eq!(Figure::Credits(micros).to_string(), text);
        }
        assert_eq!(Figure::from(Credits::MAX).to_string(), Credits::MAX.to_string());
    }

    #[test]
    fn differences_are_counted_beyond_those_that_are_remembered() {
        let mut checked = Checked::of_credits(Check::Spent);
        for _ in 0..250 {
            checked.compare(|| "acc_1".to_owned(), 3, 5);
        }
        checked.compare(|| "acc_2".to_owned(), 7, 7);
        assert_eq!((checked.different, checked.differences.len()), (250, MOST_DIFFERENCES));
        assert_eq!(
            (checked.expected, checked.found),
            (Figure::Credits(757), Figure::Credits(1_257))
        );
        assert!(!checked.holds());
    }

    #[test]
    fn one_difference_anywhere_is_a_difference() {
        let mut checked = Checked::of_things(Check::Path);
        checked.count(None);
        let mut found = Reconciliation { checks: vec![checked], ..Reconciliation::default() };
        assert!(found.holds());
        let [about, expected, had] = ["req_1-1-1", "5", "4"].map(str::to_owned);
        found.checks[0].count(Some(Difference { about, expected, found: had }));
        assert!(!found.holds());
        assert_eq!(found.checks[0].expected, Figure::Count(2));
        assert_eq!(found.checks[0].found, Figure::Count(1));
    }
}
