//! What a sync adds to the money ledger: a transfer for each grant that was burnt, one for what the
//! platform paid, and one for what of each grant had been written off and was spent after all.

use std::collections::BTreeMap;

use ledger::{AccountId, Credits, OrgId};

use super::TouchedAccounts;
use crate::SyncRequest;

/// A transfer of a sync, from a grant or from the platform to what was consumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burnt {
    /// The organisation.
    pub org: OrgId,
    /// The transfer's number.
    pub transfer: u64,
    /// The grant that paid; `None` for an overrun, which the platform paid.
    pub grant: Option<AccountId>,
    /// How much; more than nothing.
    pub amount: Credits,
}

/// The transfers of a sync, numbered within each organisation after its last: its grants by id, then
/// its overrun.
#[must_use]
pub fn transfers(
    request: &SyncRequest,
    accounts: &TouchedAccounts,
    last: impl Fn(OrgId) -> u64,
) -> Vec<Burnt> {
    let mut transfers = Vec::new();
    let mut numbers: BTreeMap<OrgId, u64> = BTreeMap::new();
    let mut add = |org: OrgId, grant: Option<AccountId>, amount: Credits| {
        let number = numbers.entry(org).or_insert_with(|| last(org));
        *number += 1;
        transfers.push(Burnt { org, transfer: *number, grant, amount });
    };
    for (id, account) in accounts.iter().filter(|(_, account)| account.now.is_grant()) {
        let burnt = account.now.spent.saturating_sub(account.before.spent);
        if !burnt.is_zero() {
            add(account.now.org, Some(*id), burnt);
        }
    }
    let mut overruns: BTreeMap<OrgId, Credits> = BTreeMap::new();
    for charge in request.events.iter().filter(|charge| !charge.overrun.is_zero()) {
        let sum = overruns.entry(charge.org).or_default();
        *sum = sum.saturating_add(charge.overrun);
    }
    for (org, overrun) in overruns {
        add(org, None, overrun);
    }
    transfers
}

/// A transfer of a sync back to a grant, of what was written off of it: it is charged instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The organisation.
    pub org: OrgId,
    /// The transfer's number.
    pub transfer: u64,
    /// The grant.
    pub grant: AccountId,
    /// How much; more than nothing.
    pub amount: Credits,
}

/// The transfers of what was spent of what had been written off, by grant; `last` has the last number
/// of each organisation, those of [`transfers`] included.
#[must_use]
pub fn found(accounts: &TouchedAccounts, last: impl Fn(OrgId) -> u64) -> Vec<Found> {
    let mut found = Vec::new();
    let mut numbers: BTreeMap<OrgId, u64> = BTreeMap::new();
    for (id, account) in accounts.iter().filter(|(_, account)| account.now.is_grant()) {
        let amount = account.before.written_off.saturating_sub(account.now.written_off);
        if !amount.is_zero() {
            let org = account.now.org;
            let number = numbers.entry(org).or_insert_with(|| last(org));
            *number += 1;
            found.push(Found { org, transfer: *number, grant: *id, amount });
        }
    }
    found
}
