//! The keys that this gateway has seen: from a key's hash to its caller.

use std::sync::Arc;

use ledger::Instant;
use papaya::HashMap;
use store::{KeyHasher, KeyIdentity, SecretHash};

use super::Caller;
use crate::flights::{Flights, Landed};
use crate::store_calls::StoreCalls;
use crate::sync::Ledger;
use crate::time::Clock;

/// Identifies callers by API key.
pub(crate) struct Keyring {
    hasher: KeyHasher,
    store: Arc<StoreCalls>,
    ledger: Arc<Ledger>,
    clock: Arc<dyn Clock>,
    known: HashMap<SecretHash, Arc<Caller>>,
    /// Hashes that open nothing, and until when that is believed: probing costs the store little.
    unknown: HashMap<SecretHash, Instant>,
    looking: Flights<SecretHash, Option<Arc<Caller>>>,
}

/// A key made elsewhere in the meantime is seen after at most so long.
const UNKNOWN_FOR_MICROS: i64 = 1_000_000;
const UNKNOWN_MAX: usize = 10_000;

impl Keyring {
    pub(crate) fn new(
        hasher: KeyHasher,
        store: Arc<StoreCalls>,
        ledger: Arc<Ledger>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (known, unknown) = (HashMap::new(), HashMap::new());
        Self { hasher, store, ledger, clock, known, unknown, looking: Flights::default() }
    }

    /// The caller that a key identifies, whatever its standing; `None` if there is none.
    ///
    /// # Errors
    /// The store could not be asked about a key that is not known yet.
    pub(crate) async fn identify(&self, text: &str) -> Landed<Option<Arc<Caller>>> {
        if !store::is_well_formed(text) {
            return Ok(None);
        }
        let now = self.clock.now();
        let mut unknown = true;
        for (_, hash) in self.hasher.hashes(text) {
            if let Some(caller) = self.known.pin().get(&hash) {
                return Ok(caller.is_open(now).then(|| Arc::clone(caller)));
            }
            unknown &= self.unknown.pin().get(&hash).is_some_and(|until| now < *until);
        }
        if unknown {
            return Ok(None);
        }
        let hashes: Vec<_> = self.hasher.hashes(text).map(|(_, hash)| hash).collect();
        let Some(current) = hashes.first() else { return Ok(None) };
        let caller = self.looking.board(*current, || self.look_up(&hashes, now)).await?;
        Ok(caller.filter(|caller| caller.is_open(now)))
    }

    async fn look_up(&self, hashes: &[SecretHash], now: Instant) -> Landed<Option<Arc<Caller>>> {
        for hash in hashes {
            if let Some(caller) = self.known.pin().get(hash) {
                return Ok(Some(Arc::clone(caller)));
            }
            if let Some(identity) = self.store.identity(hash).await? {
                return self.admit(*hash, &identity).await;
            }
            let unknown = self.unknown.pin();
            if unknown.len() >= UNKNOWN_MAX {
                unknown.clear();
            }
            unknown.insert(*hash, now.plus_micros(UNKNOWN_FOR_MICROS));
        }
        Ok(None)
    }

    async fn admit(&self, hash: SecretHash, identity: &KeyIdentity) -> Landed<Option<Arc<Caller>>> {
        let Some(org) = self.ledger.org(identity.org).await? else { return Ok(None) };
        let Some(key) = org.key(identity.key) else { return Ok(None) };
        let caller = Arc::new(Caller::of_key(org, key.standing.member, identity.key, hash));
        self.known.pin().insert(hash, Arc::clone(&caller));
        Ok(Some(caller))
    }
}
