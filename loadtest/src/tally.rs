//! What became of many calls: how many were served, how fast, and what went wrong first.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use hdrhistogram::Histogram;
use parking_lot::Mutex;

/// The shortest and longest latency told apart, in nanoseconds: 1 us to 2 minutes.
const LOWEST: u64 = 1_000;
const HIGHEST: u64 = 120_000_000_000;
/// Significant digits of a latency.
const DIGITS: u8 = 3;

/// A tally that several connections write.
pub(crate) type Shared = Arc<Mutex<Tally>>;

/// The calls so far.
pub(crate) struct Tally {
    latencies: Histogram<u64>,
    failed: u64,
    first_failure: Option<String>,
}

impl Tally {
    /// No calls yet.
    pub(crate) fn new() -> Self {
        let latencies = Histogram::new_with_bounds(LOWEST, HIGHEST, DIGITS)
            .expect("constant bounds are valid or every test fails");
        Self { latencies, failed: 0, first_failure: None }
    }

    /// No calls yet, to be shared.
    pub(crate) fn shared() -> Shared {
        Arc::new(Mutex::new(Self::new()))
    }

    /// A call has ended. Only the latency of those served counts.
    pub(crate) fn record(&mut self, latency: Duration, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => {
                let nanos = u64::try_from(latency.as_nanos()).unwrap_or(HIGHEST);
                self.latencies.saturating_record(nanos);
            }
            Err(failure) => {
                self.failed += 1;
                self.first_failure.get_or_insert(failure);
            }
        }
    }

    /// How many were served.
    pub(crate) fn served(&self) -> u64 {
        self.latencies.len()
    }

    /// How many were not.
    pub(crate) fn failed(&self) -> u64 {
        self.failed
    }

    /// The latency that so many of a hundred calls stayed within.
    pub(crate) fn percentile(&self, percent: f64) -> Duration {
        Duration::from_nanos(self.latencies.value_at_percentile(percent))
    }

    /// Insists that every call was served, and at least one.
    ///
    /// # Errors
    /// One was not: its failure.
    pub(crate) fn all_served(&self) -> Result<()> {
        if let Some(failure) = &self.first_failure {
            bail!("{} of {} calls failed, the first: {failure}", self.failed, self.calls());
        }
        if self.served() == 0 {
            bail!("no call was served");
        }
        Ok(())
    }

    fn calls(&self) -> u64 {
        self.served() + self.failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_served_to_three_digits() {
        let mut tally = Tally::new();
        for micros in 1..=1_000 {
            tally.record(Duration::from_micros(micros), Ok(()));
        }
        tally.record(Duration::from_secs(60), Err("cut".to_owned()));
        let micros = |percent| tally.percentile(percent).as_nanos().div_euclid(1_000);
        assert_eq!((micros(50.0), micros(99.0), micros(100.0)), (500, 990, 1_000));
        assert_eq!((tally.served(), tally.failed()), (1_000, 1));
    }

    #[test]
    fn the_first_failure_is_told() {
        let mut tally = Tally::new();
        tally.record(Duration::ZERO, Ok(()));
        tally.record(Duration::ZERO, Err("status 402".to_owned()));
        tally.record(Duration::ZERO, Err("status 500".to_owned()));
        let error = tally.all_served().unwrap_err().to_string();
        assert_eq!(error, "2 of 3 calls failed, the first: status 402");
    }

    #[test]
    fn a_run_without_calls_is_no_success() {
        assert!(Tally::new().all_served().is_err());
    }
}
