//! The line that shows that a load is running.

use std::io::{IsTerminal, Write, stderr};
use std::time::Duration;

use tokio::time::{Instant, interval_at};

use crate::tally::Shared;

/// Between two lines.
const EVERY: Duration = Duration::from_secs(1);

/// Tells on standard error how a load goes. On a terminal the line replaces the one before.
pub(crate) struct Progress {
    what: String,
}

impl Progress {
    /// That of a load with this name.
    pub(crate) fn of(what: impl Into<String>) -> Self {
        Self { what: what.into() }
    }

    /// Shows the line each second while `load` runs, and once more at its end.
    pub(crate) async fn during<T>(&self, tally: &Shared, load: impl Future<Output = T>) -> T {
        let mut ticks = interval_at(Instant::now() + EVERY, EVERY);
        tokio::pin!(load);
        let outcome = loop {
            tokio::select! {
                outcome = &mut load => break outcome,
                _ = ticks.tick() => self.show(tally, false),
            }
        };
        self.show(tally, true);
        outcome
    }

    fn show(&self, tally: &Shared, ended: bool) {
        let (answered, failed) = {
            let tally = tally.lock();
            (tally.served(), tally.failed())
        };
        let line = format!("{}: {answered} answered, {failed} failed", self.what);
        let mut out = stderr();
        // Nothing depends on whether the line can be shown.
        let _shown = match (out.is_terminal(), ended) {
            (true, false) => write!(out, "\r{line}\x1b[K"),
            (true, true) => writeln!(out, "\r{line}\x1b[K"),
            (false, _) => writeln!(out, "{line}"),
        };
    }
}
