//! Whether a report adds up, before anything is looked up: what each lease of each account pays.

use std::collections::BTreeMap;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use ledger::{AccountId, Charge, Credits, Epoch, LineSource, OrgId};

use crate::{Error, GiveBack, Result, Spend, SyncRequest};

/// What the charges of a sync take from one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spending {
    /// Whose account it must be.
    pub org: OrgId,
    /// What it must be.
    pub source: LineSource,
    /// How much in all; more than nothing.
    pub amount: Credits,
    /// How much of the lease of each epoch: a hold is paid from the lease of the start it was
    /// taken in.
    pub by_epoch: BTreeMap<Epoch, Credits>,
}

impl SyncRequest {
    /// What the charges take from each account, if the request is true to itself.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when a charge is of another node, shard or a later epoch, ends before it
    /// began, comes twice, or is not what its grants together and each of its limits paid; or when
    /// the report is not the sum of the charges' lines.
    pub fn spending(&self) -> Result<BTreeMap<AccountId, Spending>> {
        let mut spending: HashMap<AccountId, Spending> = HashMap::new();
        let mut holds = HashSet::with_capacity(self.events.len());
        for charge in &self.events {
            self.check(charge)?;
            if !holds.insert(charge.hold) {
                return Err(Error::Corrupt(format!("{} is charged twice", charge.hold)));
            }
            for line in charge.lines.iter().filter(|line| !line.amount.is_zero()) {
                let account = spending.entry(line.account).or_insert_with(|| Spending {
                    org: charge.org,
                    source: line.source,
                    amount: Credits::ZERO,
                    by_epoch: BTreeMap::new(),
                });
                if (account.org, account.source) != (charge.org, line.source) {
                    return Err(Error::Corrupt(format!("{} is two things", line.account)));
                }
                let of_epoch = account.by_epoch.entry(charge.hold.epoch).or_default();
                *of_epoch = sum(line.account, *of_epoch, line.amount)?;
                account.amount = sum(line.account, account.amount, line.amount)?;
            }
        }
        self.check_report(&spending)?;
        Ok(spending.into_iter().collect())
    }

    /// How much of each account leaves this epoch's lease unspent.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when that is more than any amount of credits.
    pub fn returning(&self) -> Result<BTreeMap<AccountId, Credits>> {
        let amounts = self.give_back.iter().map(|GiveBack { account, amount }| (*account, *amount));
        by_account(amounts)
    }

    fn check(&self, charge: &Charge) -> Result<()> {
        let corrupt = |what: &str| Err(Error::Corrupt(format!("{} {what}", charge.hold)));
        if charge.hold.node != self.node || charge.hold.epoch > self.epoch {
            return corrupt("is not a hold of this node");
        }
        if charge.org.shard() != self.shard {
            return corrupt("is not of this shard");
        }
        if charge.ended < charge.admitted {
            return corrupt("ended before it was admitted");
        }
        let mut grants = Credits::ZERO;
        for (place, line) in charge.lines.iter().enumerate() {
            if charge.lines.iter().skip(place + 1).any(|other| other.account == line.account) {
                return corrupt("has an account pay twice");
            }
            match line.source {
                LineSource::Grant(_) => grants = sum(line.account, grants, line.amount)?,
                LineSource::Limit if line.amount != charge.charged => {
                    return corrupt("is not what one of its limits paid");
                }
                LineSource::Limit => {}
            }
        }
        if grants != charge.charged {
            return corrupt("is not what its grants paid");
        }
        Ok(())
    }

    fn check_report(&self, spending: &HashMap<AccountId, Spending>) -> Result<()> {
        let amounts = self.report.iter().map(|Spend { account, amount }| (*account, *amount));
        let report = by_account(amounts)?;
        let matches = |(account, amount): (&AccountId, &Credits)| {
            spending.get(account).is_some_and(|spending| spending.amount == *amount)
        };
        if report.len() != spending.len() || !report.iter().all(matches) {
            return Err(Error::Corrupt("the report is not the sum of its charges".to_owned()));
        }
        Ok(())
    }
}

/// The sum of each account; nothing is left out.
fn by_account(
    amounts: impl Iterator<Item = (AccountId, Credits)>,
) -> Result<BTreeMap<AccountId, Credits>> {
    let mut sums = BTreeMap::new();
    for (account, amount) in amounts.filter(|(_, amount)| !amount.is_zero()) {
        let known = sums.entry(account).or_insert(Credits::ZERO);
        *known = sum(account, *known, amount)?;
    }
    Ok(sums)
}

fn sum(account: AccountId, one: Credits, other: Credits) -> Result<Credits> {
    one.checked_add(other)
        .ok_or_else(|| Error::Corrupt(format!("{account} is to pay more than there can be")))
}
