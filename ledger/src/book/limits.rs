//! The limits of an organisation, found by whose spending they count.

use std::collections::{BTreeMap, HashMap};

use super::accounts::Accounts;
use crate::account::AccountIndex;
use crate::{Instant, Limit, LimitId, Scope, Tool};

/// A limit and the accounts of its periods that are open.
#[derive(Debug)]
pub(super) struct LimitEntry {
    pub(super) limit: Limit,
    pub(super) periods: Vec<AccountIndex>,
}

impl LimitEntry {
    /// The account of the period that contains an instant.
    pub(super) fn current(&self, accounts: &Accounts, now: Instant) -> Option<AccountIndex> {
        self.periods.iter().copied().find(|index| accounts[*index].contains(now))
    }

    pub(super) fn counts(&self, tool: Option<&Tool>) -> bool {
        self.limit.tool.is_none() || self.limit.tool.as_ref() == tool
    }
}

#[derive(Debug)]
pub(super) struct Limits {
    /// The narrowest scope first, and in the order of checks within a scope.
    by_scope: BTreeMap<Scope, Vec<LimitEntry>>,
    scope_of: HashMap<LimitId, Scope>,
}

impl Limits {
    pub(super) fn new() -> Self {
        Self { by_scope: BTreeMap::new(), scope_of: HashMap::new() }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &LimitEntry> {
        self.by_scope.values().flatten()
    }

    /// The limits of one scope, in the order of checks.
    pub(super) fn of(&self, scope: Scope) -> &[LimitEntry] {
        self.by_scope.get(&scope).map_or(&[], Vec::as_slice)
    }

    pub(super) fn get(&self, id: LimitId) -> Option<&LimitEntry> {
        let entries = self.by_scope.get(self.scope_of.get(&id)?)?;
        entries.iter().find(|entry| entry.limit.id == id)
    }

    pub(super) fn get_mut(&mut self, id: LimitId) -> Option<&mut LimitEntry> {
        let entries = self.by_scope.get_mut(self.scope_of.get(&id)?)?;
        entries.iter_mut().find(|entry| entry.limit.id == id)
    }

    /// Adds a limit whose id is new to the book.
    pub(super) fn add(&mut self, limit: Limit) {
        self.scope_of.insert(limit.id, limit.scope);
        let entries = self.by_scope.entry(limit.scope).or_default();
        let rank = limit.check_rank();
        let place = entries.partition_point(|entry| entry.limit.check_rank() < rank);
        entries.insert(place, LimitEntry { limit, periods: Vec::new() });
    }

    pub(super) fn remove(&mut self, id: LimitId) -> Option<LimitEntry> {
        let scope = self.scope_of.remove(&id)?;
        let entries = self.by_scope.get_mut(&scope)?;
        let place = entries.iter().position(|entry| entry.limit.id == id)?;
        let removed = entries.remove(place);
        if entries.is_empty() {
            self.by_scope.remove(&scope);
        }
        Some(removed)
    }
}
