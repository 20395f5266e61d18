//! The tokens that were verified a moment ago.

use std::sync::Arc;

use arc_swap::ArcSwap;
use aws_lc_rs::digest::{SHA256, digest};
use ledger::Instant;
use papaya::HashMap;
use parking_lot::Mutex;

/// What a token is known by: a hash of all of it, never of a part, which others could share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of a token.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
        Self(hash)
    }
}

/// What was found of the tokens that were verified a moment ago.
///
/// A hit says that the token was good when it was verified; what may have changed since, the caller
/// checks at every hit.
pub struct Seen<V> {
    tokens: ArcSwap<Tokens<V>>,
    capacity: usize,
    /// How long what was found is good.
    good_micros: i64,
    /// Held while one generation takes the place of another.
    turning: Mutex<()>,
}

/// A time between two [`Seen::clear`]s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenRound(u64);

/// Two generations of tokens: the older one goes as a whole when the younger is full.
struct Tokens<V> {
    round: SeenRound,
    young: Arc<Generation<V>>,
    old: Arc<Generation<V>>,
}

type Generation<V> = HashMap<TokenHash, Entry<V>, foldhash::fast::RandomState>;

struct Entry<V> {
    value: V,
    until: Instant,
}

/// A token is verified again after so long.
const GOOD_MICROS: i64 = 60_000_000;

impl<V: Clone> Seen<V> {
    /// Nothing yet, and never more than so many tokens; what is found is good for a minute.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self::good_for(capacity, GOOD_MICROS)
    }

    /// Nothing yet, and never more than so many tokens; what is found is good for so long.
    #[must_use]
    pub fn good_for(capacity: usize, good_micros: i64) -> Self {
        let (tokens, turning) =
            (ArcSwap::from_pointee(Tokens::fresh(SeenRound(0))), Mutex::new(()));
        Self { tokens, capacity, good_micros, turning }
    }

    /// What was found of a token, if that is not too long ago.
    #[must_use]
    pub fn get(&self, token: &TokenHash, now: Instant) -> Option<V> {
        let tokens = self.tokens.load();
        let found = |generation: &Generation<V>| {
            let pinned = generation.pin();
            pinned.get(token).filter(|entry| now < entry.until).map(|entry| entry.value.clone())
        };
        found(&tokens.young).or_else(|| found(&tokens.old))
    }

    /// The round there is: to be asked for before a token is verified.
    #[must_use]
    pub fn round(&self) -> SeenRound {
        self.tokens.load().round
    }

    /// Remembers what was found of a token, until it expires and as long as it is good; not, if it was
    /// found in an earlier round, since it may be by rules that do not hold any more.
    pub fn insert(
        &self,
        token: TokenHash,
        value: V,
        expires: Instant,
        now: Instant,
        round: SeenRound,
    ) {
        let until = expires.min(now.plus_micros(self.good_micros));
        let tokens = self.tokens.load();
        if until <= now || tokens.round != round {
            return;
        }
        tokens.young.pin().insert(token, Entry { value, until });
        if tokens.young.len() >= self.capacity / 2 {
            self.turn(&tokens, now);
        }
    }

    /// Forgets everything: the rules have changed.
    pub fn clear(&self) {
        let _turning = self.turning.lock();
        let SeenRound(round) = self.tokens.load().round;
        self.tokens.store(Arc::new(Tokens::fresh(SeenRound(round.wrapping_add(1)))));
    }

    /// How many tokens are remembered, expired ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        let tokens = self.tokens.load();
        tokens.young.len().saturating_add(tokens.old.len())
    }

    /// Whether no token is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes room: what has expired goes, and if that is not enough, the older generation.
    fn turn(&self, full: &Arc<Tokens<V>>, now: Instant) {
        let Some(_turning) = self.turning.try_lock() else { return };
        if !Arc::ptr_eq(&self.tokens.load(), full) {
            return;
        }
        full.young.pin().retain(|_, entry| now < entry.until);
        if full.young.len() >= self.capacity / 4 {
            let old = Arc::clone(&full.young);
            self.tokens.store(Arc::new(Tokens { old, ..Tokens::fresh(full.round) }));
        }
    }
}

impl<V> Tokens<V> {
    fn fresh(round: SeenRound) -> Self {
        Self { round, young: Arc::default(), old: Arc::default() }
    }
}
