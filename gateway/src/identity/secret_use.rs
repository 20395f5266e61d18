//! When a secret was used last, to the second, until the store is told.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use ledger::Instant;
use store::SecretHash;

/// A later use than this after the last one is noted: requests of one key do not write at one place.
const FINENESS_MICROS: i64 = 1_000_000;

/// The last use of a secret.
pub(crate) struct SecretUse {
    pub(crate) secret: SecretHash,
    micros: AtomicI64,
    /// Somebody has taken it on to tell the store.
    taken_on: AtomicBool,
}

impl SecretUse {
    /// It has not been used.
    pub(crate) const fn none(secret: SecretHash) -> Self {
        Self { secret, micros: AtomicI64::new(i64::MIN), taken_on: AtomicBool::new(false) }
    }

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
    pub(crate) fn take(&self) -> (SecretHash, Instant) {
        self.taken_on.store(false, Ordering::Release);
        (self.secret, Instant::from_micros(self.micros.load(Ordering::Acquire)))
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
        let (at, secret) = (Instant::from_seconds, SecretHash([7; 32]));
        let last = SecretUse::none(secret);
        assert!(last.note(at(10)));
        assert!(!last.note(at(12)), "it is taken on already");
        assert!(!last.note(at(11)), "it was used later");
        assert_eq!(last.take(), (secret, at(12)));
        assert!(!last.note(at(12)), "nothing new to tell");
        assert!(last.note(at(13)));
        assert_eq!(last.take(), (secret, at(13)));
        assert!(last.put_back());
        assert!(!last.note(at(14)), "it is taken on already");
        assert_eq!(last.take(), (secret, at(14)));
    }
}
