//! What a run prints: a table for a person and a document, or one object for a program.

use anyhow::Result;
use serde::Serialize;

use super::delays::{Run, percentile};
use crate::audit::{Check, Report};
use crate::table::{Table, figure};

#[derive(Serialize)]
struct Story<'a> {
    gateways: usize,
    rate: u32,
    revocations: usize,
    /// From the commit of a revocation to the last call that was sent and served, in microseconds.
    last_served: Spread,
    /// From the request to revoke to the commit.
    committed: Spread,
    /// And to the admin API's answer, which says on how many gateways it is in force.
    answered: Spread,
    checks: &'a [Check],
}

/// Percentiles in microseconds.
#[derive(Clone, Copy, Serialize)]
struct Spread {
    p50: i64,
    p99: i64,
    most: i64,
}

impl Spread {
    fn of(values: &[i64]) -> Self {
        let [p50, p99, most] = [50, 99, 100].map(|percent| percentile(values, percent));
        Self { p50, p99, most }
    }

    fn cells(self) -> [String; 3] {
        [self.p50, self.p99, self.most].map(|micros| {
            let micros = u32::try_from(micros.max(0)).unwrap_or(u32::MAX);
            figure(f64::from(micros) / 1e3, 1)
        })
    }
}

/// Prints the delays, and the checks.
///
/// # Errors
/// It cannot be written as JSON.
pub(super) fn print(run: &Run, checks: &[Check], json: bool) -> Result<()> {
    let story = Story {
        gateways: run.answers.len(),
        rate: run.rate,
        revocations: run.revoked.len(),
        last_served: Spread::of(&run.delays()),
        committed: Spread::of(&run.commits_took()),
        answered: Spread::of(&run.answers_took()),
        checks,
    };
    if json {
        println!("{}", serde_json::to_string(&story)?);
        return Ok(());
    }
    println!(
        "{} gateways, {} calls/s, every other one with the key that goes next\n",
        story.gateways, story.rate
    );
    let mut table = Table::new(["from, to", "#keys", "#p50 ms", "#p99 ms", "#most ms"]);
    for (what, spread) in [
        ("commit, the last call sent that was served", story.last_served),
        ("request to revoke, commit", story.committed),
        ("request to revoke, the admin's answer", story.answered),
    ] {
        let [p50, p99, most] = spread.cells();
        table.row([what.to_owned(), story.revocations.to_string(), p50, p99, most]);
    }
    println!("{table}");
    print!("{}", Report(checks));
    Ok(())
}
