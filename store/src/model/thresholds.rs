//! What accounts have reached: told by what is true now and was not before.

use ledger::{AccountId, Credits, Instant, LineSource, OrgId};

use super::state::{Account, Accounts, State};
use crate::{SyncRequest, Threshold, ThresholdEvent};

/// The sum of an organisation's grants that live at an instant, and what is left of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Credit {
    amount: u128,
    left: u128,
}

impl Credit {
    /// With a grant of which so much is left.
    pub(super) fn with(self, left: Credits, grant: &Account) -> Self {
        let amount = self.amount + u128::from(grant.amount.micros());
        Self { amount, left: self.left + u128::from(left.micros()) }
    }

    fn is_low(self) -> bool {
        self.left * 100 <= self.amount * 20
    }
}

fn credits(micros: u128) -> Credits {
    u64::try_from(micros).ok().and_then(Credits::from_micros).unwrap_or(Credits::MAX)
}

/// Whether so many hundredths of an account's amount are spent.
fn is_spent(account: &Account, percent: u128) -> bool {
    let (spent, amount) = (account.spent.micros(), account.amount.micros());
    spent > 0 && u128::from(spent) * 100 >= u128::from(amount) * percent
}

impl Accounts {
    pub(super) fn credit(&self, org: OrgId, now: Instant) -> Credit {
        let mut credit = Credit { amount: 0, left: 0 };
        for account in self.accounts.values() {
            if account.org == org && account.source != LineSource::Limit && account.lives(now) {
                credit.amount += u128::from(account.amount.micros());
                credit.left += u128::from(account.left().micros());
            }
        }
        credit
    }
}

impl State {
    /// What a sync has reached: limits first, each by itself, then what their organisations can
    /// spend, told of the grant that was burnt last.
    pub(super) fn reach_by_sync(&mut self, request: &SyncRequest, before: &Accounts) {
        self.reach_limits(before, request.now);
        let orgs: Vec<_> = self.orgs.keys().copied().collect();
        for org in orgs {
            let events = request.events.iter().filter(|charge| charge.org == org);
            let lines = events.flat_map(|charge| &charge.lines);
            let burnt = lines.filter(|line| {
                let account = self.money.accounts.get(&line.account);
                line.source != LineSource::Limit
                    && !line.amount.is_zero()
                    && account.is_some_and(|account| account.lives(request.now))
            });
            let last = burnt.map(|line| line.account).next_back();
            if let Some(account) = last {
                let credit = before.credit(org, request.now);
                self.reach_credits(org, account, credit, request.now);
            }
        }
    }

    /// What limits that count have reached since these accounts.
    pub(super) fn reach_limits(&mut self, before: &Accounts, at: Instant) {
        let limits = self.money.accounts.clone().into_iter();
        for (id, account) in limits.filter(|(_, it)| it.limit.is_some() && !it.closed) {
            let known = before.accounts.get(&id);
            for (threshold, percent) in [(Threshold::Limit80, 80), (Threshold::Limit100, 100)] {
                let was = known.is_some_and(|known| is_spent(known, percent));
                if !was && is_spent(&account, percent) {
                    let amount = account.amount;
                    let remaining = amount.saturating_sub(account.spent);
                    let event = ThresholdEvent { account: id, threshold, at, amount, remaining };
                    self.reach(account.org, event);
                }
            }
        }
    }

    /// What an organisation's grants have reached that were this before.
    pub(super) fn reach_credits(
        &mut self,
        org: OrgId,
        account: AccountId,
        before: Credit,
        at: Instant,
    ) {
        let now = self.money.credit(org, at);
        let (amount, remaining) = (credits(now.amount), credits(now.left));
        let low = (Threshold::CreditsLow, before.is_low(), now.is_low());
        let none = (Threshold::CreditsExhausted, before.left == 0, now.left == 0);
        for (threshold, was, is) in [low, none] {
            if !was && is {
                self.reach(org, ThresholdEvent { account, threshold, at, amount, remaining });
            }
        }
    }

    fn reach(&mut self, org: OrgId, event: ThresholdEvent) {
        let told = self.threshold_events.entry(org).or_default();
        let what = (event.account, event.threshold);
        if !told.iter().any(|known| (known.account, known.threshold) == what) {
            told.push(event);
        }
    }
}
