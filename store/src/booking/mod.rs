//! What a sync books, decided from the request and the accounts that it touches: the same for every
//! store that has tables. Nothing is read or written here.

mod answer;
mod hours;
mod reached;
mod standing;
mod transfers;

use std::collections::{BTreeMap, BTreeSet};

use ledger::{AccountId, Credits};

use crate::{Decided, Error, Result, SyncAnswer, SyncRequest};

pub use hours::{HourKey, HourSums, hours};
pub use reached::{Reached, reached};
pub use standing::{Standing, Touched};
pub use transfers::{Burnt, Found, found, transfers};

/// The accounts that a sync touches, by id.
pub type TouchedAccounts = BTreeMap<AccountId, Touched>;

impl SyncRequest {
    /// The accounts that it names, for any reason.
    #[must_use]
    pub fn accounts(&self) -> BTreeSet<AccountId> {
        let spent = self.report.iter().map(|spend| spend.account);
        let returned = self.give_back.iter().map(|give_back| give_back.account);
        let lost = self.regranted.iter().map(|lost| lost.account);
        spent.chain(returned).chain(lost).chain(self.leasing()).collect()
    }
}

/// Makes the accounts what they are to be; answers what the node is told.
///
/// `held` has the accounts of the shard under recall of which the epoch had a lease before, others
/// than those that are touched, too; nothing new is leased by a store that is `frozen`.
///
/// # Errors
/// [`Error::Corrupt`] when the charges do not add up, are not what was leased, or name accounts that
/// are not what they say; the accounts may then be anything.
pub fn book(
    request: &SyncRequest,
    accounts: &mut TouchedAccounts,
    held: &BTreeSet<AccountId>,
    frozen: bool,
) -> Result<SyncAnswer> {
    for lost in request.regranted.iter().filter(|lost| !lost.amount.is_zero()) {
        if lost.epoch > request.epoch {
            return Err(Error::Corrupt(format!("{:?} has not begun", lost.epoch)));
        }
        let account = accounts.get_mut(&lost.account).ok_or_else(|| unknown(lost.account))?;
        account.now.lease(lost.epoch, lost.amount);
    }
    for (id, spending) in request.spending()? {
        let account = accounts.get_mut(&id).ok_or_else(|| unknown(id))?;
        if (account.now.org, account.now.source) != (spending.org, spending.source) {
            return Err(Error::Corrupt(format!("{id} is not what its charges say")));
        }
        for (epoch, amount) in spending.by_epoch {
            account.now.spend(epoch, amount).ok_or_else(|| uncovered(id, amount))?;
        }
    }
    for (id, amount) in request.returning()? {
        let account = accounts.get_mut(&id).ok_or_else(|| unknown(id))?;
        account.now.take(request.epoch, amount).ok_or_else(|| uncovered(id, amount))?;
    }
    let when = Decided { now: request.now, frozen };
    Ok(answer::answer(request, accounts, held, when))
}

fn unknown(id: AccountId) -> Error {
    Error::Corrupt(format!("the shard has no account {id}"))
}

fn uncovered(id: AccountId, amount: Credits) -> Error {
    Error::Corrupt(format!("{amount} of {id} were never leased to this node"))
}
