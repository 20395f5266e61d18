//! Random lives.

use ledger::{Admission, Change, Credits, Epoch, HoldId, Instant, NodeId, Quote, Refusal};
use proptest::prelude::*;

use super::step::{Step, pick, step};
use super::{Leases, World, facts};
use crate::model::credits;

fn life() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(step(), 1..120)
}

/// An organisation that already has some limits and grants.
fn settled(leases: Leases) -> World {
    let mut world = World::new(leases);
    for (n, amount) in [(0, 150), (2, 120), (5, 200), (8, 180)] {
        world.take(Step::Limit { n, amount });
    }
    world.open_periods(world.now, 0);
    for (n, access) in [(0, 1), (2, 0), (3, 0), (1, 2)] {
        world.take(Step::Grant { n, amount: 90, access, starts_in: 0, lasts: Some(600) });
    }
    world.lease_all();
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_gateway_that_leases_everything_decides_as_the_model_does(life in life()) {
        let mut world = settled(Leases::All);
        for step in life {
            world.take(step);
            world.check();
            world.check_alone();
        }
        world.spend_the_last_credit();
    }

    #[test]
    fn a_gateway_among_others_decides_as_the_model_does(life in life()) {
        let mut world = settled(Leases::AsTold);
        for step in life {
            world.take(step);
            world.check();
        }
    }
}

impl World {
    pub(crate) fn open_periods(&mut self, at: Instant, spent: u16) {
        for limit in self.book.unopened_periods(at) {
            let mut period = facts::period(&limit, at);
            period.spent = self.spent(period.account, facts::credits(spent));
            period.refunded = self.refunded(period.account);
            self.apply(Change::PeriodOpened(period));
        }
    }

    pub(crate) fn retire(&mut self) {
        self.book.retire_ended(self.now);
        self.model.retire(self.now);
        self.settle_leases();
    }

    /// More for a hold, one wish at a time, as a stream asks for it: on its own path or not.
    pub(crate) fn take_extend(&mut self, hold: u8, caller: usize, quote: Quote) {
        let Some(place) = pick(hold, self.running.len()) else { return };
        let id = self.running[place].id();
        if !self.model.queue.iter().any(|waiter| waiter.request.id == id) {
            self.extend(place, &facts::callers()[caller], quote);
        }
    }

    /// Gives back what was spent of an account; told at once, or with the next refund. Told again,
    /// it moves nothing.
    pub(crate) fn refund(&mut self, account: u8, amount: u16, told: bool) {
        let Some(place) = pick(account, self.store.len()) else { return };
        let (id, stored) = self.store.iter_mut().nth(place).unwrap();
        let (account, amount) = (*id, stored.spent.min(amount.into()));
        (stored.spent, stored.refunded) = (stored.spent - amount, stored.refunded + amount);
        let total = credits(stored.refunded);
        for _ in 0..if told { 2 } else { 0 } {
            self.apply(Change::Refunded { account, total });
        }
    }

    pub(crate) fn lease(&mut self, account: u8, amount: u16) {
        let Some(place) = pick(account, self.model.accounts.len()) else { return };
        if self.leases == Leases::AsTold {
            let account = self.model.accounts[place].id;
            self.apply(Change::Leased(vec![(account, facts::credits(amount))]));
        }
    }

    /// Recalls another account, or none of those there are any more.
    pub(crate) fn recall(&mut self, account: u8, only: bool) {
        let Some(place) = pick(account, self.model.accounts.len()) else { return };
        if self.leases == Leases::All {
            return;
        }
        let mut recalled = if only { Vec::new() } else { self.model.recalled.clone() };
        recalled.push(self.model.accounts[place].id);
        self.apply(Change::Recalled(recalled));
    }

    /// Once all that ran has ended, every budget can be spent to the last credit, and no further.
    fn spend_the_last_credit(mut self) {
        while !self.running.is_empty() {
            self.end(0, Credits::ZERO);
        }
        self.check_alone();
        for (n, caller) in (0..).zip(facts::callers()) {
            let path = self.book.path(&caller);
            let Ok(view) = self.book.view(path, self.now) else { continue };
            let id = HoldId { node: NodeId(1), epoch: Epoch(2), n };
            let all = Quote::exactly(view.remaining);
            let answer = self.book.admit(id, path, all, self.now);
            let Admission::Held(hold) = answer else { panic!("{view:?}: {answer:?}") };
            let _ = self.book.close(hold.settle(view.remaining), self.now);
            let one = Quote::exactly(Credits::from_micros(1).unwrap());
            let answer = self.book.admit(id, path, one, self.now);
            assert!(matches!(answer, Admission::Refused(Refusal::Short(_))), "{answer:?}");
        }
    }
}
