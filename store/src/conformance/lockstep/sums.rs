//! What must hold after every step, whatever happened.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{AccountId, Credits, HoldId};

use super::op::{Answer, Op};
use crate::{Result, StoredAccount};

/// What the charges that were taken in have added up to, and how full each account was.
#[derive(Default)]
pub(super) struct Sums {
    charged: BTreeMap<AccountId, Credits>,
    taken: BTreeMap<AccountId, Credits>,
    holds: BTreeSet<HoldId>,
}

impl Sums {
    pub(super) fn learn(&mut self, op: &Op, answer: &Result<Answer>) {
        let (Op::Sync(request), Ok(_)) = (op, answer) else { return };
        for charge in &request.events {
            // A repeated call is answered and moves nothing.
            if self.holds.insert(charge.hold) {
                for line in &charge.lines {
                    let sum = self.charged.entry(line.account).or_default();
                    *sum = sum.saturating_add(line.amount);
                }
            }
        }
    }

    pub(super) fn check(&mut self, accounts: &[StoredAccount], about: &str) {
        for account in accounts {
            let id = account.id;
            let leases = account.leases.iter();
            let leases = leases.fold(Credits::ZERO, |sum, (_, _, part)| sum.saturating_add(*part));
            assert_eq!(account.leased, leases, "{id} is leased as its leases say; {about}");
            let charged = self.charged.get(&id).copied().unwrap_or_default();
            let spent = account.opened_with.saturating_add(charged);
            assert_eq!(account.spent, spent, "{id} is spent as its charges say; {about}");
            let taken = account.spent.saturating_add(account.leased);
            let taken = taken.saturating_add(account.reserved);
            let before = self.taken.insert(id, taken).unwrap_or(account.opened_with);
            // Beyond its amount, an account may only become emptier.
            assert!(taken <= account.amount.max(before), "{id} is overdrawn; {about}");
        }
    }
}
