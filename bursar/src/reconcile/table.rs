//! What was found, as a table for a person.

use std::fmt::Write;

use store::{Checked, Reconciliation};

/// A row a check, then what differs, then what is open.
pub(super) fn printed(found: &Reconciliation) -> String {
    let mut text = String::new();
    table(&mut text, &found.checks);
    found
        .checks
        .iter()
        .filter(|checked| !checked.holds())
        .for_each(|it| differences(&mut text, it));
    in_doubt(&mut text, found);
    indeterminate(&mut text, found);
    let wrong = found.checks.iter().filter(|checked| !checked.holds()).count();
    // Writing to a string cannot fail, here and below.
    let _ = match wrong {
        0 => writeln!(text, "\nEverything adds up."),
        _ => writeln!(text, "\n{wrong} of {} checks do not hold.", found.checks.len()),
    };
    text
}

fn table(text: &mut String, checks: &[Checked]) {
    let header = ["check", "expected", "found", "holds"].map(str::to_owned);
    let row = |checked: &Checked| {
        let holds = if checked.holds() { "yes".to_owned() } else { "NO".to_owned() };
        let name = checked.check.name().to_owned();
        [name, checked.expected.to_string(), checked.found.to_string(), holds]
    };
    let rows: Vec<_> = [header].into_iter().chain(checks.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let [name, expected, found] = [0, 1, 2].map(width);
    for [a, b, c, d] in &rows {
        let _ = writeln!(text, "{a:name$}  {b:>expected$}  {c:>found$}  {d}");
    }
}

fn differences(text: &mut String, checked: &Checked) {
    let (name, different) = (checked.check.name(), checked.different);
    let _ = writeln!(text, "\n{name}: {different} not as it should be");
    for difference in &checked.differences {
        let _ = writeln!(
            text,
            "  {}: {} instead of {}",
            difference.about, difference.found, difference.expected
        );
    }
    if checked.different > u64::try_from(checked.differences.len()).unwrap_or(u64::MAX) {
        let _ = writeln!(text, "  and more");
    }
}

fn in_doubt(text: &mut String, found: &Reconciliation) {
    if !found.in_doubt.is_empty() {
        let _ = writeln!(text, "\nIn doubt, until the gateway has replayed its journal:");
    }
    for lease in &found.in_doubt {
        let (org, account, node, epoch) = (lease.org, lease.account, lease.node, lease.epoch.0);
        let _ =
            writeln!(text, "  {} of {account} of {org} with {node}, start {epoch}", lease.amount);
    }
}

fn indeterminate(text: &mut String, found: &Reconciliation) {
    if !found.indeterminate.is_empty() {
        let _ = writeln!(text, "\nCharged by a journal after its gateway had died:");
    }
    for charge in &found.indeterminate {
        let _ = write!(text, "  {} of {}: {}", charge.hold, charge.org, charge.charged);
        let _ = if charge.refunded.is_zero() {
            writeln!(text)
        } else {
            writeln!(text, ", of which {} were given back", charge.refunded)
        };
    }
}
