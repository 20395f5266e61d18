//! Callers by token: from memory, or verified and met anew.

use std::sync::Arc;

use ::identity::{Fault, IssuerStatus, Issuers, Seen, TokenHash};
use arc_swap::ArcSwap;
use bursar_config::{Config, Handle};
use parking_lot::Mutex;
use tokio::sync::watch;

use super::Caller;
use super::newcomers::Newcomers;
use crate::refusal::Denial;
use crate::sync::Ledger;

/// Tokens that are remembered; the others are verified anew.
const REMEMBERED: usize = 1 << 16;

/// A token that was good once is known as such for so long, until it expires.
const DAY_MICROS: i64 = 24 * 3_600 * 1_000_000;

/// Identifies callers by token.
pub(crate) struct Tokens {
    config: Handle,
    /// The configuration whose issuers are believed.
    followed: ArcSwap<Config>,
    /// Held while another takes its place.
    following: Mutex<()>,
    issuers: Issuers,
    seen: Seen<Arc<Caller>>,
    /// The tokens that were good once: no flood from their address keeps them from being verified anew.
    proven: Seen<()>,
    newcomers: Newcomers,
    ledger: Arc<Ledger>,
}

impl Tokens {
    pub(crate) fn new(config: Handle, ledger: Arc<Ledger>) -> Self {
        let (followed, issuers) = (config.load_full(), Issuers::new(rand::random));
        issuers.adopt(&followed.runtime.issuers);
        Self {
            config,
            followed: ArcSwap::new(followed),
            following: Mutex::new(()),
            issuers,
            seen: Seen::new(REMEMBERED),
            proven: Seen::good_for(REMEMBERED, DAY_MICROS),
            newcomers: Newcomers::new(Arc::clone(&ledger)),
            ledger,
        }
    }

    /// The caller that a token identified a moment ago, by the rules that hold now; whether it still
    /// counts is to be checked.
    pub(crate) fn remembered(&self, hash: &TokenHash) -> Option<Arc<Caller>> {
        self.follow();
        self.seen.get(hash, self.ledger.now()).filter(|caller| caller.is_meant())
    }

    /// Whether a token has been good, whatever it is now.
    pub(crate) fn is_proven(&self, hash: &TokenHash) -> bool {
        self.proven.get(hash, self.ledger.now()).is_some()
    }

    /// The caller that a token identifies which is not remembered. Its issuer's keys may be fetched for
    /// it, its organisation read, and its bearer become a member.
    ///
    /// # Errors
    /// It is not accepted, or the store could not be asked.
    pub(crate) async fn meet(&self, text: &str, hash: TokenHash) -> Result<Arc<Caller>, Denial> {
        let round = self.seen.round();
        let verified = self.issuers.recognise(text, self.ledger.now()).await;
        let token = verified.map_err(Denial::credential)?;
        let org = self.ledger.org(token.org).await.map_err(|failure| {
            tracing::warn!(%failure, "the organisation of a token could not be read");
            Denial::ledger_unavailable()
        })?;
        let org = org.ok_or_else(|| Denial::credential(Fault::TokenOrg))?;
        let member = self.newcomers.member_of(&org, &token).await?;
        let runs_out = token.runs_out();
        let caller = Arc::new(Caller::of_token(org, member, token));
        let now = self.ledger.now();
        self.proven.insert(hash, (), runs_out, now, self.proven.round());
        self.seen.insert(hash, Arc::clone(&caller), runs_out, now, round);
        Ok(caller)
    }

    /// How the keys of each issuer are.
    pub(crate) fn status(&self) -> Vec<IssuerStatus> {
        self.follow();
        self.issuers.status()
    }

    /// Keeps the issuers' keys up to date.
    pub(crate) async fn run(&self, mut stop: watch::Receiver<bool>) {
        let mut reloads = self.config.reloads();
        let keeping = self.issuers.run(|| self.ledger.now());
        tokio::pin!(keeping);
        loop {
            tokio::select! {
                () = &mut keeping => return,
                _ = stop.changed() => return,
                reloaded = reloads.changed() => match reloaded {
                    Ok(()) => self.follow(),
                    Err(_) => return,
                },
            }
        }
    }

    /// Believes those whom the configuration in force names, and nobody else: what was found by other
    /// rules is forgotten.
    fn follow(&self) {
        if Arc::ptr_eq(&self.followed.load(), &self.config.load()) {
            return;
        }
        let _one = self.following.lock();
        let config = self.config.load_full();
        if !Arc::ptr_eq(&self.followed.load(), &config) {
            self.issuers.adopt(&config.runtime.issuers);
            self.seen.clear();
            self.followed.store(config);
        }
    }
}
