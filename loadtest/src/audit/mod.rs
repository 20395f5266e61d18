//! Compares what everybody who kept a record says of a run: the callers, the provider, the gateway,
//! its balances and its store.
//!
//! `charge`, `refused`, `reconciled` and `balance` read the gateway's records, through the `books` those of the store; `prices` works out
//! what the provider's cost; `answers`, `pairs`, `balances` and `refusals` are the comparisons, each
//! a rule with what it expects and what it found.

mod answers;
mod balances;
mod books;
mod charge;
mod check;
mod flagged;
mod pairs;
mod prices;
mod reconciled;
mod records;
mod refusals;
mod refused;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use mock_provider::Line;

use crate::balance::Balance;
use crate::traffic::Answered;

pub(crate) use answers::described;
pub(crate) use balances::Samples;
pub(crate) use books::Books;
pub(crate) use charge::{Charge, charges};
#[cfg(test)]
pub(crate) use charge::{Ending, Paid};
pub(crate) use check::{Check, Report};
pub(crate) use flagged::flagged;
pub(crate) use pairs::described as described_charge;
#[cfg(test)]
pub(crate) use reconciled::{Listed, StoreCheck};
pub(crate) use reconciled::{Reconciled, reconcile};
#[cfg(test)]
pub(crate) use refused::Seen;
pub(crate) use refused::{LOGGED, Refused, refused};

/// All that is known about a run, each from its own source.
#[derive(Clone, Debug)]
pub(crate) struct Observed {
    /// What the callers saw.
    pub(crate) answers: Vec<Answered>,
    /// How many calls the provider says there were.
    pub(crate) calls_billed: u64,
    /// And its line for each.
    pub(crate) bill: Vec<Line>,
    /// What the gateway charged in the run.
    pub(crate) charges: Vec<Charge>,
    /// The balance of each key before the load.
    pub(crate) before: BTreeMap<Arc<str>, Balance>,
    /// And after it, when nothing ran any more.
    pub(crate) after: BTreeMap<Arc<str>, Balance>,
    pub(crate) samples: Samples,
    /// The 402s that the gateway logged.
    pub(crate) refusals: Vec<Refused>,
    /// What the store found of itself at the end, while the gateway was still there.
    pub(crate) beside: Reconciled,
    /// And when it had stopped.
    pub(crate) reconciled: Reconciled,
    pub(crate) kills: Kills,
    /// Whether the store was away for a while, so that a gateway may have answered 503.
    pub(crate) store_away: bool,
}

/// How often the gateway was killed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kills {
    pub(crate) count: u64,
    /// Requests that were under way at the kills, all together.
    pub(crate) in_flight: u64,
}

/// Every comparison that the run allows.
pub(crate) fn audit(run: &Observed) -> Vec<Check> {
    let mut checks = answers_and_bill(run);
    checks.extend(balances::checks(run));
    checks.extend(refusals::checks(run));
    checks.extend(run.beside.audit_beside());
    checks.extend(run.reconciled.audit(&run.charges));
    checks
}

/// Those that need no balance but the one before the load: a gateway that shares its accounts with
/// others tells what they spend when it has heard of it.
pub(crate) fn audit_records(run: &Observed) -> Vec<Check> {
    let mut checks = answers_and_bill(run);
    checks.extend(refusals::checks(run));
    checks.extend(run.reconciled.audit(&run.charges));
    checks
}

fn answers_and_bill(run: &Observed) -> Vec<Check> {
    let records = records::Records::of(&run.charges, &run.bill);
    let mut checks = answers::checks(run, &records);
    checks.extend(pairs::checks(run, &records));
    checks
}
