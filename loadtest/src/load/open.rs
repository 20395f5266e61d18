//! An open loop: calls are due at fixed instants, however slow the answers are. For latency.
//!
//! The latency of a call is counted from the instant it was *due*, not from when a connection was
//! free to make it: a server that stalls cannot hide the calls that it kept from being made.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{Caller, finish};
use crate::tally::{Shared, Tally};

/// Calls that are due and not yet made, before the schedule itself has to wait. They keep the
/// instant at which they were due.
const BACKLOG: usize = 65_536;

/// When calls are due: at a steady rate, for a while.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    /// Calls per second.
    pub(crate) rate: u32,
    pub(crate) length: Duration,
}

impl Schedule {
    /// When each call is due, counted from the start.
    fn calls(self) -> impl Iterator<Item = Duration> {
        let rate = u64::from(self.rate.max(1));
        let second = Duration::from_secs(1);
        let due = move |call: u64| {
            let within = u32::try_from(call % rate).unwrap_or(u32::MAX);
            Duration::from_secs(call / rate) + second * within / self.rate.max(1)
        };
        (0..).map(due).take_while(move |due| *due < self.length)
    }
}

/// What came of an open loop beside its tally.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opened {
    /// Until the last call had its answer.
    pub(crate) took: Duration,
    /// How late the schedule itself was with 99 of 100 calls: above a millisecond, the machine was
    /// too busy for the latencies to mean much.
    pub(crate) late: Duration,
}

/// Makes the calls of `schedule` with whichever of `callers` are free.
///
/// # Errors
/// A call goes unanswered for 30 seconds past the planned end.
pub(crate) async fn open<C: Caller>(
    callers: Vec<C>,
    schedule: Schedule,
    tally: &Shared,
) -> Result<Opened> {
    open_until(callers, schedule, tally, &Arc::default()).await
}

/// The same, but no more calls are due once `enough` is set.
///
/// # Errors
/// As [`open`].
pub(crate) async fn open_until<C: Caller>(
    callers: Vec<C>,
    schedule: Schedule,
    tally: &Shared,
    enough: &Arc<AtomicBool>,
) -> Result<Opened> {
    let (due, queue) = mpsc::channel(BACKLOG);
    let queue = Arc::new(Mutex::new(queue));
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for caller in callers {
        tasks.spawn(keep_calling(caller, Arc::clone(&queue), Shared::clone(tally)));
    }
    drop(queue);
    // On a thread of its own: the runtime's timer is a millisecond coarse.
    let enough = Arc::clone(enough);
    let pace = tokio::task::spawn_blocking(move || pace(start, schedule, &due, &enough));
    finish(tasks, schedule.length).await?;
    Ok(Opened { took: start.elapsed(), late: pace.await?.percentile(99.0) })
}

/// Puts each call into the queue when it is due. Returns how late it was with them; ends early
/// when it is enough, or nobody takes them any more.
fn pace(
    start: Instant,
    schedule: Schedule,
    queue: &mpsc::Sender<Instant>,
    enough: &AtomicBool,
) -> Tally {
    let mut lateness = Tally::new();
    for offset in schedule.calls() {
        let due = start + offset;
        let early = due.saturating_duration_since(Instant::now());
        if !early.is_zero() {
            std::thread::sleep(early);
        }
        lateness.record(due.elapsed(), Ok(()));
        if enough.load(Ordering::Relaxed) || queue.blocking_send(due).is_err() {
            break;
        }
    }
    lateness
}

async fn keep_calling(
    mut caller: impl Caller,
    queue: Arc<Mutex<mpsc::Receiver<Instant>>>,
    tally: Shared,
) {
    loop {
        let Some(due) = queue.lock().await.recv().await else { return };
        let outcome = caller.call().await;
        tally.lock().record(due.elapsed(), outcome);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_due_at_a_steady_rate_until_the_end() {
        let micros = |rate, length| {
            let schedule = Schedule { rate, length: Duration::from_millis(length) };
            schedule.calls().map(|due| due.as_micros()).collect::<Vec<_>>()
        };
        assert_eq!(micros(4, 1_500), [0, 250_000, 500_000, 750_000, 1_000_000, 1_250_000]);
        assert_eq!(micros(3, 1_000), [0, 333_333, 666_666]);
        assert_eq!(micros(1_000_000, 1).len(), 1_000);
    }

    /// Stalls on its first call, and is quick from then on.
    struct Stalls {
        stalled: bool,
    }

    impl Caller for Stalls {
        async fn call(&mut self) -> Result<(), String> {
            let takes = if std::mem::replace(&mut self.stalled, true) { 1 } else { 100 };
            tokio::time::sleep(Duration::from_millis(takes)).await;
            Ok(())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stall_is_counted_for_each_call_that_was_due_meanwhile() {
        let (due, queue) = mpsc::channel(16);
        let schedule = Schedule { rate: 100, length: Duration::from_millis(100) };
        let start = Instant::now();
        for offset in schedule.calls() {
            due.try_send(start + offset).unwrap();
        }
        drop(due);
        let tally = Tally::shared();
        let queue = Arc::new(Mutex::new(queue));
        keep_calling(Stalls { stalled: false }, queue, Shared::clone(&tally)).await;

        // Due at 0, 10, 20 .. 90; answered at 100, 101, 102 .. 109.
        let tally = tally.lock();
        let millis = |percent| tally.percentile(percent).as_micros().div_euclid(1_000);
        assert_eq!(tally.served(), 10);
        assert_eq!((millis(10.0), millis(50.0), millis(90.0), millis(100.0)), (19, 55, 91, 100));
    }

    #[tokio::test]
    async fn no_call_is_due_once_it_is_enough() {
        let tally = Tally::shared();
        let schedule = Schedule { rate: 100, length: Duration::from_secs(3_600) };
        let enough = Arc::new(AtomicBool::new(true));
        open_until(vec![Stalls { stalled: true }], schedule, &tally, &enough).await.unwrap();
        assert_eq!(tally.lock().served(), 0);
    }

    #[tokio::test]
    async fn every_call_of_the_schedule_is_made() {
        let tally = Tally::shared();
        let callers = (0..8).map(|_| Stalls { stalled: true }).collect();
        let schedule = Schedule { rate: 1_000, length: Duration::from_millis(50) };
        open(callers, schedule, &tally).await.unwrap();
        let tally = tally.lock();
        assert_eq!((tally.served(), tally.failed()), (50, 0));
    }
}
