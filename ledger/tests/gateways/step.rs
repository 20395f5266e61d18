//! What can happen to gateways that share a store, in any order.

use ledger::AccountId;
use proptest::prelude::*;

use super::store::Refill;
use super::{Gateways, callers, quoted};
use crate::model::{Micros, credits};
use crate::org::at;

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Admit {
        gateway: usize,
        caller: usize,
        least: u16,
        more: u16,
    },
    Extend {
        gateway: usize,
        hold: usize,
        caller: usize,
        least: u16,
        more: u16,
    },
    Settle {
        gateway: usize,
        hold: usize,
        percent: u16,
    },
    Leave {
        gateway: usize,
        waiter: usize,
    },
    /// A request goes out, with so many asks and a wish for each account or none.
    Send {
        gateway: usize,
        asks: usize,
        wanted: Micros,
        quote: Micros,
    },
    Answer {
        gateway: usize,
    },
    Receive {
        gateway: usize,
    },
    /// All three at once.
    Exchange {
        gateway: usize,
        asks: usize,
    },
    ReadFeed {
        gateway: usize,
    },
    GiveBack {
        gateway: usize,
        account: usize,
        at_most: u16,
    },
    Unanswered {
        gateway: usize,
    },
    Limit {
        n: usize,
        amount: u16,
    },
    Grant {
        n: usize,
        amount: u16,
    },
    Refund {
        account: usize,
        amount: u16,
    },
    Silent {
        gateway: usize,
        silent: bool,
    },
    Later {
        seconds: i64,
    },
}

fn quote() -> impl Strategy<Value = (u16, u16)> {
    prop_oneof![3 => (0_u16..40, Just(0_u16)), 1 => (0_u16..20, 0_u16..80)]
}

pub(crate) fn step(gateways: usize) -> impl Strategy<Value = Step> {
    let gateway = 0..gateways;
    let one = || 0_usize..100;
    let asks = prop_oneof![4 => Just(100_usize), 1 => 0_usize..3];
    prop_oneof![
        24 => (gateway.clone(), 0_usize..2, quote()).prop_map(|(gateway, caller, (least, more))| {
            Step::Admit { gateway, caller, least, more }
        }),
        6 => (gateway.clone(), one(), 0_usize..2, quote()).prop_map(
            |(gateway, hold, caller, (least, more))| {
                Step::Extend { gateway, hold, caller, least, more }
            }
        ),
        16 => (gateway.clone(), one(), prop_oneof![Just(0_u16), Just(100), 0_u16..130])
            .prop_map(|(gateway, hold, percent)| Step::Settle { gateway, hold, percent }),
        2 => (gateway.clone(), one())
            .prop_map(|(gateway, waiter)| Step::Leave { gateway, waiter }),
        10 => (gateway.clone(), asks, prop_oneof![0_i128..2, 0_i128..200], 0_i128..60)
            .prop_map(|(gateway, asks, wanted, quote)| Step::Send { gateway, asks, wanted, quote }),
        10 => gateway.clone().prop_map(|gateway| Step::Answer { gateway }),
        10 => gateway.clone().prop_map(|gateway| Step::Receive { gateway }),
        12 => (gateway.clone(), 0_usize..9)
            .prop_map(|(gateway, asks)| Step::Exchange { gateway, asks }),
        12 => gateway.clone().prop_map(|gateway| Step::ReadFeed { gateway }),
        4 => (gateway.clone(), one(), 0_u16..100).prop_map(|(gateway, account, at_most)| {
            Step::GiveBack { gateway, account, at_most }
        }),
        1 => gateway.clone().prop_map(|gateway| Step::Unanswered { gateway }),
        3 => (0_usize..3, 0_u16..250).prop_map(|(n, amount)| Step::Limit { n, amount }),
        3 => (0_usize..3, 0_u16..200).prop_map(|(n, amount)| Step::Grant { n, amount }),
        3 => (one(), 0_u16..60).prop_map(|(account, amount)| Step::Refund { account, amount }),
        2 => (gateway, proptest::bool::ANY)
            .prop_map(|(gateway, silent)| Step::Silent { gateway, silent }),
        1 => (0_i64..40).prop_map(|seconds| Step::Later { seconds }),
    ]
}

impl Gateways {
    pub(crate) fn take(&mut self, step: Step) {
        let now = self.now;
        match step {
            Step::Admit { gateway, caller, least, more } => {
                self.admit(gateway, &callers()[caller], quoted(least, more));
            }
            Step::Extend { gateway, hold, caller, least, more } => {
                let gateway = &mut self.gateways[gateway];
                if let Some(place) = hold.checked_rem(gateway.running.len()) {
                    gateway.extend(place, &callers()[caller], quoted(least, more), now);
                }
            }
            Step::Settle { gateway, hold, percent } => {
                let gateway = &mut self.gateways[gateway];
                if let Some(place) = hold.checked_rem(gateway.running.len()) {
                    gateway.end(place, gateway.cost(place, percent), now);
                }
            }
            Step::Leave { gateway, waiter } => {
                let gateway = &mut self.gateways[gateway];
                if let Some(place) = waiter.checked_rem(gateway.tickets.len()) {
                    gateway.leave(place, now);
                }
            }
            Step::Send { gateway, asks, wanted, quote } => {
                let refills = if wanted == 0 { Vec::new() } else { self.wishes(wanted, quote) };
                self.gateways[gateway].send(asks, refills, now);
            }
            Step::Answer { gateway } => self.answer(gateway),
            Step::Receive { gateway } => self.gateways[gateway].take_answer(now),
            Step::Exchange { gateway, asks } => self.exchange(gateway, asks, Vec::new()),
            Step::ReadFeed { gateway } => {
                self.read_feed(gateway);
            }
            Step::GiveBack { gateway, account, at_most } => {
                let id = self.account(account);
                self.gateways[gateway].book.give_back(id, credits(at_most.into()));
            }
            Step::Unanswered { gateway } => self.gateways[gateway].unanswered(now),
            Step::Limit { n, amount } => self.set_limit(n, credits(amount.into())),
            Step::Grant { n, amount } => self.set_grant(n, credits(amount.into())),
            Step::Refund { account, amount } => {
                self.store.refund(self.account(account), amount.into());
            }
            Step::Silent { gateway, silent } => self.store.silent[gateway] = silent,
            Step::Later { seconds } => self.now = at(now.seconds() + seconds),
        }
        self.check();
    }

    fn account(&self, n: usize) -> AccountId {
        let accounts = &self.store.accounts;
        *accounts.keys().nth(n % accounts.len()).unwrap()
    }

    /// A wish for each limit, and one for the grants in burn order.
    pub(crate) fn wishes(&self, wanted: Micros, quote: Micros) -> Vec<Refill> {
        let divisor = 2 * Micros::try_from(self.gateways.len()).unwrap();
        let wish = |accounts| Refill { accounts, wanted, quote, divisor };
        let limits = self.limits.iter().map(|(account, _)| wish(vec![*account]));
        let grants = self.grants.iter().map(|grant| grant.id.into()).collect();
        limits.chain([wish(grants)]).collect()
    }
}
