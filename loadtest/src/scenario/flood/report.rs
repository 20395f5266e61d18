//! What refusals cost, and whether the guest was served throughout.

use std::time::Duration;

use crate::median::median;
use crate::scenario::Verdict;
use crate::table::{Table, figure};

/// One round before one door.
pub(super) struct Round {
    /// Calls that were refused, and those that were answered otherwise or not at all.
    pub(super) refused: u64,
    pub(super) not_refused: u64,
    /// The guest's calls.
    pub(super) served: u64,
    pub(super) not_served: u64,
    /// Processor time for each refusal, in microseconds.
    pub(super) cpu: f64,
    /// Counted from when a call was due.
    pub(super) p99: Duration,
    /// How often the store was asked for a key.
    pub(super) look_ups: u64,
}

/// The rounds of one flood, both sides in turns.
pub(super) struct Compared {
    what: String,
    pub(super) bare: Vec<Round>,
    pub(super) gateway: Vec<Round>,
}

impl Compared {
    pub(super) const fn new(what: String) -> Self {
        Self { what, bare: Vec::new(), gateway: Vec::new() }
    }
}

/// The guest's own key is asked for once, and again if something forgets it: the flood has no part in it.
const LOOK_UPS_MOST: u64 = 10;

/// A guest that was turned away breaks the promise, and so does whoever got in, or had the store asked
/// for each key that it made up.
pub(super) fn verdict(all: &[Compared]) -> Verdict {
    let kept = |round: &Round| {
        round.not_refused == 0
            && round.not_served == 0
            && round.served > 0
            && round.look_ups <= LOOK_UPS_MOST
    };
    let held = all.iter().flat_map(|compared| &compared.gateway).all(kept);
    if held { Verdict::Held } else { Verdict::Broken }
}

pub(super) fn table(all: &[Compared]) -> Table {
    let mut table = Table::new([
        "flood",
        "before",
        "#refused",
        "#not refused",
        "#guest served",
        "#guest refused",
        "#look-ups",
        "#p99 ms",
        "#CPU us/refusal",
    ]);
    for compared in all {
        let cpu = |rounds: &[Round]| median(rounds.iter().map(|round| round.cpu));
        for (name, rounds) in [("bare Pingora 401", &compared.bare), ("bursar", &compared.gateway)]
        {
            let sum = |of: fn(&Round) -> u64| rounds.iter().map(of).sum::<u64>().to_string();
            let p99 = rounds.iter().map(|round| round.p99.as_secs_f64() * 1e3);
            table.row([
                compared.what.clone(),
                name.to_owned(),
                sum(|round| round.refused),
                sum(|round| round.not_refused),
                sum(|round| round.served),
                sum(|round| round.not_served),
                sum(|round| round.look_ups),
                figure(median(p99), 1),
                figure(cpu(rounds), 1),
            ]);
        }
        let added = figure(cpu(&compared.gateway) - cpu(&compared.bare), 1);
        let mut row = [const { String::new() }; 9];
        (row[0], row[1], row[8]) = (compared.what.clone(), "added".to_owned(), added);
        table.row(row);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round() -> Round {
        Round {
            refused: 1_000,
            not_refused: 0,
            served: 20,
            not_served: 0,
            cpu: 20.0,
            p99: Duration::from_millis(1),
            look_ups: 0,
        }
    }

    fn of(gateway: Round) -> [Compared; 1] {
        [Compared { what: "malformed".to_owned(), bare: vec![round()], gateway: vec![gateway] }]
    }

    #[test]
    fn a_guest_that_is_turned_away_breaks_the_promise_and_so_does_whoever_gets_in() {
        assert_eq!(verdict(&of(round())), Verdict::Held);
        for broken in [
            Round { not_served: 1, ..round() },
            Round { served: 0, ..round() },
            Round { not_refused: 1, ..round() },
            Round { look_ups: 11, ..round() },
        ] {
            assert_eq!(verdict(&of(broken)), Verdict::Broken);
        }
    }

    #[test]
    fn what_the_gateway_adds_is_told() {
        let compared = of(Round { cpu: 26.5, ..round() });
        let table = table(&compared).to_string();
        assert!(table.contains("| added "), "{table}");
        assert!(table.contains(" 6.5 |"), "{table}");
    }
}
