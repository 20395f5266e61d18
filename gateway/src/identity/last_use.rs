//! When a secret was used last, to the second, until the store is told.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use ledger::Instant;

/// A later use than this after the last one is noted: requests of one key do not write at one place.
const FINENESS_MICROS: i64 = 1_000_000;

/// The last use of a secret.
pub(crate) struct LastUse {
    micros: AtomicI64,
    /// Somebody has taken it on to tell the store.
    taken_on: AtomicBool,
}

impl Default for LastUse {
    fn default() -> Self {
        Self { micros: AtomicI64::new(i64::MIN), taken_on: AtomicBool::new(false) }
    }
}

impl LastUse {
    /// Notes a use; whether somebody has to take it on.
    pub(crate) fn note(&self, now: Instant) -> bool {
        let last = self.micros.load(Ordering::Relaxed);
        if now.micros().saturating_sub(last) < FINENESS_MICROS {
            return false;
        }
        self.micros.fetch_max(now.micros(), Ordering::AcqRel);
        !self.taken_on.swap(true, Ordering::AcqRel)
    }

    /// What the store is to be told; what comes from here on has to be taken on anew.
    pub(crate) fn take(&self) -> Instant {
        self.taken_on.store(false, Ordering::Release);
        Instant::from_micros(self.micros.load(Ordering::Acquire))
    }

    /// The store could not be told; whether somebody has to take it on.
    pub(crate) fn put_back(&self) -> bool {
        !self.taken_on.swap(true, Ordering::AcqRel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_is_taken_on_once_and_told_as_late_as_it_was() {
        let (at, last_use) = (Instant::from_seconds, LastUse::default());
        assert!(last_use.note(at(10)));
        assert!(!last_use.note(at(12)), "it is taken on already");
        assert!(!last_use.note(at(11)), "it was used later");
        assert_eq!(last_use.take(), at(12));
        assert!(!last_use.note(at(12)), "nothing new to tell");
        assert!(last_use.note(at(13)));
        assert_eq!(last_use.take(), at(13));
        assert!(last_use.put_back());
        assert!(!last_use.note(at(14)));
        assert_eq!(last_use.take(), at(14));
    }
}
