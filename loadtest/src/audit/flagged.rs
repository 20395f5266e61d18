//! The charges that are nobody's exact figure: estimated from what was relayed, or indeterminate
//! after a kill. Each is listed, since a person may want to correct it.

use std::fmt::Write;

use super::charge::Ending;
use super::pairs::described;
use super::prices::price;
use super::{Charge, Observed};

/// How many of each kind are shown.
const SHOWN: usize = 10;

/// The flagged charges of a run: their sums beside the bill's, and the first of each kind.
pub(crate) fn flagged(run: &Observed) -> String {
    let mut text = String::new();
    for ending in [Ending::Estimated, Ending::Indeterminate] {
        let all: Vec<_> = run.charges.iter().filter(|charge| charge.ending == ending).collect();
        if all.is_empty() {
            continue;
        }
        // Writing to a text does not fail.
        let _written = writeln!(text, "{}", sums(run, &ending, &all));
        for charge in all.iter().take(SHOWN) {
            let _written = writeln!(text, "- {}", described(charge));
        }
        if all.len() > SHOWN {
            let _written = writeln!(text, "- and {} more", all.len() - SHOWN);
        }
        text.push('\n');
    }
    text
}

fn sums(run: &Observed, ending: &Ending, all: &[&Charge]) -> String {
    let micros = |figure: fn(&Charge) -> u64| all.iter().map(|charge| figure(charge)).sum::<u64>();
    let charged = micros(|charge| charge.charged.micros());
    let held = micros(|charge| charge.held.micros());
    let ids: std::collections::HashSet<_> = all.iter().map(|charge| &*charge.request).collect();
    let of_these = |line: &&mock_provider::Line| {
        line.request_id.as_deref().is_some_and(|request| ids.contains(request))
    };
    let billed: u64 = run.bill.iter().filter(of_these).map(price).sum();
    format!(
        "{} {} charges: {} of {} credits held, the provider's bill for them is {}",
        all.len(),
        ending.name(),
        credits(charged),
        credits(held),
        credits(billed),
    )
}

fn credits(micros: u64) -> String {
    ledger::Credits::from_micros(micros).map_or("too much".to_owned(), |all| all.to_string())
}
