//! What every audited run prints at its end.

use std::path::PathBuf;
use std::time::Duration;

use super::Verdict;
use super::stage::House;
use crate::audit::{Check, Report};
use crate::table::{Table, figure};
use crate::traffic::{Answered, by_kind};

/// Prints the checks. The files of a run that broke one are kept.
pub(crate) fn conclude(checks: &[Check], house: House) -> Verdict {
    print!("{}", Report(checks));
    judge(checks, || house.keep())
}

/// The verdict of checks that are printed. The files of a run that broke one are kept.
pub(crate) fn judge(checks: &[Check], keep: impl FnOnce() -> PathBuf) -> Verdict {
    if checks.iter().all(Check::holds) {
        return Verdict::Held;
    }
    eprintln!("the files of the run are in {}", keep().display());
    Verdict::Broken
}

/// The answers by status, code and ending.
pub(crate) fn summary(answers: &[Answered]) -> Table {
    let mut table =
        Table::new(["status", "code", "ending", "#answers", "#median ms", "#slowest ms"]);
    for (kind, latencies) in by_kind(answers) {
        let millis = |latency: Duration| figure(latency.as_secs_f64() * 1e3, 1);
        let count = latencies.len();
        let median = latencies.get(count / 2).copied().unwrap_or_default();
        let slowest = latencies.last().copied().unwrap_or_default();
        table.row([
            kind.status.to_string(),
            kind.code.to_owned(),
            kind.ending.to_owned(),
            count.to_string(),
            millis(median),
            millis(slowest),
        ]);
    }
    table
}
