//! A small organisation lived through twice: by the book and by the model, step by step, which
//! must agree on every answer and on every figure.

mod check;
mod facts;
mod life;
mod shared;
mod step;

use std::collections::BTreeMap;

use ledger::{
    AccountId, Admission, Book, Change, Credits, Decided, Epoch, Hold, HoldId, Instant, NodeId,
    OrgId, PathKey, Quote, Ticket,
};

use crate::model::{self, Answer, Micros, Model, Request, credits, micros};

/// What the store knows of an account.
#[derive(Clone, Copy, Debug, Default)]
struct Stored {
    amount: Micros,
    spent: Micros,
    refunded: Micros,
    leased: Micros,
    /// What `spent + leased` may never pass: the amount, or that sum when the amount was lowered.
    bound: Micros,
}

/// How the gateway comes by its leases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leases {
    /// It is the only gateway and leases everything at once.
    All,
    /// The store leases and recalls what it likes.
    AsTold,
    /// So it does, and knows what others spend: it has to be asked.
    Shared,
}

struct World {
    book: Book,
    model: Model,
    leases: Leases,
    store: BTreeMap<AccountId, Stored>,
    running: Vec<Hold>,
    /// Holds that were extended: their limits may not have the same parts.
    extended: Vec<HoldId>,
    tickets: Vec<(Ticket, u64)>,
    /// Who was asked for last.
    asked: Vec<(Ticket, u64)>,
    /// Whom the store has leased to, whoever else waits.
    served: Vec<u64>,
    arrivals: u64,
    now: Instant,
}

impl World {
    fn new(leases: Leases) -> Self {
        let shared = leases == Leases::Shared;
        let of_book = if shared { ledger::Leases::Shared } else { ledger::Leases::Everything };
        let mut world = Self {
            book: Book::new(OrgId::from_u128(1), of_book),
            model: Model { shared, ..Model::default() },
            leases,
            store: BTreeMap::new(),
            running: Vec::new(),
            extended: Vec::new(),
            tickets: Vec::new(),
            asked: Vec::new(),
            served: Vec::new(),
            arrivals: 0,
            now: Instant::from_seconds(10),
        };
        for change in facts::people() {
            world.apply(change);
        }
        world
    }

    fn apply(&mut self, change: Change) {
        match &change {
            Change::Leased(leased) => {
                for (account, amount) in leased {
                    self.store.entry(*account).or_default().leased += micros(*amount);
                }
            }
            Change::PeriodOpened(period) => self.opened(period.account, period.spent),
            Change::Grant { grant, spent, .. } => self.opened(grant.id.into(), *spent),
            _ => {}
        }
        let expected = self.model.apply(&change, self.now);
        let decided = self.book.apply(change, self.now);
        self.agree(decided, expected);
        self.settle_leases();
    }

    fn opened(&mut self, account: AccountId, spent: Credits) {
        let stored = self.store.entry(account).or_default();
        stored.spent = stored.spent.max(micros(spent));
        // The bound is taken anew.
        stored.amount = -1;
    }

    /// What the store says is spent of an account, at least `more`.
    fn spent(&self, account: AccountId, more: Credits) -> Credits {
        self.store.get(&account).map_or(more, |stored| credits(stored.spent).max(more))
    }

    /// What the store says was given back to an account.
    fn refunded(&self, account: AccountId) -> Credits {
        self.store.get(&account).map_or(Credits::ZERO, |stored| credits(stored.refunded))
    }

    fn admit(&mut self, caller: &PathKey, quote: Quote) {
        self.arrivals += 1;
        let id = HoldId { node: NodeId(1), epoch: Epoch(1), n: self.arrivals };
        let path = self.book.path(caller);
        let affordable = self.book.view(path, self.now).map(|view| {
            let free = |account: &ledger::Account| micros(account.free());
            let grants = view.grants.iter().map(|grant| free(&grant.account)).sum::<Micros>();
            view.limits.iter().map(|limit| free(&limit.account)).fold(grants, Micros::min)
        });
        let nobody_waits = self.book.waiting() == 0 && self.leases != Leases::Shared;
        let awaited = self.model.queue.clone();
        let probed = self.book.probe(id, path, quote.least, self.now);
        let answer = self.book.admit(id, path, quote, self.now);
        if nobody_waits && affordable.is_ok_and(|affordable| affordable >= micros(quote.least)) {
            assert!(matches!(answer, Admission::Held(_)), "it fits and nobody waits: {answer:?}");
        }
        if let Admission::Held(hold) = &answer {
            check::not_overtaking(hold, &awaited);
        }
        if self.leases != Leases::Shared {
            assert_eq!(probed.err(), check::lasting(&answer).cloned(), "what a probe foretells");
        }
        let request = Request { id, path: caller.clone(), quote, extends: false };
        self.answered(answer, request);
    }

    fn extend(&mut self, place: usize, caller: &PathKey, quote: Quote) {
        let path = self.book.path(caller);
        let answer = self.book.extend(&self.running[place], path, quote, self.now);
        let id = self.running[place].id();
        self.answered(answer, Request { id, path: caller.clone(), quote, extends: true });
    }

    fn answered(&mut self, answer: Admission, request: Request) {
        let quote = request.quote;
        let expected = self.model.admit(request, self.now);
        match (answer, expected) {
            (Admission::Held(hold), Answer::Held(expected)) => {
                assert!(quote.least <= hold.amount() && hold.amount() <= quote.most);
                self.begin(hold, &expected);
            }
            (Admission::Waiting(ticket), Answer::Waiting(number)) => {
                self.tickets.push((ticket, number));
            }
            (Admission::Refused(refusal), Answer::Refused(expected)) => {
                assert_eq!(refusal, expected);
                check::true_refusal(&self.book, &refusal);
            }
            (answer, expected) => panic!("the book says {answer:?}, the model {expected:?}"),
        }
        self.settle_leases();
    }

    /// Keeps a hold that both have begun; more for a running hold becomes part of that.
    fn begin(&mut self, hold: Hold, expected: &model::Hold) {
        check::same_hold(&hold, expected);
        check::whole(&hold, self.extended.contains(&hold.id()));
        match self.running.iter().position(|running| running.id() == hold.id()) {
            None => self.running.push(hold),
            Some(place) => {
                let whole = self.running.swap_remove(place).join(hold);
                self.model.join(whole.id());
                let expected = self.model.holds.iter().find(|hold| hold.id == whole.id());
                check::same_hold(&whole, expected.unwrap());
                self.extended.push(whole.id());
                self.running.push(whole);
            }
        }
    }

    fn end(&mut self, place: usize, cost: Credits) {
        let hold = self.running.swap_remove(place);
        let id = hold.id();
        let modelled = self.model.holds.iter().find(|hold| hold.id == id).unwrap();
        let settlement = hold.settle(cost);
        check::fair(&settlement, modelled, cost);
        for part in settlement.parts() {
            let stored = self.store.get_mut(&part.held.account).unwrap();
            stored.leased -= micros(part.charged);
            stored.spent += micros(part.charged);
        }
        let decided = self.book.close(settlement, self.now);
        let expected = self.model.end(id, micros(cost), self.now);
        self.agree(decided, expected);
        self.settle_leases();
    }

    fn leave(&mut self, place: usize) {
        let (ticket, number) = self.tickets[place];
        let (refusal, decided) = self.book.leave(ticket, self.now).unwrap();
        let (expected_refusal, expected) = self.model.leave(number, self.now);
        assert_eq!(refusal, expected_refusal);
        self.tickets.swap_remove(place);
        self.agree(decided, expected);
        assert!(self.book.leave(ticket, self.now).is_none(), "it has left");
        self.settle_leases();
    }

    fn agree(&mut self, decided: Decided, expected: model::Decided) {
        let tickets: Vec<_> = decided.iter().map(|(ticket, _)| self.number(*ticket)).collect();
        assert_eq!(tickets, expected.iter().map(|(number, _)| *number).collect::<Vec<_>>());
        self.tickets.retain(|(_, number)| !tickets.contains(number));
        for ((_, decision), (number, expected)) in decided.into_iter().zip(expected) {
            match (decision, expected) {
                (Ok(hold), Ok(expected)) => {
                    let ahead = self.model.queue.iter().filter(|waiter| waiter.number < number);
                    if !self.served.contains(&number) {
                        check::not_overtaking(&hold, &ahead.cloned().collect::<Vec<_>>());
                    }
                    self.begin(hold, &expected);
                }
                (decision, expected) => {
                    assert_eq!(decision.err(), expected.err());
                }
            }
        }
    }

    fn number(&self, ticket: Ticket) -> u64 {
        self.tickets.iter().find(|(known, _)| *known == ticket).unwrap().1
    }

    /// What a gateway does after each decision: reports what left its lease, and asks for more.
    /// One that shares waits for its turn.
    fn settle_leases(&mut self) {
        if self.leases == Leases::Shared {
            return self.check();
        }
        self.report();
        if self.leases == Leases::All {
            self.lease_all();
        }
    }

    fn report(&mut self) {
        let mut returned: BTreeMap<AccountId, Micros> = BTreeMap::new();
        for (account, amount) in self.book.take_returns() {
            *returned.entry(account).or_default() += micros(amount);
        }
        let mut expected: BTreeMap<AccountId, Micros> = BTreeMap::new();
        for (account, amount) in self.model.take_returns() {
            *expected.entry(account).or_default() += amount;
        }
        assert_eq!(returned, expected, "what goes back");
        for (account, amount) in returned {
            self.store.get_mut(&account).unwrap().leased -= amount;
        }
        self.check();
    }

    fn lease_all(&mut self) {
        let open = self.model.accounts.iter().filter(|it| !it.closed && self.now < it.end);
        let available = |it: &model::Account| (it.amount - it.spent - it.lease).max(0);
        let wanted: Vec<_> = open.map(|it| (it.id, available(it))).collect();
        for (account, amount) in wanted.into_iter().filter(|(_, amount)| *amount > 0) {
            // One lease may decide waiters, and so change what the next one finds.
            self.apply(Change::Leased(vec![(account, credits(amount))]));
        }
    }
}
