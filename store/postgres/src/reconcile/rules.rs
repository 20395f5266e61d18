//! Which statements make up which check.

use store::Check;

/// What a statement of a check comes with.
#[derive(Clone, Copy)]
pub(super) enum Rule {
    /// Amounts of micro-credits, all of them: `about`, `expected` and `found`. Where it says so in
    /// `in_credits`, some are other figures, and there only if they differ.
    Sums(&'static str),
    /// How many `things` were looked at, and those that are not as they should be.
    Things(&'static str),
    /// Only what is not as it should be.
    Differences(&'static str),
    /// A statement for each pair of tables of which one names rows of the other.
    ForeignKeys(&'static str),
}

pub(super) const fn of(check: Check) -> &'static [Rule] {
    use Rule::{Differences, ForeignKeys, Sums, Things};
    match check {
        Check::Spent => &[Sums(include_str!("spent.sql"))],
        Check::Leased => &[
            Sums(include_str!("leased.sql")),
            Sums(include_str!("lost.sql")),
            Differences(include_str!("lessees.sql")),
        ],
        Check::NeverOver => &[Things(include_str!("never_over.sql"))],
        Check::Path => &[Things(include_str!("path.sql"))],
        Check::References => {
            &[Things(include_str!("references.sql")), ForeignKeys(include_str!("foreign_keys.sql"))]
        }
        Check::Rollups => &[Sums(include_str!("rollups.sql"))],
        Check::Index => &[Things(include_str!("listed.sql"))],
        Check::Balance => {
            &[Sums(include_str!("balance.sql")), Differences(include_str!("between.sql"))]
        }
        Check::Grants => &[Sums(include_str!("grants.sql"))],
        Check::ChargeEntries => &[
            Sums(include_str!("charge_entries.sql")),
            Sums(include_str!("overruns.sql")),
            Sums(include_str!("losses.sql")),
        ],
        Check::Corrections => {
            &[Sums(include_str!("given_back.sql")), Differences(include_str!("corrections.sql"))]
        }
        Check::Sequence => &[Things(include_str!("sequence.sql"))],
    }
}
