//! One organisation's accounts, and every decision about them.
//!
//! The same pure code decides in production, in the property tests and in the simulator. A decision
//! is read top to bottom: checks in a fixed order, each a named refusal; then only writes.

mod accounts;
mod limits;

mod caller;
mod path;

mod admit;
mod shortage;
mod waiting;

mod asking;
mod leases;
mod low;

mod apply;
mod probe;
mod view;

use std::collections::{HashMap, VecDeque};

use crate::account::{Account, AccountIndex};
use crate::{
    AccountId, Credits, Grant, Hold, Instant, KeyId, KeyStanding, Limit, MemberId, MemberStanding,
    OrgId, Refusal, Settlement,
};

pub use apply::{Change, PeriodOpened};
pub use asking::{ShortOf, Verdict, WaitingAsk};
pub use leases::{Answer, Figures, Leases};
pub use low::LowPath;
pub use path::{PathIndex, PathKey};
pub use view::{GrantView, LimitView, PathView};
pub use waiting::{Decided, Decision, Ticket};

use accounts::Accounts;
use limits::Limits;
use path::Path;
use waiting::Waiter;

/// The answer to a request for credits.
#[derive(Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "the usual answer is a hold, and it is not boxed")]
pub enum Admission {
    /// Taken.
    Held(Hold),
    /// Merely held by running requests: in the queue, decided again at each change.
    Waiting(Ticket),
    /// No.
    Refused(Refusal),
}

/// One organisation's accounts: what is free, what is held, who waits.
#[derive(Debug)]
pub struct Book {
    org: OrgId,
    leases: Leases,
    accounts: Accounts,
    limits: Limits,
    /// In burn order.
    grants: Vec<GrantEntry>,
    members: HashMap<MemberId, MemberStanding>,
    keys: HashMap<KeyId, KeyStanding>,
    paths: Vec<Path>,
    path_of: HashMap<PathKey, PathIndex>,
    /// Moves on whenever a path may have changed.
    generation: u64,
    /// Moves on whenever an amount, or what is spent, may have changed.
    version: u64,
    waiting: VecDeque<Waiter>,
    last_ticket: u64,
    returns: Vec<(AccountId, Credits)>,
    /// Accounts that were lowered since the last request to the store: a lease may have been
    /// granted before.
    lowered: Vec<AccountId>,
    /// The request to the store that is made next, counted round and round.
    request: u16,
    /// Paths that ran low and have not been told.
    low: Vec<(PathIndex, LowPath)>,
}

/// A grant and its account, which bears its id.
#[derive(Debug)]
struct GrantEntry {
    grant: Grant,
    account: AccountIndex,
}

impl Book {
    /// Requests that may wait at once; the next one is told so.
    pub const WAITING_MAX: usize = 1_024;

    /// The empty book of an organisation.
    #[must_use]
    pub fn new(org: OrgId, leases: Leases) -> Self {
        Self {
            org,
            leases,
            accounts: Accounts::new(leases),
            limits: Limits::new(),
            grants: Vec::new(),
            members: HashMap::new(),
            keys: HashMap::new(),
            paths: Vec::new(),
            path_of: HashMap::new(),
            generation: 0,
            version: 0,
            waiting: VecDeque::new(),
            last_ticket: 0,
            returns: Vec::new(),
            request: 1,
            lowered: Vec::new(),
            low: Vec::new(),
        }
    }

    /// Whose book it is.
    #[must_use]
    pub const fn org(&self) -> OrgId {
        self.org
    }

    /// Gives back what a written-down settlement left over, and decides who waited for it.
    pub fn close(&mut self, settlement: Settlement, now: Instant) -> Decided {
        self.version = self.version.wrapping_add(1);
        let mut decided = self.leave_extensions(settlement.hold, now);
        for part in &settlement.parts {
            let account = &mut self.accounts[part.held.index];
            let returned = account.settle(part.held.amount, part.charged);
            account.charged_before = self.request;
            let done = account.closed && account.held.is_zero();
            self.note_return(part.held.account, returned);
            if done {
                self.accounts.remove(part.held.index);
            }
        }
        decided.extend(self.decide_waiting(now));
        decided
    }

    /// What left this gateway's lease since the last call, to be reported to the store by the
    /// request that is made now.
    pub fn take_returns(&mut self) -> Vec<(AccountId, Credits)> {
        self.lowered.clear();
        self.request = self.request.wrapping_add(1);
        std::mem::take(&mut self.returns)
    }

    /// An account that is open or still held.
    #[must_use]
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.find(id).map(|index| &self.accounts[index])
    }

    /// Every account that is open or still held, by id.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.iter()
    }

    /// Every grant that has not ended, in burn order.
    pub fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.grants.iter().map(|entry| &entry.grant)
    }

    /// Every limit that counts.
    pub fn limits(&self) -> impl Iterator<Item = &Limit> {
        self.limits.iter().map(|entry| &entry.limit)
    }

    /// Every member that the book was told of.
    pub fn members(&self) -> impl Iterator<Item = &MemberStanding> {
        self.members.values()
    }

    /// Every key that the book was told of.
    pub fn keys(&self) -> impl Iterator<Item = &KeyStanding> {
        self.keys.values()
    }

    fn note_return(&mut self, account: AccountId, amount: Credits) {
        if !amount.is_zero() {
            self.add_return(account, amount);
        }
    }

    #[cold]
    fn add_return(&mut self, account: AccountId, amount: Credits) {
        self.returns.push((account, amount));
        // The store will have it.
        if let Some(index) = self.accounts.find(account) {
            self.accounts[index].drained = false;
        }
    }
}
