//! The orderly end: everything is reported, everything is given back, and the store lets it go.

use std::time::Duration;

use ledger::Shard;
use tokio::time::Instant;

use super::wish::Wish;
use super::{Ledger, shards};

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(250);

impl Ledger {
    /// Reports everything and gives back what others could spend, until the store has acknowledged
    /// it or has said no; then takes leave of it.
    ///
    /// # Errors
    /// The store's last answer, when something could not be reported within the time.
    pub(crate) async fn leave(&self, within: Duration) -> store::Result<()> {
        let deadline = Instant::now() + within;
        // What is not freed here is freed by the recovery of the next start.
        let _ = self.free_keys().await;
        // What is not told here is not missed: it is when a key was used last.
        let _ = self.tell_uses().await;
        let mut outcome = Ok(());
        for shard in shards() {
            // One that fails does not keep the others from being told.
            outcome = self.settle(shard, deadline).await.and(outcome);
        }
        outcome?;
        if self.directory.is_shared() && self.is_settled().await {
            self.store.leave(self.node, self.epoch, self.clock.now()).await?;
        }
        Ok(())
    }

    /// Reports a shard, and gives back what is leased of it. A request that was not answered may
    /// bring more leases: they go back with the next one.
    async fn settle(&self, shard: Shard, deadline: Instant) -> store::Result<()> {
        loop {
            let orgs = self.directory.of_shard(shard);
            if self.directory.is_shared() {
                let now = self.clock.since_boot();
                orgs.iter().for_each(|org| org.give_all_back(now));
            }
            match self.sync(shard, Wish::default()).await {
                Ok(()) if orgs.iter().any(|org| org.has_returns()) => {}
                Ok(()) if self.directory.is_shared() && orgs.iter().any(|org| org.has_free()) => {}
                Ok(()) => return Ok(()),
                Err(failure) if failure.is_transient() && Instant::now() < deadline => {
                    tokio::time::sleep(PAUSE).await;
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Whether the store knows everything, and this gateway has nothing of its.
    async fn is_settled(&self) -> bool {
        for shard in shards() {
            if !self.sequence(shard).is_settled().await {
                return false;
            }
        }
        self.journal.unreported().is_empty()
            && self.directory.all().iter().all(|org| !org.has_leases())
    }
}
