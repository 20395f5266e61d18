//! What was found, as one JSON object: amounts are decimal strings of credits.

use serde::Serialize;
use store::{Checked, Difference, InDoubt, IndeterminateFigures, Reconciliation};

#[derive(Serialize)]
struct Printed {
    holds: bool,
    checks: Vec<PrintedCheck>,
    in_doubt: Vec<Lease>,
    indeterminate: Vec<Request>,
}

#[derive(Serialize)]
struct PrintedCheck {
    name: &'static str,
    expected: String,
    found: String,
    holds: bool,
    /// How many there are; the list has the first of them.
    different: u64,
    differences: Vec<PrintedDifference>,
}

#[derive(Serialize)]
struct PrintedDifference {
    about: String,
    expected: String,
    found: String,
}

#[derive(Serialize)]
struct Lease {
    org: String,
    account: String,
    node: String,
    epoch: u32,
    amount: String,
}

#[derive(Serialize)]
struct Request {
    request: String,
    org: String,
    member: String,
    /// Microseconds since the epoch.
    admitted: i64,
    held: String,
    charged: String,
    refunded: String,
}

/// One line.
///
/// # Errors
/// None that can happen: everything is text and numbers.
pub(super) fn printed(found: &Reconciliation) -> serde_json::Result<String> {
    let printed = Printed {
        holds: found.holds(),
        checks: found.checks.iter().map(check).collect(),
        in_doubt: found.in_doubt.iter().map(lease).collect(),
        indeterminate: found.indeterminate.iter().map(request).collect(),
    };
    Ok(serde_json::to_string(&printed)? + "\n")
}

fn check(checked: &Checked) -> PrintedCheck {
    PrintedCheck {
        name: checked.check.name(),
        expected: checked.expected.to_string(),
        found: checked.found.to_string(),
        holds: checked.holds(),
        different: checked.different,
        differences: checked.differences.iter().map(difference).collect(),
    }
}

fn difference(difference: &Difference) -> PrintedDifference {
    let Difference { about, expected, found } = difference.clone();
    PrintedDifference { about, expected, found }
}

fn lease(lease: &InDoubt) -> Lease {
    Lease {
        org: lease.org.to_string(),
        account: lease.account.to_string(),
        node: lease.node.to_string(),
        epoch: lease.epoch.0,
        amount: lease.amount.to_string(),
    }
}

fn request(charge: &IndeterminateFigures) -> Request {
    Request {
        request: charge.hold.to_string(),
        org: charge.org.to_string(),
        member: charge.member.to_string(),
        admitted: charge.admitted.micros(),
        held: charge.held.to_string(),
        charged: charge.charged.to_string(),
        refunded: charge.refunded.to_string(),
    }
}
