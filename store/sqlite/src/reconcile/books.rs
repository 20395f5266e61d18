//! The checks while they are made.

use store::{Check, Checked, InDoubt, IndeterminateFigures, Reconciliation};

/// What every check has found so far, and what is still open.
pub(super) struct Books {
    checks: Vec<Checked>,
    in_doubt: Vec<InDoubt>,
    indeterminate: Vec<IndeterminateFigures>,
}

impl Default for Books {
    fn default() -> Self {
        let checks = Check::ALL.into_iter().map(|check| match check {
            Check::Spent
            | Check::Leased
            | Check::Rollups
            | Check::Balance
            | Check::Grants
            | Check::ChargeEntries
            | Check::Corrections => Checked::of_credits(check),
            Check::NeverOver | Check::Path | Check::References | Check::Index | Check::Sequence => {
                Checked::of_things(check)
            }
        });
        Self { checks: checks.collect(), in_doubt: Vec::new(), indeterminate: Vec::new() }
    }
}

impl Books {
    pub(super) fn of(&mut self, check: Check) -> &mut Checked {
        let checked = self.checks.iter_mut().find(|checked| checked.check == check);
        checked.expect("there is one of every check")
    }

    pub(super) fn in_doubt(&mut self, lease: InDoubt) {
        self.in_doubt.push(lease);
    }

    pub(super) fn indeterminate(&mut self, charges: impl Iterator<Item = IndeterminateFigures>) {
        self.indeterminate.extend(charges);
    }

    pub(super) fn closed(self) -> Reconciliation {
        let Self { checks, in_doubt, indeterminate } = self;
        Reconciliation { checks, in_doubt, indeterminate }
    }
}
