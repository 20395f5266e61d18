//! Rounds into medians, and two sides into ratios.

use crate::median::median;
use crate::table::{Table, figure};

/// One measurement of one side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Round {
    /// Calls served per second.
    pub(crate) rate: f64,
    /// Latencies, in microseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// Processor time per call of all threads of the process, in microseconds.
    pub(crate) cpu: f64,
    /// Memory of the process at the end, in MiB.
    pub(crate) resident: f64,
}

/// All rounds of one task; both sides have the same number.
#[derive(Clone, Debug)]
pub(crate) struct Compared {
    what: String,
    /// What the two sides are called.
    names: [&'static str; 2],
    pub(crate) bare: Vec<Round>,
    pub(crate) gateway: Vec<Round>,
}

impl Compared {
    /// No rounds yet.
    pub(crate) fn new(what: String, names: [&'static str; 2]) -> Self {
        Self { what, names, bare: Vec::new(), gateway: Vec::new() }
    }

    /// Half of what the slower side served, in whole calls per second.
    pub(crate) fn half_of_capacity(&self) -> u32 {
        let rate = |rounds| medians(rounds).rate;
        let half = (rate(&self.bare).min(rate(&self.gateway)) / 2.0).round();
        // A rate is a positive number far below four billion; as text it loses nothing.
        format!("{half:.0}").parse().unwrap_or(1)
    }

    /// The least and the most that the gateway cost beside the bare proxy in the same round.
    fn cpu_spread(&self) -> (f64, f64) {
        let ratios =
            self.bare.iter().zip(&self.gateway).map(|(bare, gateway)| gateway.cpu / bare.cpu);
        ratios
            .fold((f64::INFINITY, 0.0), |(least, most), ratio| (least.min(ratio), most.max(ratio)))
    }
}

/// The median of each figure on its own.
fn medians(rounds: &[Round]) -> Round {
    let of = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure));
    Round {
        rate: of(|round| round.rate),
        p50: of(|round| round.p50),
        p99: of(|round| round.p99),
        cpu: of(|round| round.cpu),
        resident: of(|round| round.resident),
    }
}

/// The table: both sides of each task, their ratio, and the latency that the gateway adds.
pub(crate) fn report(all: &[Compared]) -> Table {
    let mut table = Table::new([
        "load",
        "target",
        "#requests/s",
        "#p50 us",
        "#p99 us",
        "#CPU us/request",
        "#RSS MiB",
    ]);
    for compared in all {
        let (bare, gateway) = (medians(&compared.bare), medians(&compared.gateway));
        let what = || compared.what.clone();
        let [rival, name] = compared.names;
        table.row(figures(what(), rival, &bare));
        table.row(figures(what(), name, &gateway));
        table.row(ratio(compared, &bare, &gateway));
        table.row(added(what(), &bare, &gateway));
    }
    table
}

fn figures(what: String, target: &str, round: &Round) -> [String; 7] {
    [
        what,
        target.to_owned(),
        figure(round.rate, 0),
        figure(round.p50, 0),
        figure(round.p99, 0),
        figure(round.cpu, 1),
        figure(round.resident, 0),
    ]
}

fn ratio(compared: &Compared, bare: &Round, gateway: &Round) -> [String; 7] {
    let of = |figure: fn(&Round) -> f64| format!("{:.2}", figure(gateway) / figure(bare));
    let (least, most) = compared.cpu_spread();
    [
        compared.what.clone(),
        "ratio".to_owned(),
        of(|round| round.rate),
        of(|round| round.p50),
        of(|round| round.p99),
        format!("{} ({least:.2} to {most:.2})", of(|round| round.cpu)),
        of(|round| round.resident),
    ]
}

fn added(what: String, bare: &Round, gateway: &Round) -> [String; 7] {
    let of = |get: fn(&Round) -> f64, places| figure(get(gateway) - get(bare), places);
    [
        what,
        "added".to_owned(),
        String::new(),
        of(|round| round.p50, 0),
        of(|round| round.p99, 0),
        of(|round| round.cpu, 1),
        of(|round| round.resident, 0),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(rate: f64, cpu: f64) -> Round {
        Round { rate, p50: 1_000.0, p99: 2_000.0, cpu, resident: 12.0 }
    }

    #[test]
    fn the_rate_for_latency_is_half_of_the_slower_side() {
        let mut compared = Compared::new("chat".to_owned(), ["bare Pingora", "bursar"]);
        compared.bare = vec![round(24_000.0, 40.0); 3];
        compared.gateway = vec![round(19_001.0, 44.0); 3];
        assert_eq!(compared.half_of_capacity(), 9_501);
    }

    #[test]
    fn the_ratio_is_that_of_the_medians_with_the_spread_of_the_rounds() {
        let mut compared = Compared::new("chat".to_owned(), ["bare Pingora", "bursar"]);
        compared.bare = vec![round(24_000.0, 40.0), round(24_000.0, 40.0), round(20_000.0, 50.0)];
        compared.gateway = vec![round(20_000.0, 44.0), round(20_000.0, 46.0), round(9_000.0, 45.0)];
        let [_, target, rate, p50, _, cpu, _] =
            ratio(&compared, &medians(&compared.bare), &medians(&compared.gateway));
        assert_eq!(target, "ratio");
        assert_eq!((rate.as_str(), p50.as_str()), ("0.83", "1.00"));
        assert_eq!(cpu, "1.12 (0.90 to 1.15)");
    }
}
