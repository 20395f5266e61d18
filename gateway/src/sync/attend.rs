//! One shard attended to: at once when its bell rings, in its turn otherwise.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ledger::{OrgId, Shard};
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;
use tracing::error;

use super::Ledger;
use super::wish::Wish;
use crate::lease::{AskAgain, Retry};
use crate::org::{Org, Reasons};

/// Who waits is asked for again no sooner, however many come meanwhile.
const PAUSE: Duration = Duration::from_millis(10);

/// What is due in one shard, and when.
struct Attendant {
    ledger: Arc<Ledger>,
    shard: Shard,
    /// When the organisations with requests that wait are asked for again.
    again: HashMap<OrgId, (Instant, AskAgain)>,
    /// The store does not answer: until then it is left alone.
    not_before: Option<Instant>,
    /// What the bell was rung for and the store could not be asked.
    owing: Reasons,
    retry: Retry,
}

/// Attends to a shard until told to stop. `busy` bounds how many shards are synced at once.
pub(super) async fn attend(
    ledger: Arc<Ledger>,
    shard: Shard,
    busy: Arc<Semaphore>,
    mut stop: watch::Receiver<bool>,
) {
    let bell = Arc::clone(ledger.directory.bell(shard));
    let (again, retry) = (HashMap::new(), Retry::default());
    let (not_before, owing) = (None, Reasons::default());
    let mut attendant = Attendant { ledger, shard, again, not_before, owing, retry };
    loop {
        tokio::select! {
            () = bell.rung(), if attendant.not_before.is_none() => {}
            () = due(attendant.next()) => {}
            _ = stop.changed() => return,
        }
        let Ok(_turn) = busy.acquire().await else { return };
        attendant.attend(bell.take()).await;
    }
}

async fn due(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

impl Attendant {
    fn next(&self) -> Option<Instant> {
        self.not_before.or_else(|| self.again.values().map(|(at, _)| *at).min())
    }

    async fn attend(&mut self, reasons: Reasons) {
        let now = Instant::now();
        let reasons = std::mem::take(&mut self.owing).and(reasons);
        let mut orgs = reasons.orgs.clone();
        for (org, (at, _)) in &mut self.again {
            if *at <= now {
                orgs.insert(*org);
            } else if orgs.remove(org) {
                // It was asked for a moment ago: whoever came since is asked for soon.
                *at = (*at).min(now + PAUSE);
            }
        }
        let directory = &self.ledger.directory;
        let orgs: Vec<_> = orgs.into_iter().filter_map(|org| directory.loaded(org)).collect();
        let leased = || directory.of_shard(self.shard).iter().any(|org| org.has_leases());
        let wish = Wish { orgs: orgs.clone(), in_any_case: reasons.recalled && leased() };
        match self.ledger.sync(self.shard, wish).await {
            Ok(()) => (self.not_before, self.retry) = (None, Retry::default()),
            Err(failure) => {
                self.failed(&failure);
                // An organisation rings once, until it has been asked what for.
                self.owing = reasons;
                orgs.iter().for_each(|org| org.unanswered());
            }
        }
        for org in orgs {
            self.ask_again(&org);
        }
    }

    fn ask_again(&mut self, org: &Org) {
        if org.waiting() == 0 {
            self.again.remove(&org.id());
            return;
        }
        let (at, pause) =
            self.again.entry(org.id()).or_insert_with(|| (Instant::now(), AskAgain::default()));
        *at = Instant::now() + pause.next();
    }

    fn failed(&mut self, failure: &store::Error) {
        self.not_before = Some(Instant::now() + self.retry.next(rand::random()));
        self.ledger.note(self.shard, failure);
    }
}

impl Ledger {
    /// A shard could not be synced.
    pub(super) fn note(&self, shard: Shard, failure: &store::Error) {
        self.health.sync_failed(failure);
        if failure.is_transient() || matches!(failure, store::Error::Fenced { .. }) {
            return;
        }
        error!(%failure, shard = shard.number(), "the shard is quarantined");
        for org in self.directory.of_shard(shard) {
            org.quarantine();
        }
    }
}
