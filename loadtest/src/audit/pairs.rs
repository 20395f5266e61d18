//! The provider's bill against the gateway's charges, request by request.

use std::collections::HashMap;

use super::charge::{Charge, Ending};
use super::records::Records;
use super::{Check, Observed};

pub(super) fn checks(run: &Observed, records: &Records<'_>) -> Vec<Check> {
    let charges = || run.charges.iter();
    let billed = run.bill.iter().map(|line| line.request_id.as_deref().unwrap_or_default());
    let indeterminate = charges().filter(|charge| charge.ending == Ending::Indeterminate).count();
    vec![
        Check::same("lines of the provider's bill: its calls", run.calls_billed, run.bill.len()),
        Check::none("requests billed twice, or without an id", twice(billed)),
        Check::none("requests charged twice", twice(charges().map(|charge| &*charge.request))),
        Check::none("lines of the bill without a charge", uncharged(run, records)),
        Check::none(
            "charges for what is on no bill",
            list(charges().filter(|charge| !charge.charged.is_zero() && !is_sold(charge, records))),
        ),
        Check::none(
            "settled charges at another price than the bill's",
            list(charges().filter(|charge| is_settled_otherwise(charge, records))),
        ),
        Check::none(
            "released holds that were charged",
            list(charges().filter(|charge| is_released(charge) && !charge.charged.is_zero())),
        ),
        Check::none(
            "charges above their hold",
            list(charges().filter(|charge| charge.charged > charge.held)),
        ),
        Check::none(
            "charges whose accounts do not add up",
            list(charges().filter(|charge| !charge.adds_up())),
        ),
        Check::at_most(
            "indeterminate charges: requests in flight at the kills",
            run.kills.in_flight,
            indeterminate as u64,
        ),
    ]
}

fn list<'a>(charges: impl Iterator<Item = &'a Charge>) -> Vec<String> {
    charges.map(described).collect()
}

/// A charge in a line.
pub(crate) fn described(charge: &Charge) -> String {
    let Charge { request, held, charged, overrun, .. } = charge;
    format!("{request}, {}: {charged} of {held} held, overrun {overrun}", charge.ending.name())
}

/// Requests that come more than once, and those without an id.
fn twice<'a>(requests: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut counts = HashMap::<&str, u32>::new();
    for request in requests {
        *counts.entry(request).or_default() += 1;
    }
    let wrong = counts.into_iter().filter(|(request, count)| *count > 1 || request.is_empty());
    wrong.map(|(request, count)| format!("{request:?}, {count} times")).collect()
}

/// The hold is written down before the provider has the request: each line has its charge, if only
/// one of nothing.
fn uncharged(run: &Observed, records: &Records<'_>) -> Vec<String> {
    let lines = run.bill.iter().filter(|line| {
        let request = line.request_id.as_deref().unwrap_or_default();
        records.charges(request).is_empty()
    });
    lines.map(|line| format!("{line:?}")).collect()
}

fn is_sold(charge: &Charge, records: &Records<'_>) -> bool {
    records.bill(&charge.request).iter().any(|line| line.status == 200)
}

/// What is settled costs the provider's usage at the list price; what is above the hold is the
/// platform's.
fn is_settled_otherwise(charge: &Charge, records: &Records<'_>) -> bool {
    let cost = charge.charged.micros() + charge.overrun.micros();
    charge.ending == Ending::Settled && cost != records.price(&charge.request)
}

fn is_released(charge: &Charge) -> bool {
    matches!(charge.ending, Ending::Released(_))
}
