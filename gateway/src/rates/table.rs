//! The bounds of an organisation, its members and its keys, as far as there are any.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ledger::{Instant, KeyStatus, Scope};
use papaya::HashMap;
use store::{Key, OrgData, Rates};

use super::calls::Calls;
use super::{Over, Places};

/// What is counted in one organisation.
#[derive(Debug, Default)]
pub(crate) struct RateTable {
    calls: HashMap<Scope, Arc<Calls>>,
    /// Whether anything is: where nothing is bounded, a call asks no more than this.
    any: AtomicBool,
}

impl RateTable {
    /// The bounds of an organisation as it is stored.
    pub(crate) fn of(data: &OrgData) -> Self {
        let table = Self::default();
        table.reload(data);
        table
    }

    /// Puts the bounds of a stored organisation in force, and forgets whom it does not know.
    pub(crate) fn reload(&self, data: &OrgData) {
        let known = |scope: &Scope| match scope {
            Scope::Org => true,
            Scope::Member(id) => data.members.iter().any(|member| member.standing.id == *id),
            Scope::Key(id) => data.keys.iter().any(|key| key.standing.id == *id),
            Scope::Project(_) | Scope::Group(_) => false,
        };
        self.calls.pin().retain(|scope, _| known(scope));
        self.put(Scope::Org, data.org.rates);
        for member in &data.members {
            self.put(Scope::Member(member.standing.id), member.rates);
        }
        for key in &data.keys {
            self.put_key(key);
        }
    }

    /// Puts a key's bounds in force; a revoked one calls no more.
    pub(crate) fn put_key(&self, key: &Key) {
        let revoked = key.standing.status == KeyStatus::Revoked;
        let rates = if revoked { Rates::default() } else { key.rates };
        self.put(Scope::Key(key.standing.id), rates);
    }

    /// Puts the bounds of a key, a member or the organisation in force. One at a time: the feed does.
    pub(crate) fn put(&self, scope: Scope, rates: Rates) {
        let calls = self.calls.pin();
        let unbounded = rates == Rates::default();
        match calls.get(&scope) {
            Some(known) => {
                known.bound_by(rates);
                // What runs is still counted if it is bounded again.
                if unbounded && known.running() == 0 {
                    calls.remove(&scope);
                }
            }
            None if unbounded => {}
            None => {
                calls.insert(scope, Arc::new(Calls::new(scope, rates)));
            }
        }
        self.any.store(!calls.is_empty(), Ordering::Release);
    }

    /// Whether anybody's calls are bounded.
    pub(crate) fn is_empty(&self) -> bool {
        !self.any.load(Ordering::Acquire)
    }

    /// Counts a call in each of these scopes, in order.
    ///
    /// # Errors
    /// It is one too many for one of them: those after it have not heard of it.
    pub(crate) fn begin(
        &self,
        scopes: impl IntoIterator<Item = Scope>,
        now: Instant,
    ) -> Result<Places, Over> {
        let mut begun = Places::default();
        let calls = self.calls.pin();
        for scope in scopes {
            if let Some(calls) = calls.get(&scope) {
                let place = calls.begin(now, &mut begun.stands)?;
                begun.places.push(place);
            }
        }
        Ok(begun)
    }
}
