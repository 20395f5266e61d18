//! The keys of one issuer as they are known now.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::{ArcSwapOption, Guard};
use ledger::Instant;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::fetch::{FetchError, Fetched, Fetcher, Place};
use super::schedule::{Schedule, is_fresh};
use super::set::KeySet;

/// The keys at one place, kept up to date.
#[derive(Debug)]
pub(crate) struct LiveKeys {
    place: Place,
    current: ArcSwapOption<Current>,
    /// Held while they are fetched: once at a time, whoever asks.
    schedule: Arc<Mutex<Schedule>>,
    /// Fetches that have ended.
    ended: AtomicU64,
    /// Those of them that failed.
    failures: AtomicU64,
}

/// Keys, and when they were fetched.
#[derive(Debug)]
pub(crate) struct Current {
    pub(crate) keys: KeySet,
    pub(crate) fetched: Instant,
}

/// Who has keys fetched, and how often they would be anyway.
#[derive(Clone, Debug)]
pub(crate) struct Fetch {
    pub(crate) fetcher: Arc<Fetcher>,
    /// The issuer's name, for the log.
    pub(crate) issuer: Arc<str>,
    pub(crate) refresh: Duration,
    /// A random number, so that not all ask at once.
    pub(crate) chance: u64,
}

impl LiveKeys {
    /// The keys at a place, of which nothing is known yet.
    pub(crate) fn at(place: Place) -> Self {
        Self {
            place,
            current: ArcSwapOption::empty(),
            schedule: Arc::new(Mutex::new(Schedule::new())),
            ended: AtomicU64::new(0),
            failures: AtomicU64::new(0),
        }
    }

    /// Where they are.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// The keys that were fetched last, however long ago.
    pub(crate) fn last(&self) -> Option<Arc<Current>> {
        self.current.load_full()
    }

    /// The keys, unless they were never fetched or not for a day.
    pub(crate) fn fresh(&self, now: Instant) -> Guard<Option<Arc<Current>>> {
        let current = self.current.load();
        match current.as_ref() {
            Some(known) if is_fresh(known.fetched, now) => current,
            _ => Guard::from_inner(None),
        }
    }

    /// How many fetches have ended. To be read before the keys: whether there was one since is then
    /// never answered wrongly with no.
    pub(crate) fn ended(&self) -> u64 {
        self.ended.load(Ordering::Acquire)
    }

    /// How many of them failed.
    pub(crate) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Has the keys fetched at the next look at what is due.
    pub(crate) fn look_at_once(&self) {
        // Whoever holds it fetches them right now.
        if let Ok(mut schedule) = self.schedule.try_lock() {
            schedule.hasten();
        }
    }

    /// Fetches the keys if that is due, and says when it is next.
    pub(crate) async fn refresh_if_due(&self, fetch: &Fetch, now: Instant) -> Instant {
        let mut schedule = self.schedule.lock().await;
        if schedule.is_due(now) {
            self.fetch(fetch, &mut schedule, now).await;
        }
        schedule.next()
    }

    /// Fetches the keys for a token that they could not verify, unless that was done a moment ago;
    /// whether there was a fetch since so many had ended.
    pub(crate) async fn refetch(self: Arc<Self>, fetch: Fetch, ended: u64, now: Instant) -> bool {
        let mut schedule: OwnedMutexGuard<Schedule> = Arc::clone(&self.schedule).lock_owned().await;
        if self.ended() != ended {
            return true;
        }
        if !schedule.ask(now) {
            return false;
        }
        // A task of its own, which ends within the fetch's timeout: the client that asks may hang
        // up, and the others who wait would be left with neither keys nor another try.
        let task = async move { self.fetch(&fetch, &mut schedule, now).await };
        tokio::spawn(task).await.is_ok()
    }

    async fn fetch(&self, fetch: &Fetch, schedule: &mut Schedule, now: Instant) {
        let issuer = &*fetch.issuer;
        match fetch.fetcher.fetch(&self.place).await {
            Ok(Fetched { keys, age }) => {
                tracing::debug!(issuer, keys = keys.len(), "keys fetched");
                self.current.store(Some(Arc::new(Current { keys, fetched: now })));
                schedule.succeeded(now, age, fetch.refresh, fetch.chance);
            }
            Err(error) => {
                self.failures.fetch_add(1, Ordering::Relaxed);
                schedule.failed(now, fetch.refresh, fetch.chance);
                self.log(issuer, &error);
            }
        }
        self.ended.fetch_add(1, Ordering::Release);
    }

    fn log(&self, issuer: &str, error: &FetchError) {
        match self.current.load().as_ref() {
            Some(_) => tracing::warn!(issuer, %error, "keys not fetched, the old ones serve"),
            None => tracing::error!(issuer, %error, "keys not fetched, and there are no old ones"),
        }
    }
}
