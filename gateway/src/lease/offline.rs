//! How long the store has not answered: beyond a bound nothing is admitted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// When the store answered last, as the time since the machine started: a machine that has slept was
/// away for as long.
#[derive(Debug)]
pub(crate) struct LastAnswer {
    micros: AtomicU64,
}

impl LastAnswer {
    pub(crate) fn at(now: Duration) -> Self {
        Self { micros: AtomicU64::new(micros(now)) }
    }

    /// The store has answered a question that was asked at this instant.
    pub(crate) fn answered(&self, asked: Duration) {
        self.micros.fetch_max(micros(asked), Ordering::Relaxed);
    }

    pub(crate) fn is_older(&self, than: Duration, now: Duration) -> bool {
        let last = Duration::from_micros(self.micros.load(Ordering::Relaxed));
        now.saturating_sub(last) > than
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_bound_itself_is_within_it_and_an_answer_begins_anew() {
        let last = LastAnswer::at(at(100));
        assert!(!last.is_older(at(30), at(130)));
        assert!(last.is_older(at(30), at(131)));
        last.answered(at(125));
        // An answer to an older question that comes later says nothing new.
        last.answered(at(110));
        assert!(!last.is_older(at(30), at(155)));
        assert!(last.is_older(at(30), at(156)));
    }
}
