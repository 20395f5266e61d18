//! What must hold after every step, whatever happened.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{AccountId, Credits, HoldId, LineSource, OrgId};

use super::op::{Answer, Op};
use crate::{
    Adjustment, Audit, Entry, EntryBook, Result, StoredAccount, Threshold, ThresholdEvent,
};

/// All that a store shows of an organisation's money.
#[derive(Debug, PartialEq)]
pub(super) struct Figures {
    accounts: Vec<StoredAccount>,
    entries: Vec<Entry>,
    threshold_events: Vec<ThresholdEvent>,
    adjustments: Vec<Adjustment>,
}

impl Figures {
    pub(super) async fn of(store: &impl Audit, org: OrgId) -> Self {
        let shown = "a store shows its figures";
        Self {
            accounts: store.accounts(org).await.expect(shown),
            entries: store.entries(org).await.expect(shown),
            threshold_events: store.threshold_events(org).await.expect(shown),
            adjustments: store.adjustments(org).await.expect(shown),
        }
    }
}

/// What the charges that were taken in have added up to, and how full each account was.
#[derive(Default)]
pub(super) struct Sums {
    charged: BTreeMap<AccountId, Credits>,
    taken: BTreeMap<AccountId, Credits>,
    holds: BTreeSet<HoldId>,
    reached: BTreeSet<Threshold>,
}

impl Sums {
    pub(super) fn learn(&mut self, op: &Op, answer: &Result<Answer>) {
        let (Op::Sync(request), Ok(_)) = (op, answer) else { return };
        for lost in &request.regranted {
            // It is booked as it was, whatever there is.
            let taken = self.taken.entry(lost.account).or_default();
            *taken = taken.saturating_add(lost.amount);
        }
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

    pub(super) fn check(&mut self, figures: &Figures, about: &str) {
        for account in &figures.accounts {
            let id = account.id;
            let leases = account.leases.iter();
            let leases = leases.fold(Credits::ZERO, |sum, (_, _, part)| sum.saturating_add(*part));
            assert_eq!(account.leased, leases, "{id} is leased as its leases say; {about}");
            let lost = account.lost.iter();
            let lost = lost.fold(Credits::ZERO, |sum, (_, _, part)| sum.saturating_add(*part));
            assert_eq!(account.written_off, lost, "{id} is lost as its leases say; {about}");
            let back = figures.adjustments.iter().filter(|it| it.account == id);
            let back = back.fold(Credits::ZERO, |sum, it| sum.saturating_add(it.amount));
            assert_eq!(account.refunded, back, "{id} got back what it was given; {about}");
            let charged = self.charged.get(&id).copied().unwrap_or_default();
            let spent = account.opened_with.saturating_add(charged).checked_sub(back);
            assert_eq!(Some(account.spent), spent, "{id} is spent as its charges say; {about}");
            let taken = account.spent.saturating_add(account.leased);
            let taken = taken.saturating_add(account.reserved).saturating_add(account.expired);
            let taken = taken.saturating_add(account.written_off);
            let before = self.taken.insert(id, taken).unwrap_or(account.opened_with);
            // Beyond its amount, an account may only become emptier.
            assert!(taken <= account.amount.max(before), "{id} is overdrawn; {about}");
        }
        check_entries(figures, about);
        let told: BTreeSet<_> =
            figures.threshold_events.iter().map(|it| (it.account, it.threshold)).collect();
        assert_eq!(told.len(), figures.threshold_events.len(), "each is told once; {about}");
        self.reached.extend(told.into_iter().map(|(_, threshold)| threshold));
    }

    /// A run must have reached every threshold, or it proves nothing of it.
    pub(super) fn check_that_everything_was_reached(&self) {
        let missed = Threshold::ALL.iter().find(|it| !self.reached.contains(it));
        assert_eq!(missed, None, "was never reached");
    }
}

/// Every transfer is numbered and sums to nothing, and each grant is what its lines say.
fn check_entries(figures: &Figures, about: &str) {
    let mut transfers: BTreeMap<u64, i128> = BTreeMap::new();
    let mut grants: BTreeMap<AccountId, i128> = BTreeMap::new();
    for entry in &figures.entries {
        let amount = i128::from(entry.amount);
        *transfers.entry(entry.transfer).or_default() += amount;
        if let EntryBook::Grant(account) = entry.book {
            *grants.entry(account).or_default() += amount;
        }
    }
    assert!(transfers.values().all(|sum| *sum == 0), "the trial balance is nothing; {about}");
    let numbered = transfers.keys().copied().eq(1..=u64::try_from(transfers.len()).unwrap_or(0));
    assert!(numbered, "no transfer is missing; {about}");
    for account in figures.accounts.iter().filter(|it| it.source != LineSource::Limit) {
        let micros = |credits: Credits| i128::from(credits.micros());
        let gone = [account.spent, account.expired, account.written_off].map(micros);
        let left = micros(account.amount) - gone.iter().sum::<i128>();
        let said = grants.get(&account.id).copied().unwrap_or(0);
        assert_eq!(said, left, "{} is what its lines say; {about}", account.id);
    }
}
