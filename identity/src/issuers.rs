//! Everybody whose tokens are accepted, and their keys.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bursar_config::{Issuer, KeySource};
use ledger::Instant;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::Fault;
use crate::jwks::{Fetch, Fetcher, KeySet, LiveKeys, Place};
use crate::token::{self, Opened, Verified};

/// Everybody whose tokens are accepted, and their keys.
///
/// Nothing fails while an issuer is away: its keys serve for a day, and until there are any its
/// tokens are refused and everybody else's are not.
pub struct Issuers {
    /// By `iss`.
    known: ArcSwap<HashMap<Box<str>, Known>>,
    fetcher: Arc<Fetcher>,
    random: Box<dyn Fn() -> u64 + Send + Sync>,
    adopted: Notify,
}

/// An issuer and its keys.
struct Known {
    issuer: Arc<Issuer>,
    keys: Keys,
}

enum Keys {
    /// The secret that the issuer shares with us.
    Shared(KeySet),
    /// What it publishes, and how often that is fetched.
    Published(Arc<LiveKeys>, Duration),
}

/// A token that is not accepted.
#[derive(Debug)]
pub struct Unverified {
    /// Why.
    pub fault: Fault,
    /// What may help: the issuer may have other keys by now.
    pub refetch: Option<Refetch>,
}

impl From<Fault> for Unverified {
    fn from(fault: Fault) -> Self {
        Self { fault, refetch: None }
    }
}

/// What may help a token that is not accepted.
pub struct Refetch {
    keys: Arc<LiveKeys>,
    /// The fetches that had ended before the token was checked.
    ended: u64,
    issuer: Arc<str>,
    refresh: Duration,
}

impl fmt::Debug for Refetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refetch").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// How an issuer's keys are, for metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerStatus {
    /// The issuer's name in the configuration.
    pub name: Arc<str>,
    /// The keys there are, fresh or not.
    pub keys: usize,
    /// When they were last fetched; never, if they are shared.
    pub fetched: Option<Instant>,
    /// Fetches that failed since the start.
    pub failures: u64,
}

impl Issuers {
    /// Nobody yet. Fetches are spread by random numbers from all of 64 bits.
    #[must_use]
    pub fn new(random: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self {
            known: ArcSwap::default(),
            fetcher: Arc::default(),
            random: Box::new(random),
            adopted: Notify::new(),
        }
    }

    /// Takes these issuers for those that there are. Whose keys are where they were keeps them; the
    /// others' are fetched by [`Self::run`] at once.
    pub fn adopt(&self, issuers: &[Arc<Issuer>]) {
        let before = self.known.load();
        let mut known: HashMap<Box<str>, Known> = HashMap::new();
        for issuer in issuers {
            let kept = |place: Place| {
                let same = |other: &&Arc<LiveKeys>| *other.place() == place;
                let kept = published(&known).chain(published(&before)).find(same).cloned();
                kept.unwrap_or_else(|| Arc::new(LiveKeys::at(place)))
            };
            let keys = match &issuer.keys {
                KeySource::Secret(secret) => {
                    Keys::Shared(KeySet::shared(secret.expose().as_bytes()))
                }
                KeySource::Url { url, refresh } => {
                    Keys::Published(kept(Place::Url(url.clone())), *refresh)
                }
                KeySource::File { path, refresh } => {
                    let live = kept(Place::File(path.as_path().into()));
                    // It costs nothing to look, and the operator may have taken a key out of it.
                    live.look_at_once();
                    Keys::Published(live, *refresh)
                }
            };
            known.insert(issuer.issuer.clone(), Known { issuer: Arc::clone(issuer), keys });
        }
        self.known.store(Arc::new(known));
        self.adopted.notify_one();
    }

    /// What a token says of its bearer, if it is true. Waits for nothing.
    ///
    /// # Errors
    /// Why it is not accepted, and what may help.
    pub fn verify(&self, text: &str, now: Instant) -> Result<Verified, Unverified> {
        let token = token::open(text)?;
        let known = self.known.load();
        let known = known.get(token.issuer()?).ok_or(Fault::TokenIssuer)?;
        match &known.keys {
            Keys::Shared(keys) => Ok(token::check(&token, &known.issuer, keys, now)?),
            Keys::Published(live, refresh) => {
                let ended = live.ended();
                check_published(&token, &known.issuer, live, now).map_err(|fault| {
                    let refetch = may_help(fault, &token).then(|| Refetch {
                        keys: Arc::clone(live),
                        ended,
                        issuer: Arc::clone(&known.issuer.name),
                        refresh: *refresh,
                    });
                    Unverified { fault, refetch }
                })
            }
        }
    }

    /// The same; and where that may help, the issuer's keys are fetched first, or waited for if
    /// they are being fetched: 5 s at most, and once in 30 s for all tokens of an issuer together.
    ///
    /// # Errors
    /// Why the token is not accepted.
    pub async fn recognise(&self, text: &str, now: Instant) -> Result<Verified, Fault> {
        let unverified = match self.verify(text, now) {
            Ok(verified) => return Ok(verified),
            Err(unverified) => unverified,
        };
        match unverified.refetch {
            Some(refetch) if self.refetch(&refetch, now).await => {
                self.verify(text, now).map_err(|unverified| unverified.fault)
            }
            // The issuer may well have the key: it could not be asked so soon again.
            Some(_) if unverified.fault == Fault::TokenKey => Err(Fault::TokenKeysAway),
            _ => Err(unverified.fault),
        }
    }

    /// Fetches the keys of an issuer, unless that was done for a token less than 30 s ago. Whether
    /// they may be others than those that the token was checked with.
    pub async fn refetch(&self, refetch: &Refetch, now: Instant) -> bool {
        let fetch = self.fetch(Arc::clone(&refetch.issuer), refetch.refresh);
        Arc::clone(&refetch.keys).refetch(fetch, refetch.ended, now).await
    }

    /// Keeps the keys up to date, until the future is dropped.
    pub async fn run(&self, clock: impl Fn() -> Instant + Send + Sync) {
        loop {
            let next = self.refresh_due(clock()).await;
            let wait = next.micros().saturating_sub(clock().micros()).max(0);
            // The clock of money may be set: it is looked at now and then.
            let wait = Duration::from_micros(wait.unsigned_abs()).min(LOOK);
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.adopted.notified() => {}
            }
        }
    }

    /// Fetches all keys that are due, and says when the next are.
    pub async fn refresh_due(&self, now: Instant) -> Instant {
        let mut fetches = JoinSet::new();
        for known in self.known.load().values() {
            if let Keys::Published(live, refresh) = &known.keys {
                let fetch = self.fetch(Arc::clone(&known.issuer.name), *refresh);
                let live = Arc::clone(live);
                fetches.spawn(async move { live.refresh_if_due(&fetch, now).await });
            }
        }
        let mut next = Instant::MAX;
        while let Some(fetched) = fetches.join_next().await {
            next = next.min(fetched.unwrap_or(now.plus_micros(RETRY_MICROS)));
        }
        next
    }

    /// How the keys of each issuer are, by name.
    #[must_use]
    pub fn status(&self) -> Vec<IssuerStatus> {
        let status = |known: &Known| {
            let name = Arc::clone(&known.issuer.name);
            match &known.keys {
                Keys::Shared(keys) => {
                    IssuerStatus { name, keys: keys.len(), fetched: None, failures: 0 }
                }
                Keys::Published(live, _) => {
                    let last = live.last();
                    let keys = last.as_ref().map_or(0, |last| last.keys.len());
                    let fetched = last.map(|last| last.fetched);
                    IssuerStatus { name, keys, fetched, failures: live.failures() }
                }
            }
        };
        let mut all: Vec<_> = self.known.load().values().map(status).collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }

    fn fetch(&self, issuer: Arc<str>, refresh: Duration) -> Fetch {
        Fetch { fetcher: Arc::clone(&self.fetcher), issuer, refresh, chance: (self.random)() }
    }
}

/// The longest that [`Issuers::run`] does not look at the clock.
const LOOK: Duration = Duration::from_secs(60);

/// When a fetch that panicked is looked at again.
const RETRY_MICROS: i64 = 60_000_000;

fn published(known: &HashMap<Box<str>, Known>) -> impl Iterator<Item = &Arc<LiveKeys>> {
    known.values().filter_map(|known| match &known.keys {
        Keys::Published(live, _) => Some(live),
        Keys::Shared(_) => None,
    })
}

fn check_published(
    token: &Opened<'_>,
    issuer: &Arc<Issuer>,
    live: &LiveKeys,
    now: Instant,
) -> Result<Verified, Fault> {
    let current = live.fresh(now);
    let current = current.as_ref().ok_or(Fault::TokenKeysAway)?;
    token::check(token, issuer, &current.keys, now)
}

/// Whether other keys of the issuer may verify what these did not: where there are none, none of
/// the name, or where none was named and the issuer has changed its only one.
fn may_help(fault: Fault, token: &Opened<'_>) -> bool {
    match fault {
        Fault::TokenKeysAway | Fault::TokenKey => true,
        Fault::TokenSignature => !token.names_key(),
        _ => false,
    }
}
