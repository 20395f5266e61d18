//! The limits that were changed under load: in force when the admin's answer said so, and exact.

use super::{FLAT, Run};
use crate::audit::{Charge, Check, described_charge};
use crate::cli::Faults;
use crate::scenario::cluster::budgets::{ADDED, LOWERED, TRIMMED};
use crate::scenario::cluster::director::LimitChange;

pub(super) fn checks(run: &Run) -> Vec<Check> {
    if run.faults != Faults::None {
        return Vec::new();
    }
    let of = |name| run.happened.changes.iter().find(|change| change.name == name);
    let (Some(added), Some(lowered), Some(trimmed)) = (of(ADDED), of(LOWERED), of(TRIMMED)) else {
        return vec![Check::same("limits changed under load", 3, run.happened.changes.len())];
    };
    vec![
        Check::none(
            "limits changed that were not in force on every gateway",
            run.happened.changes.iter().filter(|it| !is_everywhere(run, it)).map(told).collect(),
        ),
        Check::same("limit added under load: calls counted", added.calls, counted(run, added)),
        Check::none(
            "calls that passed the added limit by once it was in force",
            admitted_since(run, added, |charge| !counts(charge)),
        ),
        Check::at_least(
            "limit lowered below what was spent: calls counted",
            lowered.calls + 1,
            counted(run, lowered),
        ),
        Check::none("calls admitted once it was lowered", admitted_since(run, lowered, |_| true)),
        Check::same(
            "limit lowered below what was leased: calls counted",
            trimmed.calls,
            counted(run, trimmed),
        ),
        Check::none("limits changed that refused nothing", unrefused(run)),
    ]
}

fn is_everywhere(run: &Run, change: &LimitChange) -> bool {
    let (nodes, of) = (change.applied.nodes, change.applied.of);
    nodes == of && usize::try_from(of).is_ok_and(|of| of == run.answers.len())
}

fn told(change: &LimitChange) -> String {
    format!("{}: {:?}", change.name, change.applied)
}

/// Calls that the limit counted.
fn counted(run: &Run, change: &LimitChange) -> u64 {
    let charges = run.charges_of(&[change.name]).filter(|charge| counts(charge));
    charges.map(|charge| charge.charged.micros() / FLAT).sum()
}

/// Whether a limit is among those that paid: the member has no other.
fn counts(charge: &Charge) -> bool {
    charge.lines.iter().any(|line| line.source == "limit")
}

fn admitted_since(run: &Run, change: &LimitChange, wrong: impl Fn(&Charge) -> bool) -> Vec<String> {
    let since = run.charges_of(&[change.name]).filter(|charge| charge.admitted > change.in_force);
    let charged = since.filter(|charge| !charge.charged.is_zero());
    charged.filter(|charge| wrong(charge)).map(described_charge).collect()
}

fn unrefused(run: &Run) -> Vec<String> {
    let refuses = |change: &&LimitChange| {
        let mut answers = run.records.answers.iter();
        answers.any(|answer| &*answer.call.key == change.name && answer.is_refused())
    };
    run.happened.changes.iter().filter(|change| !refuses(change)).map(told).collect()
}
