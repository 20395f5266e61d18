//! Callers by key: from memory, or once from the store.

use std::sync::Arc;

use ::identity::Recognised;
use store::{KeyIdentity, SecretHash};

use super::Caller;
use crate::flights::{Flights, Landed};
use crate::store_calls::StoreCalls;
use crate::sync::Ledger;

/// The secrets that there are, and their callers.
pub(crate) type KnownSecrets = ::identity::KnownSecrets<Arc<Caller>>;

/// Identifies callers by API key.
pub(crate) struct Keyring {
    secrets: Arc<KnownSecrets>,
    store: Arc<StoreCalls>,
    ledger: Arc<Ledger>,
    looking: Flights<SecretHash, Option<Arc<Caller>>>,
}

impl Keyring {
    pub(crate) fn new(
        secrets: Arc<KnownSecrets>,
        store: Arc<StoreCalls>,
        ledger: Arc<Ledger>,
    ) -> Self {
        Self { secrets, store, ledger, looking: Flights::default() }
    }

    /// The caller that a well-formed key identifies, whatever its standing; `None` if there is none.
    /// The store is asked about keys only that exist and have not been used here yet.
    ///
    /// # Errors
    /// The store could not be asked.
    pub(crate) async fn identify(&self, key: &str) -> Landed<Option<Arc<Caller>>> {
        match self.secrets.recognise(key) {
            Recognised::Known(caller) => Ok(Some(caller)),
            Recognised::Nobody => Ok(None),
            Recognised::Stranger(hashes) => {
                for hash in hashes {
                    let met = self.looking.board(hash, || self.look_up(hash)).await?;
                    if met.is_some() {
                        return Ok(met);
                    }
                }
                Ok(None)
            }
        }
    }

    async fn look_up(&self, hash: SecretHash) -> Landed<Option<Arc<Caller>>> {
        if let Some(caller) = self.secrets.caller(&hash) {
            return Ok(Some(caller));
        }
        let asked = self.secrets.mark();
        match self.store.identity(&hash).await? {
            Some(identity) => self.meet(hash, &identity).await,
            None => {
                self.secrets.is_gone(&hash, asked);
                Ok(None)
            }
        }
    }

    async fn meet(&self, hash: SecretHash, identity: &KeyIdentity) -> Landed<Option<Arc<Caller>>> {
        let Some(org) = self.ledger.org(identity.org).await? else { return Ok(None) };
        let Some(key) = org.key(identity.key) else { return Ok(None) };
        let caller = Arc::new(Caller::of_key(org, key.standing.member, identity.key, hash));
        self.secrets.introduce(hash, Arc::clone(&caller));
        if !caller.is_current() {
            // The feed has ended it in between, and will not come back for it.
            self.secrets.forget(&hash);
        }
        Ok(Some(caller))
    }
}
