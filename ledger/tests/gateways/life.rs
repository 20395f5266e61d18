//! Random lives of gateways that share a store, and how they end.

use ledger::{Credits, Quote};
use proptest::prelude::*;

use super::step::{Step, step};
use super::{Gateways, callers};
use crate::model::{Micros, credits};

fn life(gateways: usize) -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(step(gateways), 1..150)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    #[test]
    fn three_gateways_spend_a_budget_to_its_end_and_never_past_it(life in life(3)) {
        lived(3, life);
    }

    #[test]
    fn one_gateway_that_could_be_one_of_many_does_too(life in life(1)) {
        lived(1, life);
    }
}

fn lived(count: usize, life: Vec<Step>) {
    let mut gateways = Gateways::new(count);
    for step in life {
        gateways.take(step);
    }
    gateways.come_to_rest();
    gateways.spend_the_rest();
}

impl Gateways {
    /// Everything that was under way arrives, everything that runs ends; whoever waits is asked for
    /// again and again until it is told.
    fn come_to_rest(&mut self) {
        self.store.silent.fill(false);
        for number in 0..self.gateways.len() {
            self.answer(number);
            self.gateways[number].take_answer(self.now);
            self.check();
            while self.read_feed(number) {
                self.check();
            }
        }
        for _ in 0..100 {
            self.end_all();
            for number in 0..self.gateways.len() {
                self.exchange(number, 8, Vec::new());
            }
        }
        for gateway in &self.gateways {
            assert_eq!(gateway.book.waiting(), 0, "they wait for nobody on {}", gateway.number);
            assert_eq!(gateway.running.len(), 0);
        }
        self.give_all_back();
    }

    fn end_all(&mut self) {
        for number in 0..self.gateways.len() {
            while !self.gateways[number].running.is_empty() {
                self.gateways[number].end(0, Credits::ZERO, self.now);
                self.check();
            }
        }
    }

    /// What is idle goes back, and then nobody has anything.
    fn give_all_back(&mut self) {
        for number in 0..self.gateways.len() {
            let accounts: Vec<_> = self.store.accounts.keys().copied().collect();
            for account in accounts {
                self.gateways[number].book.give_back(account, Credits::MAX);
            }
            self.exchange(number, 0, Vec::new());
        }
        for (id, account) in &self.store.accounts {
            assert!(
                account.leased.iter().all(|lease| *lease == 0),
                "{id} is stranded: {account:?}"
            );
        }
    }

    /// All that is left of a path can be spent, on whichever gateway, and then nothing more.
    fn spend_the_rest(&mut self) {
        for (n, caller) in callers().iter().enumerate() {
            let number = n % self.gateways.len();
            let rest = self.rest(caller == &callers()[0]);
            for (amount, fits) in [(rest, true), (1, false)] {
                self.admit(number, caller, Quote::exactly(credits(amount)));
                for _ in 0..3 {
                    self.exchange(number, 8, Vec::new());
                }
                let gateway = &self.gateways[number];
                assert_eq!(gateway.book.waiting(), 0);
                assert_eq!(gateway.running.len(), usize::from(fits), "{amount} on {number}");
                if fits {
                    self.gateways[number].end(0, credits(amount), self.now);
                }
            }
            self.give_all_back();
        }
    }

    fn rest(&self, hers: bool) -> Micros {
        let left = |id| self.store.accounts[&id].left();
        let limits = self.limits.iter().filter(|(_, limit)| match limit.scope {
            ledger::Scope::Key(_) => hers,
            ledger::Scope::Member(_) => !hers,
            _ => true,
        });
        let grants = self.grants.iter().filter(|grant| self.now < grant.end);
        let grants = grants.filter(|grant| hers || grant.access == ledger::Access::Everyone);
        let grants = grants.map(|grant| left(grant.id.into())).sum();
        limits.map(|(id, _)| left(*id)).fold(grants, Micros::min)
    }
}
