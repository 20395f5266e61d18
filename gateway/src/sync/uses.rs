//! When secrets were used last: told to the store from time to time, never by a request.

use std::sync::Arc;

use ledger::Instant;
use parking_lot::Mutex;
use store::SecretHash;

use super::Ledger;
use crate::identity::Caller;

/// So many are told in one call.
const TOLD_AT_ONCE: usize = 1_024;

/// The callers whose use is to be told. Each is in it once, so there are no more than have called.
#[derive(Default)]
pub(super) struct Uses {
    waiting: Mutex<Vec<Arc<Caller>>>,
}

impl Uses {
    fn next(&self) -> Vec<Arc<Caller>> {
        let mut waiting = self.waiting.lock();
        let rest = waiting.len().saturating_sub(TOLD_AT_ONCE);
        waiting.split_off(rest)
    }

    /// Those that could not be told of; whose secret is gone meanwhile is not waited for.
    fn put_back(&self, callers: Vec<Arc<Caller>>) {
        let untold = |caller: &Arc<Caller>| {
            caller.is_current() && caller.secret().is_some_and(|(_, last_use)| last_use.put_back())
        };
        self.waiting.lock().extend(callers.into_iter().filter(untold));
    }
}

fn use_of(caller: &Arc<Caller>) -> Option<(SecretHash, Instant)> {
    caller.secret().map(|(secret, last_use)| (*secret, last_use.take()))
}

impl Ledger {
    /// Notes that a caller was let in by its secret.
    pub(crate) fn note_use(&self, caller: &Arc<Caller>, now: Instant) {
        if caller.secret().is_some_and(|(_, last_use)| last_use.note(now)) {
            self.uses.waiting.lock().push(Arc::clone(caller));
        }
    }

    /// Tells the store which secrets were used and when last. What it could not be told waits on.
    pub(crate) async fn tell_uses(&self) -> store::Result<()> {
        loop {
            let callers = self.uses.next();
            let used: Vec<_> = callers.iter().filter_map(use_of).collect();
            if used.is_empty() {
                return Ok(());
            }
            if let Err(failure) = self.store.note_used(used).await {
                self.uses.put_back(callers);
                return Err(failure);
            }
        }
    }
}
