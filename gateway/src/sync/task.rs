//! The tasks that keep store and gateway in step, from the start to the end.

use std::sync::Arc;
use std::time::Duration;

use bursar_config::Handle;
use store::{ChangeSeq, Nudge};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Semaphore, broadcast, watch};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tracing::{debug, info, warn};

use crate::identity::Tokens;

use super::{Ledger, attend, heartbeat, rewind, shards};

const SYNC_EVERY: Duration = Duration::from_millis(250);
/// The floor of the change feed; whoever commits a change asks for it at once.
const POLL_EVERY: Duration = Duration::from_secs(1);
/// Between two reports of which secrets were used.
const USES_EVERY: Duration = Duration::from_secs(30);
const WHATEVER_THERE_IS: ChangeSeq = ChangeSeq(u64::MAX);
/// How long before their time the next periods' accounts are made and leased, at least: where they
/// are shared, so long that a store that is away at their beginning is not missed.
const AHEAD: Duration = Duration::from_secs(60);
/// All periods of a day begin at once: gateways do not look ahead as one.
const JITTER: Duration = Duration::from_secs(30);
/// So many shards are synced at once: a store that comes back is not overrun, and connections are
/// left for those who look a key up.
const SYNCS_AT_ONCE: usize = 8;

/// What runs beside the requests.
pub(crate) struct Tasks {
    stop: watch::Sender<bool>,
    running: JoinSet<()>,
}

impl Tasks {
    pub(crate) fn start(ledger: &Arc<Ledger>, config: &Handle, tokens: Arc<Tokens>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut running = JoinSet::new();
        let busy = Arc::new(Semaphore::new(SYNCS_AT_ONCE));
        for shard in shards() {
            let busy = Arc::clone(&busy);
            running.spawn(attend::attend(Arc::clone(ledger), shard, busy, stopped.clone()));
        }
        running.spawn(heartbeat::run(Arc::clone(ledger), stopped.clone()));
        running.spawn(rewind::run(Arc::clone(ledger), stopped.clone()));
        running.spawn(look_after(Arc::clone(ledger), config.clone(), stopped.clone()));
        running.spawn(report(Arc::clone(ledger), stopped.clone()));
        running.spawn(tell_uses(Arc::clone(ledger), stopped.clone()));
        let keys_until = stopped.clone();
        running.spawn(async move { tokens.run(keys_until).await });
        if let Some(nudges) = ledger.store.nudges() {
            running.spawn(listen(Arc::clone(ledger), nudges, stopped));
        }
        Self { stop, running }
    }

    /// Lets each end what it is at; a request that is not answered within the time stays unanswered.
    pub(crate) async fn stop(mut self, within: Duration) {
        let _ = self.stop.send(true);
        let ended = async { while self.running.join_next().await.is_some() {} };
        // Those that do not end are ended with the set.
        let _ = tokio::time::timeout(within, ended).await;
    }
}

/// Has every shard with something to report synced.
async fn report(ledger: Arc<Ledger>, mut stop: watch::Receiver<bool>) {
    let mut sync = tokio::time::interval(SYNC_EVERY);
    sync.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = sync.tick() => {}
            _ = stop.changed() => return,
        }
        for shard in ledger.journal.unreported() {
            ledger.bell(shard).ring_to_report();
        }
        for org in ledger.directory.all() {
            if org.has_returns() {
                ledger.bell(org.shard()).ring_to_report();
            }
        }
        if let Err(failure) = ledger.free_keys().await {
            debug!(%failure, "idempotency keys wait to be freed");
        }
    }
}

/// Has the store know which secrets are used.
async fn tell_uses(ledger: Arc<Ledger>, mut stop: watch::Receiver<bool>) {
    let mut due = tokio::time::interval(USES_EVERY);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = due.tick() => {}
            _ = stop.changed() => return,
        }
        if let Err(failure) = ledger.tell_uses().await {
            debug!(%failure, "when secrets were used waits to be told");
        }
    }
}

/// Reads the change feed, and looks after what time brings.
async fn look_after(ledger: Arc<Ledger>, config: Handle, mut stop: watch::Receiver<bool>) {
    let jitter = JITTER.mul_f64(rand::random());
    let mut poll = tokio::time::interval(POLL_EVERY);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = poll.tick() => {}
            _ = stop.changed() => return,
        }
        let ahead = match ledger.directory.is_shared() {
            true => AHEAD.max(config.load().runtime.bounds.max_offline) + jitter,
            false => AHEAD,
        };
        ledger.look_ahead(ahead).await;
    }
}

/// Does at once what the store nudges to.
async fn listen(
    ledger: Arc<Ledger>,
    mut nudges: broadcast::Receiver<Nudge>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let nudge = tokio::select! {
            nudge = nudges.recv() => nudge,
            _ = stop.changed() => return,
        };
        match nudge {
            Ok(Nudge::Recalled(shard)) => ledger.bell(shard).ring_recalled(),
            Ok(Nudge::Changed(seq)) if seq > ledger.directory.taken_in() => {
                if let Err(failure) = ledger.take_in(seq).await {
                    debug!(%failure, "a change waits to be taken in");
                }
            }
            Ok(Nudge::Changed(_)) => {}
            // What was missed is found by who looks from time to time.
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

impl Ledger {
    async fn look_ahead(&self, ahead: Duration) {
        if let Err(failure) = self.take_in(WHATEVER_THERE_IS).await {
            warn!(%failure, "the change feed could not be read");
        }
        match self.store.expire(self.clock.now()).await {
            Ok(expired) if expired.is_empty() => {}
            Ok(expired) => {
                info!(grants = expired.len(), "what was left of ended grants has expired")
            }
            Err(failure) => debug!(%failure, "ended grants wait to be expired"),
        }
        let soon =
            self.clock.now().plus_micros(i64::try_from(ahead.as_micros()).unwrap_or(i64::MAX));
        for org in self.directory.all() {
            let opened = match self.directory.open_periods(&org).await {
                Ok(()) => self.directory.open_periods_at(&org, soon).await,
                failed => failed,
            };
            if let Err(failure) = opened {
                warn!(%failure, org = %org.id(), "periods could not be opened");
            }
            org.look_after_leases(self.clock.since_boot());
            if let Err(failure) = self.lease_all(&org).await {
                self.note(org.shard(), &failure);
            }
        }
    }
}
