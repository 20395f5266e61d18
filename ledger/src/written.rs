//! A hold as it was written down: what is left of it when the gateway that took it has died.

use smallvec::SmallVec;

use crate::hold::burn;
use crate::{AccountId, Credits, GrantKind, Instant, Line, LineSource, Part};

/// What a hold took from one account, as it stands in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenPart {
    /// The account it was taken from.
    pub account: AccountId,
    /// How much.
    pub amount: Credits,
    /// The grant's kind, or `None` for a limit.
    pub grant: Option<GrantKind>,
    /// First instant after the account, by which grants of a kind burn.
    pub ends: Instant,
}

impl From<&Part> for WrittenPart {
    fn from(part: &Part) -> Self {
        Self { account: part.account, amount: part.amount, grant: part.grant, ends: part.ends }
    }
}

/// How a hold that outlived its gateway ends. There is no book to close it in: what it did not
/// spend goes back with the lease of the start that took it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenSettlement {
    /// What was held.
    pub held: Credits,
    /// What the customer pays.
    pub charged: Credits,
    /// What each account pays; accounts that pay nothing have no line.
    pub lines: SmallVec<[Line; 8]>,
}

/// The parts of a hold with those of its extensions, as one hold: the same as [`crate::Hold::join`].
#[must_use]
pub fn join_written(mut parts: Vec<WrittenPart>, extension: &[WrittenPart]) -> Vec<WrittenPart> {
    for part in extension {
        match parts.iter_mut().find(|own| own.account == part.account) {
            Some(own) => own.amount = own.amount.saturating_add(part.amount),
            None => parts.push(*part),
        }
    }
    // As the grants burn; the sort is stable.
    parts.sort_by_key(|part| (part.grant, part.ends));
    parts
}

/// Ends the parts of a hold with a cost, by the same rule as [`crate::Hold::settle`].
#[must_use]
pub fn settle_written(parts: &[WrittenPart], cost: Credits) -> WrittenSettlement {
    let grants = parts.iter().filter(|part| part.grant.is_some());
    let held = grants.fold(Credits::ZERO, |sum, part| sum.saturating_add(part.amount));
    let charged = cost.min(held);
    let shares = burn(parts.iter().map(|part| (part.grant, part.amount)), charged);
    let lines = parts.iter().zip(shares).filter(|(_, share)| !share.is_zero());
    let lines = lines.map(|(part, amount)| Line {
        account: part.account,
        source: part.grant.map_or(LineSource::Limit, LineSource::Grant),
        amount,
    });
    WrittenSettlement { held, charged, lines: lines.collect() }
}
