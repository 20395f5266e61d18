//! How the book comes by its leases, and what a store that several gateways share says of them.

use super::asking::Verdict;
use super::{Book, Decided, Ticket};
use crate::{AccountId, Credits, Instant, Quote};

/// How a gateway comes by its leases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leases {
    /// It is the only gateway and leases everything: what is short here is short.
    Everything,
    /// It shares each account with others: what is short here is asked for, and only the store says
    /// that nothing is left.
    Shared,
}

impl Leases {
    /// What must be there for a request of which the store has not been asked: one that could get
    /// all of its quote does not run with less.
    pub(super) const fn needed(self, quote: Quote) -> Credits {
        match self {
            Self::Everything => quote.least,
            Self::Shared => quote.most,
        }
    }
}

/// What the store knows of an account. Its amount comes by the feed only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// The account.
    pub account: AccountId,
    /// What is spent of it, less what was given back.
    pub spent: Credits,
    /// What adjustments have given back to it, ever.
    pub refunded: Credits,
    /// Whether nothing of it is available: a later grant may be burnt.
    pub drained: bool,
}

/// All that one answer of the store says to a book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// What was leased, by asks and refills together.
    pub leased: Vec<(AccountId, Credits)>,
    /// What the store knows of the accounts that were named.
    pub figures: Vec<Figures>,
    /// Every account of the organisation that is under recall here.
    pub recalled: Vec<AccountId>,
    /// What was said to each waiter that was asked for.
    pub verdicts: Vec<(Ticket, Verdict)>,
}

impl Book {
    /// Takes an answer of the store in as one change, and decides who waited for it.
    ///
    /// Answers come in the order of their requests, and [`Book::take_returns`] was called for the
    /// request of this one after the answer before it.
    pub fn take_answer(&mut self, answer: Answer, now: Instant) -> Decided {
        self.version = self.version.wrapping_add(1);
        // A gateway that is alone knows all there is to know.
        let shared = self.leases == Leases::Shared;
        for figures in answer.figures.iter().filter(|_| shared) {
            self.learn_by_answer(figures);
        }
        for (ticket, verdict) in &answer.verdicts {
            self.hear(*ticket, *verdict);
        }
        self.lease(&answer.leased);
        self.set_recalled(answer.recalled);
        let decided = self.decide_waiting(now);
        self.retire_ended(now);
        decided
    }

    /// Lets everything that is free go back to the store, at most so much; returns how much did.
    pub fn give_back(&mut self, account: AccountId, at_most: Credits) -> Credits {
        let Some(index) = self.accounts.find(account) else { return Credits::ZERO };
        let given = self.accounts[index].give_back(at_most);
        self.note_return(account, given);
        given
    }

    /// Where nothing runs here, and nothing ended since the request was made, the figures contain
    /// all that this gateway has charged: they also mend what it thought was spent.
    ///
    /// A charge is in the journal, and may be in the figures, a moment before it is in the book: it
    /// is counted twice then, until nothing runs.
    fn learn_by_answer(&mut self, figures: &Figures) {
        self.learn(figures);
        let Some(index) = self.accounts.find(figures.account) else { return };
        let (account, request) = (&mut self.accounts[index], self.request);
        if account.held.is_zero() && account.charged_before != request {
            account.believe(figures.spent, figures.refunded);
        }
    }

    pub(super) fn learn(&mut self, figures: &Figures) {
        let Some(index) = self.accounts.find(figures.account) else { return };
        let account = &mut self.accounts[index];
        account.learn(figures.spent, figures.refunded);
        account.drained = figures.drained;
    }

    /// Adds to leases. What was leased of an account before its ceiling was lowered goes back: the
    /// store may have leased to others what this gateway thinks is left.
    pub(super) fn lease(&mut self, leased: &[(AccountId, Credits)]) {
        for (id, amount) in leased {
            let returned = match self.accounts.find(*id) {
                Some(index) if !self.lowered.contains(id) => {
                    self.accounts[index].lease(*amount, self.leases)
                }
                // Lowered, or ended, while the lease was under way.
                Some(_) | None => *amount,
            };
            self.note_return(*id, returned);
        }
    }

    pub(super) fn set_recalled(&mut self, accounts: Vec<AccountId>) {
        self.accounts.recalled = accounts;
    }

    /// After each round of decisions: what nobody here took of an account under recall goes back.
    pub(super) fn give_recalled_back(&mut self) {
        if self.accounts.recalled.is_empty() {
            return;
        }
        for account in self.accounts.recalled.clone() {
            self.give_back(account, Credits::MAX);
        }
    }
}
