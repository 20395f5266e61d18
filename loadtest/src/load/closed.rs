//! A closed loop: each caller calls again as soon as it has its answer. For throughput and for what a call costs.

use std::time::Duration;

use anyhow::Result;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{Caller, finish};
use crate::tally::Shared;

/// Keeps all `callers` busy for `length`; calls that run then are waited for. Returns how long it
/// took until the last of them had its answer.
///
/// # Errors
/// A call goes unanswered for 30 seconds past the planned end.
pub(crate) async fn closed<C: Caller>(
    callers: Vec<C>,
    length: Duration,
    tally: &Shared,
) -> Result<Duration> {
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for caller in callers {
        tasks.spawn(keep_calling(caller, start + length, Shared::clone(tally)));
    }
    finish(tasks, length).await?;
    Ok(start.elapsed())
}

async fn keep_calling(mut caller: impl Caller, end: Instant, tally: Shared) {
    let mut now = Instant::now();
    while now < end {
        let outcome = caller.call().await;
        let answered = Instant::now();
        tally.lock().record(answered - now, outcome);
        now = answered;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::Tally;

    struct Steady(Duration);

    impl Caller for Steady {
        async fn call(&mut self) -> Result<(), String> {
            tokio::time::sleep(self.0).await;
            Ok(())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_caller_calls_until_the_end_and_the_last_call_is_waited_for() {
        let tally = Tally::shared();
        let callers = vec![Steady(Duration::from_millis(10)), Steady(Duration::from_millis(30))];
        let took = closed(callers, Duration::from_millis(100), &tally).await.unwrap();
        assert_eq!(tally.lock().served(), 10 + 4);
        assert_eq!(took, Duration::from_millis(120));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_never_answered_ends_the_load() {
        let callers = vec![Steady(Duration::from_secs(3_600))];
        assert!(closed(callers, Duration::from_secs(1), &Tally::shared()).await.is_err());
    }
}
