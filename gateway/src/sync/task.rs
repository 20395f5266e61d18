//! The task that keeps store and gateway in step: every 250 ms when something changed.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;
use tracing::{debug, error, info, warn};

use super::Ledger;

const SYNC_EVERY: Duration = Duration::from_millis(250);
/// The floor of the change feed; whoever commits a change asks for it at once.
const POLL_EVERY: Duration = Duration::from_secs(1);
/// How long before their time the next periods' accounts are made and leased.
const AHEAD_MICROS: i64 = 60_000_000;

/// Syncs until told to stop.
pub(crate) async fn run(ledger: Arc<Ledger>, mut stop: watch::Receiver<bool>) {
    let mut sync = tokio::time::interval(SYNC_EVERY);
    let mut poll = tokio::time::interval(POLL_EVERY);
    sync.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = sync.tick() => ledger.sync_changed().await,
            _ = poll.tick() => ledger.look_ahead().await,
            _ = stop.changed() => return,
        }
    }
}

impl Ledger {
    /// Reports every shard that has something to report.
    pub(crate) async fn sync_changed(&self) {
        let mut shards = self.journal.unreported();
        for org in self.directory.all() {
            if org.has_returns() && !shards.contains(&org.shard()) {
                shards.push(org.shard());
            }
        }
        if let Err(failure) = self.free_keys().await {
            debug!(%failure, "idempotency keys wait to be freed");
        }
        for shard in shards {
            let outcome = self.sync(shard, Vec::new()).await;
            self.note(shard, outcome);
        }
    }

    async fn look_ahead(&self) {
        if let Err(failure) = self.take_in(self.directory.taken_in()).await {
            warn!(%failure, "the change feed could not be read");
        }
        match self.store.expire(self.clock.now()).await {
            Ok(expired) if expired.is_empty() => {}
            Ok(expired) => {
                info!(grants = expired.len(), "what was left of ended grants has expired")
            }
            Err(failure) => debug!(%failure, "ended grants wait to be expired"),
        }
        let soon = self.clock.now().plus_micros(AHEAD_MICROS);
        for org in self.directory.all() {
            let opened = match self.directory.open_periods(&org).await {
                Ok(()) => self.directory.open_periods_at(&org, soon).await,
                failed => failed,
            };
            if let Err(failure) = opened {
                warn!(%failure, org = %org.id(), "periods could not be opened");
            }
            match self.lease_all(&org).await {
                Ok(false) => {}
                Ok(true) => self.note(org.shard(), Ok(())),
                Err(failure) => self.note(org.shard(), Err(failure)),
            }
        }
    }

    fn note(&self, shard: ledger::Shard, outcome: store::Result<()>) {
        match outcome {
            Ok(()) => {
                if self.health.failing.swap(false, Ordering::Relaxed) {
                    info!("the store answers again");
                }
            }
            Err(store::Error::Fenced { current }) => {
                self.health.fenced.store(true, Ordering::Relaxed);
                error!(
                    epoch = current.0,
                    "a later start of this node has begun: admitting nothing"
                );
            }
            Err(failure) if failure.is_transient() => {
                if !self.health.failing.swap(true, Ordering::Relaxed) {
                    warn!(%failure, "the store does not answer; charges are kept until it does");
                }
            }
            Err(failure) => {
                error!(%failure, shard = shard.number(), "the shard is quarantined");
                for org in self.directory.of_shard(shard) {
                    org.quarantine();
                }
            }
        }
    }

    /// Reports everything, until the store has acknowledged it or has said no.
    ///
    /// # Errors
    /// The store's last answer, when something could not be reported within the time.
    pub(crate) async fn sync_all(&self, within: Duration) -> store::Result<()> {
        let deadline = tokio::time::Instant::now() + within;
        // What is not freed here is freed by the recovery of the next start.
        let _ = self.free_keys().await;
        let mut shards = self.journal.unreported();
        let returning = self.directory.all().into_iter().filter(|org| org.has_returns());
        shards.extend(returning.map(|org| org.shard()));
        for shard in shards {
            loop {
                match self.sync(shard, Vec::new()).await {
                    Ok(()) => break,
                    Err(failure) if failure.is_transient() => {
                        if tokio::time::Instant::now() >= deadline {
                            return Err(failure);
                        }
                        tokio::time::sleep(SYNC_EVERY).await;
                    }
                    Err(failure) => return Err(failure),
                }
            }
        }
        Ok(())
    }
}
