//! The book a second time, from its rules and not from its code: lists, searched from end to end,
//! and every figure worked out anew each time it is asked for.
//!
//! Amounts are signed and wide here, so that a figure below zero shows itself.

mod change;
mod decide;
mod end;
mod path;
mod sharing;
mod short;

use ledger::{
    AccountId, Credits, Grant, GrantKind, GroupId, HoldId, Instant, KeyStanding, Limit, LimitId,
    LowPath, MemberStanding, PathKey, ProjectId, Quote, Refusal, Verdict,
};

pub(crate) use end::pay;
use path::Path;

/// An amount in micro-credits.
pub(crate) type Micros = i128;

pub(crate) fn micros(amount: Credits) -> Micros {
    amount.micros().into()
}

pub(crate) fn credits(amount: Micros) -> Credits {
    u64::try_from(amount).ok().and_then(Credits::from_micros).unwrap()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Grant(GrantKind),
    Limit(LimitId),
}

#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) id: AccountId,
    pub(crate) kind: Kind,
    pub(crate) start: Instant,
    pub(crate) end: Instant,
    pub(crate) amount: Micros,
    pub(crate) spent: Micros,
    /// What adjustments gave back of it, ever; not in `spent`.
    pub(crate) refunded: Micros,
    /// What the gateway has of it, free or held.
    pub(crate) lease: Micros,
    /// A limit that was removed: only running holds are left of it.
    pub(crate) closed: bool,
    /// Shared, and lowered since the last lease: all of it goes back.
    pub(crate) indebted: bool,
    /// Less free than this is low; whether that was told since the last lease.
    pub(crate) low: Micros,
    pub(crate) told_low: bool,
    /// The store had nothing available when last heard.
    pub(crate) drained: bool,
    /// Nobody had anything of it when the store said that it was short.
    pub(crate) lasting: bool,
    /// Charged since the last request to the store was made.
    pub(crate) charged: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) account: AccountId,
    pub(crate) amount: Micros,
    pub(crate) grant: Option<GrantKind>,
    pub(crate) ends: Instant,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hold {
    pub(crate) id: HoldId,
    pub(crate) parts: Vec<Part>,
    pub(crate) amount: Micros,
    pub(crate) group: Option<GroupId>,
    pub(crate) project: Option<ProjectId>,
    pub(crate) remaining: Micros,
}

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) id: HoldId,
    pub(crate) path: PathKey,
    pub(crate) quote: Quote,
    /// More for the running hold of this id.
    pub(crate) extends: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Waiter {
    pub(crate) number: u64,
    pub(crate) request: Request,
    /// All it was short on when last decided.
    pub(crate) short_on: Vec<AccountId>,
    /// The refusal it gets if it leaves.
    pub(crate) shortage: Shortage,
    /// The path it was decided on last.
    pub(crate) path: Path,
    pub(crate) stance: Stance,
}

/// How far the store has been asked for a waiter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stance {
    pub(crate) asked_for: Vec<AccountId>,
    pub(crate) answered: bool,
    /// What it said, until the next decision.
    pub(crate) said: Option<Verdict>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shortage {
    Limit(AccountId),
    Grants,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Held(Hold),
    Waiting(u64),
    Refused(Refusal),
}

pub(crate) type Decided = Vec<(u64, Result<Hold, Refusal>)>;

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    /// Whether other gateways spend of the accounts too.
    pub(crate) shared: bool,
    pub(crate) members: Vec<MemberStanding>,
    pub(crate) keys: Vec<KeyStanding>,
    pub(crate) limits: Vec<Limit>,
    pub(crate) grants: Vec<Grant>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) holds: Vec<Hold>,
    pub(crate) queue: Vec<Waiter>,
    pub(crate) arrivals: u64,
    /// Charges and changes so far.
    pub(crate) version: u64,
    /// What left the lease since it was last asked for.
    pub(crate) returns: Vec<(AccountId, Micros)>,
    /// Of what the store wants everything back that is free.
    pub(crate) recalled: Vec<AccountId>,
    /// Shared accounts that were lowered since the last request to the store.
    pub(crate) lowered: Vec<AccountId>,
    /// The paths that ran low, as they were then, and whose they are.
    pub(crate) low: Vec<(PathKey, LowPath)>,
}

impl Model {
    pub(crate) fn account(&self, id: AccountId) -> &Account {
        self.accounts.iter().find(|account| account.id == id).unwrap()
    }

    pub(crate) fn held(&self, id: AccountId) -> Micros {
        let parts = self.holds.iter().flat_map(|hold| &hold.parts);
        parts.filter(|part| part.account == id).map(|part| part.amount).sum()
    }

    pub(crate) fn free(&self, id: AccountId) -> Micros {
        self.account(id).lease - self.held(id)
    }

    /// What is left when everything that runs has ended without cost.
    pub(crate) fn left(&self, id: AccountId) -> Micros {
        let account = self.account(id);
        (account.amount - account.spent).max(0)
    }

    /// What of the lease is to go back.
    pub(crate) fn debt(&self, id: AccountId) -> Micros {
        let account = self.account(id);
        if account.closed || account.indebted {
            return account.lease;
        }
        if self.shared {
            return 0;
        }
        (account.spent + account.lease - account.amount).max(0)
    }

    /// What is owed of what is held.
    pub(crate) fn owed(&self, id: AccountId) -> Micros {
        if self.account(id).closed { 0 } else { self.debt(id).min(self.held(id)) }
    }

    /// The rule of recalls: what nobody here waits for is back.
    pub(crate) fn give_recalled_back(&mut self) {
        for id in self.recalled.clone() {
            if self.accounts.iter().any(|account| account.id == id && !account.closed) {
                self.lay_down(id, Micros::MAX);
            }
        }
    }

    /// The rule of lowering: what is to go back and is not held is back.
    pub(crate) fn give_back(&mut self) {
        for place in 0..self.accounts.len() {
            let id = self.accounts[place].id;
            let (held, debt) = (self.held(id), self.debt(id));
            let account = &mut self.accounts[place];
            let back = debt.min(account.lease - held);
            account.lease -= back;
            self.goes_back(id, back);
        }
        let held = |model: &Self, id| model.held(id) > 0;
        let gone: Vec<_> = self.accounts.iter().filter(|account| account.closed).collect();
        let gone: Vec<_> = gone.iter().map(|it| it.id).filter(|id| !held(self, *id)).collect();
        self.accounts.retain(|account| !gone.contains(&account.id));
    }
}
