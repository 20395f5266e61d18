//! How it stands between this gateway and its store: answered, away, or fenced.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ledger::Epoch;
use tokio::sync::watch;
use tracing::{error, info, warn};

use crate::lease::LastAnswer;

/// Whether the store answers, and whether this gateway is still the one that it answers.
#[derive(Debug)]
pub(crate) struct Health {
    epoch: Epoch,
    is_fenced: AtomicBool,
    fenced: watch::Sender<Option<Epoch>>,
    /// Syncs, and signs of life, are not answered.
    syncs_fail: AtomicBool,
    beats_fail: AtomicBool,
    last_answer: LastAnswer,
}

impl Health {
    /// The store has just answered.
    pub(super) fn new(epoch: Epoch, now: Duration) -> Self {
        Self {
            epoch,
            is_fenced: AtomicBool::new(false),
            fenced: watch::Sender::new(None),
            syncs_fail: AtomicBool::new(false),
            beats_fail: AtomicBool::new(false),
            last_answer: LastAnswer::at(now),
        }
    }

    /// Whether a later start of this node has begun: nothing is admitted any more.
    pub(crate) fn is_fenced(&self) -> bool {
        self.is_fenced.load(Ordering::Relaxed)
    }

    /// Ends when a later start of this node has begun, and says which.
    pub(crate) fn fenced(&self) -> impl Future<Output = Epoch> + Send + use<> {
        let mut fenced = self.fenced.subscribe();
        async move {
            let epoch = fenced.wait_for(Option::is_some).await.ok().and_then(|epoch| *epoch);
            match epoch {
                Some(epoch) => epoch,
                // The gateway is gone, and was not fenced.
                None => std::future::pending().await,
            }
        }
    }

    /// Which later start has begun.
    pub(crate) fn fenced_by(&self) -> Option<Epoch> {
        *self.fenced.borrow()
    }

    pub(crate) fn is_failing(&self) -> bool {
        self.syncs_fail.load(Ordering::Relaxed) || self.beats_fail.load(Ordering::Relaxed)
    }

    /// Whether the store has not answered for longer than that.
    pub(crate) fn is_away_longer(&self, than: Duration, now: Duration) -> bool {
        self.last_answer.is_older(than, now)
    }

    /// It has answered a sync that was sent at this instant.
    pub(super) fn sync_answered(&self, asked: Duration) {
        self.last_answer.answered(asked);
        if self.syncs_fail.swap(false, Ordering::Relaxed) {
            info!("the store answers again");
        }
    }

    /// It has not.
    pub(super) fn sync_failed(&self, failure: &store::Error) {
        self.refused(failure);
        if failure.is_transient() && !self.syncs_fail.swap(true, Ordering::Relaxed) {
            warn!(%failure, "the store does not answer; charges are kept until it does");
        }
    }

    /// It has answered a sign of life that was given at this instant.
    pub(super) fn beat_answered(&self, asked: Duration) {
        self.last_answer.answered(asked);
        if self.beats_fail.swap(false, Ordering::Relaxed) {
            info!("the store hears of this gateway again");
        }
    }

    /// It has not.
    pub(super) fn beat_failed(&self, failure: &store::Error) {
        self.refused(failure);
        if failure.is_transient() && !self.beats_fail.swap(true, Ordering::Relaxed) {
            warn!(%failure, "the store does not hear of this gateway");
        }
    }

    /// Takes in a no of the store: it may say that a later start of this node has begun.
    pub(crate) fn refused(&self, failure: &store::Error) {
        // An earlier one: the store has gone back in time.
        if let store::Error::Fenced { current } = failure
            && *current > self.epoch
        {
            self.fence(*current);
        }
    }

    fn fence(&self, current: Epoch) {
        if !self.is_fenced.swap(true, Ordering::Relaxed) {
            error!(epoch = current.0, "a later start of this node has begun: admitting nothing");
            self.fenced.send_replace(Some(current));
        }
    }
}
