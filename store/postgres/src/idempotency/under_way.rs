//! Claims that are being made: whoever is gone meanwhile must still be able to give its key back.

use std::collections::HashSet;
use std::sync::Arc;

use ledger::HoldId;
use parking_lot::Mutex;
use tokio::sync::watch;

/// The holds whose claims the database has not answered yet.
#[derive(Clone, Debug)]
pub(crate) struct UnderWay {
    holds: Arc<Mutex<HashSet<HoldId>>>,
    ended: watch::Sender<()>,
}

impl Default for UnderWay {
    fn default() -> Self {
        Self { holds: Arc::default(), ended: watch::Sender::new(()) }
    }
}

impl UnderWay {
    /// A claim is made until what is returned is dropped.
    pub(crate) fn begin(&self, hold: HoldId) -> Making {
        self.holds.lock().insert(hold);
        Making { under_way: self.clone(), hold }
    }

    /// Waits until no claim of these holds is under way.
    pub(crate) async fn over(&self, holds: &[HoldId]) {
        let mut ended = self.ended.subscribe();
        while self.any(holds) {
            // The sender is ours: it cannot be gone.
            let _ = ended.changed().await;
        }
    }

    fn any(&self, holds: &[HoldId]) -> bool {
        let making = self.holds.lock();
        holds.iter().any(|hold| making.contains(hold))
    }
}

/// A claim that is being made.
pub(crate) struct Making {
    under_way: UnderWay,
    hold: HoldId,
}

impl Drop for Making {
    fn drop(&mut self) {
        self.under_way.holds.lock().remove(&self.hold);
        self.under_way.ended.send_replace(());
    }
}
