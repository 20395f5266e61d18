//! When secrets were used last: told to the store from time to time, never by a request.

use std::sync::Arc;

use ledger::Instant;
use parking_lot::Mutex;

use super::Ledger;
use crate::identity::{Caller, SecretUse};

/// So many are told in one call.
const TOLD_AT_ONCE: usize = 1_024;

/// What the store is to be told. A secret is in it once: there are no more than have been used.
#[derive(Default)]
pub(super) struct Uses {
    waiting: Mutex<Vec<Arc<SecretUse>>>,
}

impl Uses {
    fn note(&self, last_use: &Arc<SecretUse>, now: Instant) {
        if last_use.note(now) {
            self.waiting.lock().push(Arc::clone(last_use));
        }
    }

    fn next(&self) -> Vec<Arc<SecretUse>> {
        let mut waiting = self.waiting.lock();
        let rest = waiting.len().saturating_sub(TOLD_AT_ONCE);
        waiting.split_off(rest)
    }

    fn put_back(&self, untold: Vec<Arc<SecretUse>>) {
        self.waiting.lock().extend(untold.into_iter().filter(|last_use| last_use.put_back()));
    }
}

impl Ledger {
    /// Notes that a caller was let in by its secret.
    pub(crate) fn note_use(&self, caller: &Caller, now: Instant) {
        if let Some(last_use) = caller.last_use() {
            self.uses.note(last_use, now);
        }
    }

    /// Tells the store which secrets were used and when last. What it could not be told waits on.
    pub(crate) async fn tell_uses(&self) -> store::Result<()> {
        loop {
            let told = self.uses.next();
            if told.is_empty() {
                return Ok(());
            }
            let used = told.iter().map(|last_use| last_use.take()).collect();
            if let Err(failure) = self.store.note_used(used).await {
                self.uses.put_back(told);
                return Err(failure);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use store::SecretHash;

    use super::*;

    #[test]
    fn what_could_not_be_told_waits_on_once_and_is_told_as_late_as_it_was() {
        let (uses, at) = (Uses::default(), Instant::from_seconds);
        let secret = |n| Arc::new(SecretUse::none(SecretHash([n; 32])));
        let (one, other) = (secret(1), secret(2));
        uses.note(&one, at(1));
        uses.note(&other, at(2));
        let untold = uses.next();
        assert_eq!((untold.len(), uses.next().len()), (2, 0));
        for last_use in &untold {
            last_use.take();
        }
        uses.note(&one, at(9));
        uses.put_back(untold);
        let mut told: Vec<_> = uses.next().iter().map(|last_use| last_use.take()).collect();
        told.sort();
        assert_eq!(told, [(one.secret, at(9)), (other.secret, at(2))]);
    }

    #[test]
    fn many_are_told_in_parts() {
        let uses = Uses::default();
        for n in 0..=TOLD_AT_ONCE {
            let mut hash = [0; 32];
            hash[..8].copy_from_slice(&n.to_le_bytes());
            uses.note(&Arc::new(SecretUse::none(SecretHash(hash))), Instant::from_seconds(1));
        }
        assert_eq!((uses.next().len(), uses.next().len()), (TOLD_AT_ONCE, 1));
    }
}
