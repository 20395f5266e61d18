//! The sign of life that the store gets every two seconds, and what it says in return.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use store::{Applied, Heartbeat};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use super::Ledger;

const EVERY: Duration = Duration::from_secs(2);

/// Gives signs of life until told to stop.
pub(crate) async fn run(ledger: Arc<Ledger>, mut stop: watch::Receiver<bool>) {
    let mut beat = tokio::time::interval(EVERY);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = beat.tick() => {}
            _ = stop.changed() => return,
        }
        // What does not come through is said with the next one.
        let _ = ledger.give_sign_of_life().await;
    }
}

impl Ledger {
    /// Tells the store that this gateway lives, and takes in how things are.
    ///
    /// # Errors
    /// As the store says.
    pub(crate) async fn give_sign_of_life(&self) -> store::Result<()> {
        let asked = self.clock.since_boot();
        let beat = Heartbeat {
            node: self.node,
            epoch: self.epoch,
            incarnation: self.told_incarnation(),
            now: self.clock.now(),
        };
        let in_force = self.directory.taken_in();
        let alive = match self.store.heartbeat(beat).await {
            Ok(alive) => alive,
            Err(failure) => {
                let failure = self.unless_it_went_back(failure, Applied::default());
                self.health.beat_failed(&failure);
                return Err(failure);
            }
        };
        self.clock.store_says(alive.now);
        self.health.beat_answered(asked);
        self.live.store(alive.live, Ordering::Relaxed);
        self.is_another_life(&alive.stamp, in_force);
        for shard in alive.recalled {
            self.bell(shard).ring_recalled();
        }
        Ok(())
    }
}
