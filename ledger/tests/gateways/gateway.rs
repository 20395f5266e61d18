//! One gateway: a book, the holds that run on it, and one request to the store at a time.

use std::collections::BTreeMap;

use ledger::{
    AccountId, Admission, Answer, Book, Change, Credits, Decided, Decision, Epoch, Hold, HoldId,
    Instant, Leases, NodeId, OrgId, PathKey, Quote, Refusal, Settlement, Short, Ticket,
};

use super::store::{Refill, Request};
use crate::model::{Micros, credits, micros};

/// A request to the store that is under way.
#[derive(Clone, Debug)]
pub(crate) enum Flight {
    Sent(Request),
    Answered(Answer),
}

/// What a gateway did that has to be looked at.
#[derive(Debug)]
pub(crate) enum Event {
    Held(Vec<AccountId>),
    Short(Short),
}

pub(crate) struct Gateway {
    pub(crate) number: usize,
    pub(crate) book: Book,
    pub(crate) running: Vec<Hold>,
    pub(crate) tickets: Vec<Ticket>,
    /// Charges that no request has carried yet.
    pub(crate) charges: Vec<(AccountId, Micros)>,
    /// What left the book, of which the store has not been told.
    pub(crate) returns: Vec<(AccountId, Micros)>,
    pub(crate) flight: Option<Flight>,
    /// How much of the feed it has read.
    pub(crate) read: usize,
    pub(crate) events: Vec<Event>,
    arrivals: u64,
}

impl Gateway {
    pub(crate) fn new(number: usize, facts: &[Change], now: Instant) -> Self {
        let mut book = Book::new(OrgId::from_u128(1), Leases::Shared);
        for change in facts {
            assert_eq!(book.apply(change.clone(), now), Vec::new());
        }
        Self {
            number,
            book,
            running: Vec::new(),
            tickets: Vec::new(),
            charges: Vec::new(),
            returns: Vec::new(),
            flight: None,
            read: 0,
            events: Vec::new(),
            arrivals: 0,
        }
    }

    pub(crate) fn apply(&mut self, change: Change, now: Instant) {
        let decided = self.book.apply(change, now);
        self.decided(decided);
    }

    /// Whether it is told to wait.
    pub(crate) fn admit(&mut self, caller: &PathKey, quote: Quote, now: Instant) -> bool {
        self.arrivals += 1;
        let node = NodeId(u32::try_from(self.number).unwrap());
        let id = HoldId { node, epoch: Epoch(1), n: self.arrivals };
        let path = self.book.path(caller);
        let answer = self.book.admit(id, path, quote, now);
        self.answered(answer)
    }

    pub(crate) fn extend(&mut self, place: usize, caller: &PathKey, quote: Quote, now: Instant) {
        let path = self.book.path(caller);
        let answer = self.book.extend(&self.running[place], path, quote, now);
        self.answered(answer);
    }

    fn answered(&mut self, answer: Admission) -> bool {
        match answer {
            Admission::Held(hold) => self.begin(hold),
            Admission::Refused(refusal) => self.refused(refusal),
            Admission::Waiting(ticket) => {
                self.tickets.push(ticket);
                return true;
            }
        }
        false
    }

    fn decided(&mut self, decided: Decided) {
        for (ticket, decision) in decided {
            self.tickets.retain(|known| *known != ticket);
            self.told(decision);
        }
    }

    fn told(&mut self, decision: Decision) {
        match decision {
            Ok(hold) => self.begin(hold),
            Err(refusal) => self.refused(refusal),
        }
    }

    fn refused(&mut self, refusal: Refusal) {
        match refusal {
            Refusal::Short(short) => self.events.push(Event::Short(*short)),
            Refusal::CreditsHeld(_) | Refusal::CreditsInDoubt(_) => {}
            other => panic!("{other:?}"),
        }
    }

    fn begin(&mut self, hold: Hold) {
        let taken = hold.parts().iter().map(|part| part.account).collect();
        self.events.push(Event::Held(taken));
        match self.running.iter().position(|running| running.id() == hold.id()) {
            None => self.running.push(hold),
            Some(place) => {
                let whole = self.running.swap_remove(place).join(hold);
                self.running.push(whole);
            }
        }
    }

    pub(crate) fn end(&mut self, place: usize, cost: Credits, now: Instant) {
        let hold = self.running.swap_remove(place);
        let settlement: Settlement = hold.settle(cost);
        let parts = settlement.parts().iter().filter(|part| !part.charged.is_zero());
        self.charges.extend(parts.map(|part| (part.held.account, micros(part.charged))));
        let decided = self.book.close(settlement, now);
        self.decided(decided);
    }

    pub(crate) fn leave(&mut self, place: usize, now: Instant) {
        let ticket = self.tickets.swap_remove(place);
        let (_, decided) = self.book.leave(ticket, now).unwrap();
        self.decided(decided);
    }

    /// The next request, if none is under way: what was charged, what comes back, who waits.
    pub(crate) fn send(&mut self, asks: usize, refills: Vec<Refill>, now: Instant) {
        if self.flight.is_some() {
            return;
        }
        let asks = self.book.asks(asks);
        self.note_returns();
        let charges = std::mem::take(&mut self.charges);
        let give_backs = std::mem::take(&mut self.returns);
        let gateway = self.number;
        self.flight =
            Some(Flight::Sent(Request { gateway, charges, give_backs, asks, refills, now }));
    }

    pub(crate) fn take_answer(&mut self, now: Instant) {
        match self.flight.take() {
            Some(Flight::Answered(answer)) => {
                let decided = self.book.take_answer(answer, now);
                self.decided(decided);
            }
            other => self.flight = other,
        }
    }

    pub(crate) fn unanswered(&mut self, now: Instant) {
        let decided = self.book.unanswered(now);
        self.decided(decided);
    }

    fn note_returns(&mut self) {
        let returns = self.book.take_returns().into_iter();
        self.returns.extend(returns.map(|(account, amount)| (account, micros(amount))));
    }

    /// What it has charged and the store does not know.
    pub(crate) fn unreported(&self, id: AccountId) -> Micros {
        let under_way = match &self.flight {
            Some(Flight::Sent(request)) => request.charges.as_slice(),
            Some(Flight::Answered(_)) | None => &[],
        };
        sum_of(&self.charges, id) + sum_of(under_way, id)
    }

    /// What the store has to think that it has: with all that is on its way to and fro.
    pub(crate) fn lease(&self, id: AccountId) -> Micros {
        let known = self.book.accounts().find(|account| account.id() == id);
        let here = known.map_or(0, |account| micros(account.free()) + micros(account.held()));
        let on_its_way = match &self.flight {
            Some(Flight::Sent(request)) => sum_of(&request.give_backs, id),
            Some(Flight::Answered(answer)) => {
                let leased = answer.leased.iter().filter(|(account, _)| *account == id);
                leased.map(|(_, amount)| micros(*amount)).sum()
            }
            None => 0,
        };
        here + on_its_way + sum_of(&self.returns, id) + self.unreported(id)
    }

    pub(crate) fn check(&mut self, leased: &BTreeMap<AccountId, Micros>) {
        let taken = self.book.has_returns();
        assert_eq!(self.book.waiting(), self.tickets.len());
        for account in self.book.accounts() {
            assert!(account.owed() <= account.held());
            assert!(account.free().is_zero() || account.owed().is_zero());
        }
        // What the book is about to give back counts as well, and may only be asked for by a send.
        if !taken {
            for (id, leased) in leased {
                assert_eq!(self.lease(*id), *leased, "lease of {id} on {}", self.number);
            }
        }
    }

    pub(crate) fn cost(&self, place: usize, percent: u16) -> Credits {
        credits(micros(self.running[place].amount()) * Micros::from(percent) / 100)
    }
}

fn sum_of(amounts: &[(AccountId, Micros)], id: AccountId) -> Micros {
    amounts.iter().filter(|(account, _)| *account == id).map(|(_, amount)| *amount).sum()
}
