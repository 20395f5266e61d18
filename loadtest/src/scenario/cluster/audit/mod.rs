//! What a run on several gateways has to show beside what every run has to.
//!
//! `spending` has the budgets, `kinds` the answers, `faults` what was done to the run, `changes` the
//! limits that were changed under load, `statements` what a warm gateway asks of the store.

mod changes;
mod faults;
mod kinds;
mod spending;
mod statements;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use super::budgets::Budget;
use super::director::Happened;
use super::statements::Statements;
use crate::audit::{Charge, Check, Observed, audit_records};
use crate::cli::Faults;
use crate::installation::StoredGrant;
use crate::traffic::Answered;

/// All that is known about a run.
pub(super) struct Run {
    /// What everybody who kept a record says; its answers are those of all gateways.
    pub(super) records: Observed,
    /// The answers of each gateway.
    pub(super) answers: Vec<Vec<Answered>>,
    pub(super) budgets: Vec<Budget>,
    /// The id of each key, by its name.
    pub(super) keys: BTreeMap<String, String>,
    pub(super) faults: Faults,
    pub(super) max_offline: Duration,
    pub(super) happened: Happened,
    /// The grant of the hot budget, once nothing ran any more.
    pub(super) hot_grant: StoredGrant,
    pub(super) statements: Option<Statements>,
}

/// Every comparison that the run allows.
pub(super) fn audit(run: &Run) -> Vec<Check> {
    let mut checks = spending::checks(run);
    checks.extend(kinds::checks(run));
    checks.extend(faults::checks(run));
    checks.extend(changes::checks(run));
    checks.extend(run.statements.iter().flat_map(statements::checks));
    checks.extend(audit_records(&run.records));
    checks
}

/// Micro-credits of a call on a budget.
const FLAT: u64 = 1_000_000;

/// The calls of a budget, as the store charged them and as their callers saw them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spent {
    /// Charges of the flat price.
    pub(super) charged: u64,
    /// Micro-credits that are no whole calls.
    odd: u64,
    /// Answers 200.
    pub(super) served: u64,
    /// Charges, by ending, whose caller got no whole answer.
    pub(super) indeterminate: u64,
    pub(super) estimated: u64,
    pub(super) cut: u64,
    /// Answers 402.
    pub(super) refused: u64,
}

impl Run {
    /// What was spent of a budget.
    pub(super) fn spent(&self, budget: &Budget) -> Spent {
        let of_keys = |answer: &&Answered| budget.keys.contains(&&*answer.call.key);
        let answers: Vec<_> = self.records.answers.iter().filter(of_keys).collect();
        let served = answers.iter().filter(|answer| answer.is_served());
        let whole: HashSet<_> =
            served.clone().filter_map(|answer| answer.request_id.as_deref()).collect();
        let mut spent = Spent {
            served: served.count() as u64,
            refused: answers.iter().filter(|answer| answer.is_refused()).count() as u64,
            ..Spent::default()
        };
        for charge in self.charges_of(&budget.keys).filter(|charge| !charge.charged.is_zero()) {
            spent.charged += charge.charged.micros() / FLAT;
            spent.odd += charge.charged.micros() % FLAT;
            if !whole.contains(&*charge.request) {
                match charge.ending.name() {
                    "indeterminate" => spent.indeterminate += 1,
                    "estimated" => spent.estimated += 1,
                    _ => spent.cut += 1,
                }
            }
        }
        spent
    }

    /// The charges of these keys.
    fn charges_of<'a>(&'a self, keys: &[&str]) -> impl Iterator<Item = &'a Charge> + use<'a> {
        let ids: HashSet<_> = keys.iter().filter_map(|&key| self.keys.get(key)).collect();
        let charges = self.records.charges.iter();
        charges.filter(move |charge| charge.key.as_ref().is_some_and(|key| ids.contains(key)))
    }

    fn hot(&self) -> Option<&Budget> {
        self.budgets.first()
    }
}
