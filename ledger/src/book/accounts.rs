//! Where the accounts of a book stand: in slots, so that a hold finds its own without a search.

use std::collections::BTreeMap;
use std::ops::{Index, IndexMut};

use crate::account::{Account, AccountIndex};
use crate::{AccountId, Instant, Leases};

/// The accounts of a book, open or still held.
#[derive(Debug)]
pub(super) struct Accounts {
    slots: Vec<Account>,
    vacant: Vec<AccountIndex>,
    by_id: BTreeMap<AccountId, AccountIndex>,
    /// No account ends before it.
    next_end: Instant,
    pub(super) leases: Leases,
    /// Those that the store wants back: what is free of them and not taken at once.
    pub(super) recalled: Vec<AccountId>,
    /// Whether a hold that was just taken left an account low.
    pub(super) fell_low: bool,
}

impl Accounts {
    pub(super) fn new(leases: Leases) -> Self {
        Self {
            slots: Vec::new(),
            vacant: Vec::new(),
            by_id: BTreeMap::new(),
            next_end: Instant::MAX,
            leases,
            recalled: Vec::new(),
            fell_low: false,
        }
    }

    /// Every account, by id.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Account> {
        self.by_id.values().map(|index| &self[*index])
    }

    pub(super) fn find(&self, id: AccountId) -> Option<AccountIndex> {
        self.by_id.get(&id).copied()
    }

    /// Adds an account whose id is new to the book.
    pub(super) fn add(&mut self, account: Account) -> AccountIndex {
        let (id, end) = (account.id, account.end);
        let index = match self.vacant.pop() {
            Some(index) => {
                self[index] = account;
                index
            }
            None => {
                let index = u32::try_from(self.slots.len()).expect("four billion accounts");
                self.slots.push(account);
                AccountIndex(index)
            }
        };
        self.by_id.insert(id, index);
        self.next_end = self.next_end.min(end);
        index
    }

    pub(super) fn set_span(&mut self, index: AccountIndex, start: Instant, end: Instant) {
        let account = &mut self[index];
        (account.start, account.end) = (start, end);
        self.next_end = self.next_end.min(end);
    }

    /// Leaves the slot of an account to another. No hold and no path may name it any more.
    pub(super) fn remove(&mut self, index: AccountIndex) {
        let id = self[index].id;
        self.by_id.remove(&id);
        self.vacant.push(index);
    }

    /// The accounts whose time is over and on which nothing runs or waits.
    pub(super) fn ended(&mut self, now: Instant) -> Vec<AccountIndex> {
        if now < self.next_end {
            return Vec::new();
        }
        let ended = |account: &Account| account.end <= now && account.is_idle();
        let indices = self.by_id.values().copied();
        let (over, open): (Vec<_>, Vec<_>) = indices.partition(|index| ended(&self[*index]));
        let ends = open.iter().map(|index| self[*index].end);
        self.next_end = ends.min().unwrap_or(Instant::MAX);
        over
    }
}

fn slot(index: AccountIndex) -> usize {
    usize::try_from(index.0).unwrap_or(usize::MAX)
}

impl Index<AccountIndex> for Accounts {
    type Output = Account;

    fn index(&self, index: AccountIndex) -> &Account {
        &self.slots[slot(index)]
    }
}

impl IndexMut<AccountIndex> for Accounts {
    fn index_mut(&mut self, index: AccountIndex) -> &mut Account {
        &mut self.slots[slot(index)]
    }
}
