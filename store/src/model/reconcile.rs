//! Whether the model adds up: its accounts beside its charges, which it keeps apart.

use std::collections::BTreeMap;

use ledger::{AccountId, Charge, Credits, LineSource};

use super::state::State;
use crate::{Check, Checked, Difference, Reconciliation};

impl State {
    /// The checks of what the model keeps twice; the rest it adds up whenever it is asked.
    pub(super) fn reconcile(&self) -> Reconciliation {
        let checks = vec![self.check_spent(), self.check_paths()];
        Reconciliation { checks, ..Reconciliation::default() }
    }

    fn check_spent(&self) -> Checked {
        let mut charged: BTreeMap<AccountId, i128> = BTreeMap::new();
        for line in self.charges.values().flat_map(|charge| &charge.lines) {
            *charged.entry(line.account).or_default() += i128::from(line.amount.micros());
        }
        let mut spent = Checked::of_credits(Check::Spent);
        for (id, account) in &self.money.accounts {
            let charged = charged.get(id).copied().unwrap_or_default();
            let [opened_with, refunded, found] =
                [account.opened_with, account.refunded, account.spent].map(Credits::micros);
            let expected = i128::from(opened_with) + charged - i128::from(refunded);
            spent.compare(|| id.to_string(), expected, found.into());
        }
        spent
    }

    fn check_paths(&self) -> Checked {
        let mut paths = Checked::of_things(Check::Path);
        for charge in self.charges.values() {
            let wrong = (!is_equal_along_its_path(charge)).then(|| Difference {
                about: charge.hold.to_string(),
                expected: charge.charged.to_string(),
                found: format!("{:?}", charge.lines),
            });
            paths.count(wrong);
        }
        paths
    }
}

fn is_equal_along_its_path(charge: &Charge) -> bool {
    let mut grants = 0_u128;
    let mut limits = true;
    for line in &charge.lines {
        match line.source {
            LineSource::Grant(_) => grants += u128::from(line.amount.micros()),
            LineSource::Limit => limits &= line.amount == charge.charged,
        }
    }
    limits && grants == u128::from(charge.charged.micros()) && charge.charged <= charge.held
}
